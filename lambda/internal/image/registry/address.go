package registry

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// ErrAddress says that a name leads to an address at which no registry keeps anything for others:
// this machine, its neighbours, or the service that hands out credentials to machines in a cloud.
var ErrAddress = errors.New("the address is not connected to")

// place is a kind of address that means another machine to everybody who uses it. Addresses of
// private networks (10.0.0.0/8, fc00::/7) are no such: registries behind VPC endpoints and in
// companies have them.
type place string

const (
	anywhere  place = ""
	loopback  place = "this machine itself"
	linkLocal place = "a neighbour of this machine (link-local)"
	shared    place = "a carrier's or overlay network's (100.64.0.0/10)"
	group     place = "no single machine's"
	metadata  place = "the service that hands out a cloud machine's credentials"
)

// services are those that hand out credentials: of EC2, ECS, EKS, Google Cloud, Alibaba Cloud and
// Azure.
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html
// https://docs.aws.amazon.com/eks/latest/userguide/pod-id-how-it-works.html
var services = []netip.Addr{
	netip.MustParseAddr("169.254.169.254"), netip.MustParseAddr("fd00:ec2::254"), netip.MustParseAddr("169.254.170.2"),
	netip.MustParseAddr("169.254.170.23"), netip.MustParseAddr("fd00:ec2::23"), netip.MustParseAddr("fd20:ce::254"),
	netip.MustParseAddr("100.100.100.200"), netip.MustParseAddr("168.63.129.16"),
}

var (
	sharedSpace = netip.MustParsePrefix("100.64.0.0/10")
	thisNetwork = netip.MustParsePrefix("0.0.0.0/8") // Linux takes 0.0.0.0 for this machine
	reserved    = netip.MustParsePrefix("240.0.0.0/4")
	// nat64 and sixToFour hold addresses of IPv4 (RFC 6052, RFC 3056).
	nat64     = netip.MustParsePrefix("64:ff9b::/96")
	sixToFour = netip.MustParsePrefix("2002::/16")
)

// placeOf tells what kind of address this is.
func placeOf(a netip.Addr) place {
	a = a.Unmap().WithZone("")
	if b := a.As16(); nat64.Contains(a) {
		a = netip.AddrFrom4([4]byte(b[12:]))
	} else if sixToFour.Contains(a) {
		a = netip.AddrFrom4([4]byte(b[2:6]))
	}
	switch {
	case slices.Contains(services, a):
		return metadata
	case a.IsLoopback(), a.IsUnspecified(), thisNetwork.Contains(a):
		return loopback
	case a.IsLinkLocalUnicast():
		return linkLocal
	case sharedSpace.Contains(a):
		return shared
	case a.IsMulticast(), reserved.Contains(a):
		return group
	}
	return anywhere
}

// gate decides which addresses are connected to. It looks at the address itself, after every name
// was resolved: a name that is checked first and resolved again for the connection can lead to two
// places.
type gate struct {
	// host is the registry's own name.
	host string
	// allowed are the networks that the user allows.
	allowed []netip.Prefix

	mu sync.Mutex
	// home is where the registry itself was reached: what it names may be there too.
	home []place
}

// placeOf tells what kind of address this is. What the user allows is anywhere.
func (g *gate) placeOf(a netip.Addr) place {
	if slices.ContainsFunc(g.allowed, func(p netip.Prefix) bool { return p.Contains(a.Unmap().WithZone("")) }) {
		return anywhere
	}
	return placeOf(a)
}

// admits tells whether an address may be connected to, for the registry itself or for another host
// that it names.
func (g *gate) admits(a netip.Addr, own bool) error {
	at := g.placeOf(a)
	if at == anywhere {
		return nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if slices.Contains(g.home, at) && (own || at != metadata) || own && len(g.home) == 0 {
		return nil
	}
	return fmt.Errorf("%w: %s is %s, where the registry is not", ErrAddress, a, at)
}

// reached notes where the registry itself is.
func (g *gate) reached(address net.Addr) {
	if a, err := netip.ParseAddrPort(address.String()); err == nil {
		g.mu.Lock()
		defer g.mu.Unlock()
		if at := g.placeOf(a.Addr()); !slices.Contains(g.home, at) {
			g.home = append(g.home, at)
		}
	}
}

// own reports whether a host is the registry itself.
func (g *gate) own(host string) bool { return strings.EqualFold(host, g.host) }

// dial connects to a host by any of its addresses that are admitted.
func (g *gate) dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	own := g.own(host)
	dialer := net.Dialer{Timeout: 30 * time.Second, KeepAlive: 30 * time.Second}
	dialer.Control = func(_, resolved string, _ syscall.RawConn) error {
		a, err := netip.ParseAddrPort(resolved)
		if err != nil {
			return err
		}
		return g.admits(a.Addr(), own)
	}
	c, err := dialer.DialContext(ctx, network, address)
	if err == nil && own {
		g.reached(c.RemoteAddr())
	}
	return c, err
}

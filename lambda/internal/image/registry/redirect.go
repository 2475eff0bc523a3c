package registry

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// errRedirect marks a redirect that is not followed.
var errRedirect = errors.New("redirect refused")

// hops is what all requests go through, also those with which go-containerregistry finds out how
// the registry wants to be authenticated to. Registries redirect (ECR: blobs to S3) and name token
// servers, and each such step can be somebody else's choice: none leads from HTTPS to HTTP, none to
// an address that the gate doesn't admit, and credentials go to the registry and to the token
// server that it names itself, nowhere else.
type hops struct {
	gate *gate
	// anonymous says that there are no credentials to be kept.
	anonymous bool
	// proxy names the proxy of a request, if one is configured.
	proxy func(*http.Request) (*url.URL, error)
	// direct connects to hosts, and proxied to the proxy, which is wherever the user says.
	direct, proxied *http.Transport
}

// newTransport is http.DefaultTransport with a bound on silence, so that a registry that accepts a
// connection and never answers costs one attempt and not the function's time limit.
func newTransport(g *gate, anonymous bool, proxy func(*http.Request) (*url.URL, error)) *hops {
	direct := http.DefaultTransport.(*http.Transport).Clone()
	direct.ResponseHeaderTimeout = 20 * time.Second
	direct.MaxIdleConnsPerHost = concurrency
	proxied := direct.Clone()
	direct.Proxy, direct.DialContext = nil, g.dial
	proxied.Proxy = proxy
	return &hops{gate: g, anonymous: anonymous, proxy: proxy, direct: direct, proxied: proxied}
}

// RoundTrip implements http.RoundTripper.
func (h *hops) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := h.may(req); err != nil {
		return nil, refused(req, err)
	}
	proxy, err := h.proxy(req)
	if err != nil {
		return nil, refused(req, err)
	}
	transport := h.direct
	if proxy != nil {
		// The proxy resolves names. Addresses that stand there as such are known here too.
		if a, err := netip.ParseAddr(req.URL.Hostname()); err == nil {
			if err := h.gate.admits(a, h.gate.own(req.URL.Hostname())); err != nil {
				return nil, refused(req, err)
			}
		}
		transport = h.proxied
	}
	resp, err := transport.RoundTrip(req)
	if err == nil && resp.StatusCode == http.StatusUnauthorized && !h.anonymous && foreignLogin(req) {
		_ = resp.Body.Close() // the error tells more
		return nil, fmt.Errorf("%w: the registry %s sends whoever logs in on to %s; "+
			"name that host, if it is meant to get the credentials", errRedirect, h.gate.host, req.URL.Host)
	}
	return resp, err
}

func refused(req *http.Request, err error) error {
	if req.Body != nil {
		_ = req.Body.Close() // as http.RoundTripper wants
	}
	return err
}

// form is the type of a body with fields and values.
const form = "application/x-www-form-urlencoded"

// may judges one step of a chain of redirects.
func (h *hops) may(req *http.Request) error {
	if req.Response == nil {
		return nil // the first one
	}
	from, to := req.Response.Request.URL, req.URL
	switch {
	case from.Scheme == "https" && to.Scheme != "https":
		return fmt.Errorf("%w: from HTTPS to %s on %s", errRedirect, to.Scheme, to.Host)
	case address(from) != address(to) && strings.HasPrefix(req.Header.Get("Content-Type"), form):
		// A login by OAuth has its secret in the body, which net/http sends along.
		return fmt.Errorf("%w: the token server on %s sends credentials on to %s", errRedirect, from.Host, to.Host)
	}
	return nil
}

// foreignLogin reports whether another host answers the request that asks how to log in.
// Credentials are for the registry that was named.
func foreignLogin(req *http.Request) bool {
	first := req
	for first.Response != nil {
		first = first.Response.Request
	}
	return strings.Trim(first.URL.Path, "/") == "v2" && address(first.URL) != address(req.URL)
}

// address is a URL's host with its port.
func address(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return strings.ToLower(net.JoinHostPort(u.Hostname(), port))
}

// checkRedirect follows the few redirects in a row with which registries hand out blobs. What each
// may lead to is for hops.
func checkRedirect(_ *http.Request, via []*http.Request) error {
	if len(via) >= 5 {
		return fmt.Errorf("%w: more than 5 in a row", errRedirect)
	}
	return nil
}

// noRedirect makes the redirect itself the answer: a registry redirects only for what it has, and
// the address is often signed for GET alone.
func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

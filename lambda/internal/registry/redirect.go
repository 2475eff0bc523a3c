package registry

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"
)

// errRedirect marks a redirect that is not followed.
var errRedirect = errors.New("redirect refused")

// checkRedirect follows the redirects that registries use to hand out blobs (ECR: 307 to S3), but neither from HTTPS to HTTP
// nor, from another host, to an address inside the caller's own network such as the instance metadata service.
// The credentials are not sent along: the transport adds them for the registry's host only.
func checkRedirect(req *http.Request, via []*http.Request) error {
	if len(via) >= 5 {
		return fmt.Errorf("%w: more than 5 in a row", errRedirect)
	}
	from := via[0].URL
	if from.Scheme == "https" && req.URL.Scheme != "https" {
		return fmt.Errorf("%w: from HTTPS to %s on %s", errRedirect, req.URL.Scheme, req.URL.Host)
	}
	if address, err := netip.ParseAddr(req.URL.Hostname()); err == nil && req.URL.Hostname() != from.Hostname() {
		address = address.Unmap()
		local, originErr := netip.ParseAddr(from.Hostname())
		originIsLocal := from.Hostname() == "localhost" || originErr == nil && (local.IsLoopback() || local.IsPrivate())
		if !originIsLocal && (address.IsLoopback() || address.IsPrivate() || address.IsLinkLocalUnicast() || address.IsUnspecified()) {
			return fmt.Errorf("%w: from %s to the internal address %s", errRedirect, from.Host, address)
		}
	}
	return nil
}

// noRedirect makes the redirect itself the answer: a registry redirects only for what it has, and the address is often signed for
// GET alone.
func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

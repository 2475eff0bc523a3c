package registry

import (
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"testing"
)

func TestPlaces(t *testing.T) {
	for address, want := range map[string]place{
		"127.0.0.1": loopback, "127.255.0.9": loopback, "::1": loopback, "0.0.0.0": loopback, "0.1.2.3": loopback,
		"::":               loopback,
		"::ffff:127.0.0.1": loopback, "64:ff9b::7f00:1": loopback, "2002:7f00:1::": loopback,
		"169.254.1.1": linkLocal, "fe80::1%eth0": linkLocal, "::ffff:169.254.0.1": linkLocal,
		"100.64.0.1": shared, "100.127.255.255": shared, "100.128.0.0": anywhere, "100.63.255.255": anywhere,
		"169.254.169.254": metadata, "::ffff:169.254.169.254": metadata, "64:ff9b::a9fe:a9fe": metadata,
		"2002:a9fe:a9fe::1": metadata,
		"fd00:ec2::254":     metadata, "fd00:ec2::23": metadata, "169.254.170.2": metadata, "169.254.170.23": metadata,
		"fd20:ce::254": metadata, "100.100.100.200": metadata, "168.63.129.16": metadata,
		"224.0.0.1": group, "255.255.255.255": group, "ff02::1": group,
		"10.0.0.1": anywhere, "172.16.0.1": anywhere, "192.168.1.1": anywhere, "fd12::1": anywhere,
		"203.0.113.9": anywhere, "2600::1": anywhere,
	} {
		if got := placeOf(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s is %q, want %q", address, got, want)
		}
	}
}

func TestGate(t *testing.T) {
	for _, test := range []struct {
		name string
		// reached are the registry's own addresses so far.
		reached []string
		address string
		own, ok bool
		allowed string
	}{
		{"a registry anywhere", nil, "203.0.113.1", true, true, ""},
		{"a registry on this machine", nil, "127.0.0.1", true, true, ""},
		{"its storage", []string{"127.0.0.1"}, "::1", false, true, ""},
		{"a registry in an overlay network", []string{"100.64.1.1"}, "100.64.9.9", false, true, ""},
		{"from there to this machine", []string{"100.64.1.1"}, "127.0.0.1", false, false, ""},
		{"storage in a private network", []string{"203.0.113.1"}, "10.0.0.1", false, true, ""},
		{"storage on this machine", []string{"203.0.113.1"}, "127.0.0.1", false, false, ""},
		{"storage on a neighbour", []string{"203.0.113.1"}, "fe80::1", false, false, ""},
		{"storage in an overlay network", []string{"203.0.113.1"}, "100.64.0.1", false, false, ""},
		{"a token server, asked first", nil, "127.0.0.1", false, false, ""},
		{"a name that leads elsewhere the second time", []string{"203.0.113.1"}, "127.0.0.1", true, false, ""},
		{"credentials of the machine", []string{"203.0.113.1"}, "169.254.169.254", false, false, ""},
		{"credentials of the machine, from a neighbour", []string{"169.254.1.1"}, "169.254.169.254", false, false, ""},
		{"credentials of the machine, from there", []string{"169.254.169.254"}, "169.254.170.2", false, false, ""},
		{"allowed", []string{"203.0.113.1"}, "100.64.0.1", false, true, "100.64.0.0/10"},
		{"allowed, written as IPv6", []string{"203.0.113.1"}, "::ffff:100.64.0.1", false, true, "100.64.0.0/10"},
		{"allowed is another", []string{"203.0.113.1"}, "100.65.0.1", false, false, "100.64.0.0/16"},
		{"allowed for the registry alone", []string{"127.0.0.2"}, "127.0.0.1", false, false, "127.0.0.2/32"},
	} {
		t.Run(test.name, func(t *testing.T) {
			g := &gate{host: "registry.example"}
			if test.allowed != "" {
				g.allowed = []netip.Prefix{netip.MustParsePrefix(test.allowed)}
			}
			for _, a := range test.reached {
				g.reached(&net.TCPAddr{IP: net.ParseIP(a), Port: 443})
			}
			if err := g.admits(netip.MustParseAddr(test.address), test.own); err == nil != test.ok || err != nil &&
				!errors.Is(err, ErrAddress) {
				t.Errorf("error %v, want ok = %v", err, test.ok)
			}
		})
	}
}

// follow is a chain of requests, each the answer of a redirect of the one before.
func follow(t *testing.T, urls ...string) *http.Request {
	t.Helper()
	var r *http.Request
	for _, u := range urls {
		next, err := http.NewRequest(http.MethodGet, u, nil)
		if err != nil {
			t.Fatal(err)
		}
		if r != nil {
			next.Response = &http.Response{Request: r}
		}
		r = next
	}
	return r
}

func TestSteps(t *testing.T) {
	h := newTransport(&gate{host: "registry.example"}, false, func(*http.Request) (*url.URL, error) { return nil, nil })
	for _, test := range []struct {
		name  string
		chain []string
		form  bool
		ok    bool
	}{
		{"none", []string{"http://localhost:5000/v2/"}, false, true},
		{"to storage", []string{"https://registry.example/v2/x", "https://bucket.s3.amazonaws.com/x"}, false, true},
		{"to HTTP", []string{"https://registry.example/v2/x", "http://bucket.s3.amazonaws.com/x"}, false, false},
		{"to HTTP at once", []string{"https://registry.example/v2/", "http://registry.example/v2/"}, false, false},
		{"to HTTP later", []string{"https://registry.example/v2/x", "https://a.example/x", "http://b.example/x"}, false,
			false},
		{"from HTTP, up and down",
			[]string{"http://localhost:5000/v2/x", "https://a.example/x", "http://localhost:5000/x"}, false, false},
		{"HTTP to HTTP", []string{"http://localhost:5000/v2/x", "http://localhost:9000/x"}, false, true},
		{"to another scheme", []string{"https://registry.example/v2/x", "ftp://a.example/x"}, false, false},
		{"a secret to another host", []string{"https://auth.example/token", "https://a.example/token"}, true, false},
		{"a secret to the same host", []string{"https://auth.example/token", "https://AUTH.example:443/v2/token"}, true,
			true},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := follow(t, test.chain...)
			if test.form {
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			}
			if err := h.may(r); err == nil != test.ok || err != nil && !errors.Is(err, errRedirect) {
				t.Errorf("error %v, want ok = %v", err, test.ok)
			}
		})
	}
	if resp, err := h.RoundTrip(follow(t, "https://registry.example/v2/",
		"http://registry.example/v2/")); !errors.Is(err,
		errRedirect) {
		t.Errorf("%v, error %v", resp, err)
	}
}

func TestRedirectsDoNotGoOnForever(t *testing.T) {
	r := follow(t, "https://registry.example/")
	if err := checkRedirect(r, []*http.Request{r, r, r, r, r}); !errors.Is(err, errRedirect) {
		t.Errorf("error %v, want %v", err, errRedirect)
	}
	if err := checkRedirect(r, []*http.Request{r, r, r, r}); err != nil {
		t.Errorf("error %v", err)
	}
}

// A proxy is wherever the user says, also on this machine, and names are its own to resolve.
func TestProxies(t *testing.T) {
	var asked []string
	proxy := httptest.NewServer(
		http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { asked = append(asked, r.URL.String()) }))
	defer proxy.Close()
	at, err := url.Parse(proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	g := &gate{host: "registry.example"}
	g.reached(&net.TCPAddr{IP: net.ParseIP("203.0.113.1"), Port: 443})
	h := newTransport(g, true, http.ProxyURL(at))
	resp, err := h.RoundTrip(follow(t, "http://registry.example/v2/"))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	for _, u := range []string{"http://169.254.169.254/latest/", "http://[fd00:ec2::254]/", "http://127.0.0.1:9000/",
		"http://100.64.0.1/"} {
		if resp, err := h.RoundTrip(follow(t, u)); !errors.Is(err, ErrAddress) {
			t.Errorf("%s: %v, error %v", u, resp, err)
		}
	}
	if len(asked) != 1 || asked[0] != "http://registry.example/v2/" {
		t.Errorf("the proxy was asked for %q", asked)
	}
	failed := errors.New("no proxy")
	h.proxy = func(*http.Request) (*url.URL, error) { return nil, failed }
	if _, err := h.RoundTrip(follow(t, "http://registry.example/v2/")); !errors.Is(err, failed) {
		t.Errorf("error %v", err)
	}
}

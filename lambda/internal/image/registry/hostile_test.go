package registry_test

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"github.com/opencontainers/go-digest"

	"archway/lambda/internal/image/registry"
)

// listen serves at an address of this machine.
func listen(t *testing.T, address string, handler http.HandlerFunc) (host string) {
	t.Helper()
	l, err := net.Listen("tcp", address+":0")
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewUnstartedServer(handler)
	s.Listener.Close()
	s.Listener = l
	s.Start()
	t.Cleanup(s.Close)
	return l.Addr().String()
}

// named is the host by a name: go-containerregistry itself refuses token servers at addresses such
// as 127.0.0.1.
func named(host string) string { return strings.Replace(host, "127.0.0.1", "localhost", 1) }

// other is another host than the registry. It notes what it is asked, and with which credentials.
type other struct {
	mu    sync.Mutex
	asked []string
	// answer, if it is there, answers.
	answer http.HandlerFunc
}

func (o *other) serve(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	o.asked = append(o.asked, strings.TrimSpace(r.URL.Path+" "+r.Header.Get("Authorization")))
	o.mu.Unlock()
	if o.answer != nil {
		o.answer(w, r)
	}
}

var someBlob = digest.FromString("blob")

// attacks are the ways in which a registry can lead to a URL.
var attacks = map[string]func(url string) http.HandlerFunc{
	"first request": func(url string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, url, http.StatusTemporaryRedirect) }
	},
	"token server": func(url string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("WWW-Authenticate", `Bearer realm="`+url+`",service="x"`)
			w.WriteHeader(http.StatusUnauthorized)
		}
	},
	"blob": func(url string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if strings.Contains(r.URL.Path, "/blobs/") {
				http.Redirect(w, r, url, http.StatusTemporaryRedirect)
			}
		}
	},
}

// A registry elsewhere leads to a name, which resolves to this machine.
func TestNothingLeadsToThisMachine(t *testing.T) {
	for attack, handler := range attacks {
		t.Run(attack, func(t *testing.T) {
			victim := &other{answer: func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"token":"x"}`) }}
			_, port, _ := net.SplitHostPort(listen(t, "127.0.0.1", victim.serve))
			host := listen(t, "127.0.0.2", handler("http://localhost:"+port+"/secret"))
			repository, err := name.NewRepository(host+"/app", name.Insecure)
			if err != nil {
				t.Fatal(err)
			}
			// Of the registry's own address, the tests say that it is elsewhere.
			elsewhere := netip.MustParsePrefix("127.0.0.2/32")
			read := func(allowed ...netip.Prefix) error {
				r, err := registry.Open(t.Context(), repository, &authn.Basic{Username: "me", Password: "secret"},
					transport.PullScope, quick, registry.Allow(allowed...))
				if err != nil {
					return err
				}
				_, err = r.Blob(t.Context(), someBlob, 100)
				return err
			}
			if err := read(elsewhere); !errors.Is(err, registry.ErrAddress) ||
				!errors.Is(err, registry.ErrUnavailable) {
				t.Errorf("error %v", err)
			}
			if len(victim.asked) > 0 {
				t.Errorf("asked: %q", victim.asked)
			}
			if err := read(netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")); errors.Is(err,
				registry.ErrAddress) || len(victim.asked) == 0 {
				t.Errorf("allowed: error %v, asked: %q", err, victim.asked)
			}
		})
	}
}

// Where the host that a redirect leads to asks for credentials, it gets none: they are for the
// registry that was named.
func TestCredentialsAreForTheRegistry(t *testing.T) {
	for _, scheme := range []string{"Basic", "Bearer"} {
		for _, attack := range []string{"first request", "blob"} {
			t.Run(scheme+" "+attack, func(t *testing.T) {
				thief := &other{}
				host := listen(t, "127.0.0.1", thief.serve)
				thief.answer = func(w http.ResponseWriter, r *http.Request) {
					if r.URL.Path == "/token" {
						fmt.Fprint(w, `{"token":"anonymous"}`)
						return
					}
					w.Header().Set("WWW-Authenticate", scheme+` realm="http://`+named(host)+`/token",service="x"`)
					w.WriteHeader(http.StatusUnauthorized)
				}
				at := listen(t, "127.0.0.1", attacks[attack]("http://"+host+"/v2/"))
				repository, err := name.NewRepository(at + "/app")
				if err != nil {
					t.Fatal(err)
				}
				r, err := registry.Open(t.Context(), repository, &authn.Basic{Username: "me", Password: "secret"},
					transport.PullScope, quick)
				if err == nil {
					_, err = r.Blob(t.Context(), someBlob, 100)
				}
				if err == nil {
					t.Error("no error")
				}
				if attack == "first request" && !strings.Contains(err.Error(), "sends whoever logs in on to "+host) {
					t.Errorf("error %v", err)
				}
				for _, a := range thief.asked {
					if strings.Contains(a, " Basic") || strings.Contains(a, " Bearer") &&
						!strings.HasSuffix(a, "Bearer anonymous") {
						t.Errorf("asked: %q", thief.asked)
					}
				}
				if len(thief.asked) == 0 {
					t.Error("not asked at all")
				}
			})
		}
	}
}

// The first request may lead elsewhere without credentials. Without credentials there is nothing to
// keep: vanity names of registries work so.
func TestFirstRequestElsewhere(t *testing.T) {
	behind := &other{}
	host := listen(t, "127.0.0.1", behind.serve)
	behind.answer = func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/token":
			fmt.Fprint(w, `{"token":"anonymous"}`)
		case r.Header.Get("Authorization") == "":
			w.Header().Set("WWW-Authenticate", `Bearer realm="http://`+named(host)+`/token",service="x"`)
			w.WriteHeader(http.StatusUnauthorized)
		default:
			fmt.Fprint(w, "blob")
		}
	}
	vanity := listen(t, "127.0.0.1", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://"+host+r.URL.Path, http.StatusTemporaryRedirect)
	})
	repository, err := name.NewRepository(vanity + "/app")
	if err != nil {
		t.Fatal(err)
	}
	r, err := registry.Open(t.Context(), repository, authn.Anonymous, transport.PullScope, quick)
	if err != nil {
		t.Fatal(err)
	}
	if doc, err := r.Blob(t.Context(), someBlob, 100); err != nil || string(doc.Bytes) != "blob" {
		t.Errorf("%q, error %v", doc.Bytes, err)
	}
}

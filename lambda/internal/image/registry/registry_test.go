package registry_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"github.com/opencontainers/go-digest"

	"archway/lambda/internal/fixture"
	"archway/lambda/internal/image/registry"
	"archway/lambda/internal/retry"
)

var quick = retry.Policy{Attempts: 3, Missing: 3, First: time.Millisecond, Longest: 2 * time.Second}

func open(t *testing.T, s *fixture.Server) *registry.Repository {
	t.Helper()
	r, err := registry.Open(t.Context(), s.Repository(t, "app"), authn.Anonymous, transport.PullScope, quick)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// served starts a registry with a good index.
func served(t *testing.T) (*fixture.Server, *fixture.Store, digest.Digest) {
	t.Helper()
	store := fixture.New()
	d := store.Good().Digest
	s := fixture.Serve(t)
	s.Push(t, "app", store)
	s.Tag(t, "app", "latest", store, d)
	return s, store, d
}

// first makes a fault of the first n requests for manifests and blobs.
func first(n int32, answer http.HandlerFunc) fixture.Fault {
	var count atomic.Int32
	return func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.Contains(r.URL.Path, "/manifests/") && !strings.Contains(r.URL.Path, "/blobs/") ||
			count.Add(1) > n {
			return false
		}
		answer(w, r)
		return true
	}
}

func status(code int, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(code)
		fmt.Fprint(w, body)
	}
}

// cut promises more bytes than it sends.
func cut(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", "1000")
	fmt.Fprint(w, "{")
}

const always = 1 << 30

func TestManifestSurvivesPassingFaults(t *testing.T) {
	for name, fault := range map[string]http.HandlerFunc{
		"429 with Retry-After":      status(429, `{"errors":[{"code":"TOOMANYREQUESTS"}]}`, "Retry-After", "1"),
		"400 TOOMANYREQUESTS":       status(400, `{"errors":[{"code":"TOOMANYREQUESTS"}]}`),
		"500":                       status(500, "oops"),
		"503":                       status(503, ""),
		"404 straight after a push": status(404, `{"errors":[{"code":"MANIFEST_UNKNOWN"}]}`),
		"cut body":                  cut,
		"garbled once":              status(200, "{}"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, store, d := served(t)
			s.Misbehave(first(1, fault))
			doc, err := open(t, s).Manifest(t.Context(), d)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(store.Manifests[d], doc); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Manifest tells why a manifest couldn't be read.
func TestManifestErrors(t *testing.T) {
	for _, test := range []struct {
		name  string
		fault http.HandlerFunc
		want  error
		tries int
	}{
		{"429", status(429, ""), registry.ErrUnavailable, 3},
		{"500", status(500, ""), registry.ErrUnavailable, 3},
		{"501", status(501, ""), registry.ErrUnavailable, 1},
		{"418", status(418, ""), registry.ErrUnavailable, 1},
		{"404", status(404, ""), registry.ErrNotFound, 3},
		{"401", status(401, ""), registry.ErrDenied, 1},
		{"403", status(403, `{"errors":[{"code":"DENIED","message":"no basic auth credentials"}]}`), registry.ErrDenied,
			1},
		{"cut body", cut, registry.ErrUnavailable, 3},
		{"other bytes", status(200, "{}"), registry.ErrOtherBytes, 2},
		{"endless", func(w http.ResponseWriter, _ *http.Request) {
			block := make([]byte, 64<<10)
			for range 2 * registry.MaxManifest / len(block) {
				if _, err := w.Write(block); err != nil {
					return
				}
			}
		}, registry.ErrTooLarge, 1},
		{"a wait that is too long", status(429, "", "Retry-After", "3600"), registry.ErrUnavailable, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s, _, d := served(t)
			s.Misbehave(first(always, test.fault))
			_, err := open(t, s).Manifest(t.Context(), d)
			if !errors.Is(err, test.want) {
				t.Errorf("error %v, want %v", err, test.want)
			}
			if tries := s.Count("GET /v2/app/manifests/"); tries != test.tries {
				t.Errorf("%d attempts, want %d", tries, test.tries)
			}
		})
	}
}

func TestManifestHonorsTheDeadline(t *testing.T) {
	t.Parallel()
	s, _, d := served(t)
	s.Misbehave(first(always, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	r := open(t, s)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := r.Manifest(ctx, d)
	if !errors.Is(err, registry.ErrUnavailable) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v, want the deadline", err)
	}
}

func TestManifestSurvivesASlowTrickle(t *testing.T) {
	t.Parallel()
	s, _, d := served(t)
	s.Misbehave(first(1, func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			fmt.Fprint(w, "{")
			_ = http.NewResponseController(w).Flush()
			time.Sleep(10 * time.Millisecond)
		}
	}))
	policy := quick
	policy.Each = 300 * time.Millisecond
	r, err := registry.Open(t.Context(), s.Repository(t, "app"), authn.Anonymous, transport.PullScope, policy)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Manifest(t.Context(), d); err != nil {
		t.Error(err)
	}
}

func TestManifestRefusesWhatIsNoDigest(t *testing.T) {
	s, _, _ := served(t)
	if _, err := open(t, s).Manifest(t.Context(), "sha256:../../latest"); err == nil {
		t.Error("no error")
	}
}

func TestResolveFindsTheDigestOfATag(t *testing.T) {
	for name, fault := range map[string]fixture.Fault{
		"as registries do": func(http.ResponseWriter, *http.Request) bool { return false },
		"without Docker-Content-Digest": func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method == http.MethodHead {
				w.WriteHeader(http.StatusOK)
				return true
			}
			return false
		},
		"without HEAD": func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method == http.MethodHead {
				w.WriteHeader(http.StatusMethodNotAllowed)
				return true
			}
			return false
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, _, d := served(t)
			s.Misbehave(fault)
			got, err := open(t, s).Resolve(t.Context(), "latest")
			if err != nil || got != d {
				t.Errorf("Resolve = %s, %v, want %s", got, err, d)
			}
		})
	}
}

// Serves says at once that a tag is not there.
func TestServesWithoutATag(t *testing.T) {
	s, _, _ := served(t)
	d, err := open(t, s).Serves(t.Context(), "none")
	if err != nil || d != "" {
		t.Errorf("Serves = %q, %v, want nothing", d, err)
	}
	if n := s.Count("HEAD /v2/app/manifests/none"); n != 1 {
		t.Errorf("asked %d times, want once", n)
	}
}

// A redirect is followed without credentials. ECR redirects downloads to S3 with a signed address,
// and S3 refuses a request that carries credentials as well.
func TestBlobRedirect(t *testing.T) {
	s, store, _ := served(t)
	storage := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		_, _ = w.Write(store.Blobs[digest.Digest(strings.TrimPrefix(r.URL.Path, "/"))])
	}))
	defer storage.Close()
	s.Misbehave(func(w http.ResponseWriter, r *http.Request) bool {
		if user, password, _ := r.BasicAuth(); user != "AWS" || password != "secret" {
			w.Header().Set("WWW-Authenticate", `Basic realm="registry"`)
			w.WriteHeader(http.StatusUnauthorized)
			return true
		}
		if _, d, ok := strings.Cut(r.URL.Path, "/blobs/"); ok {
			http.Redirect(w, r, storage.URL+"/"+d, http.StatusTemporaryRedirect)
			return true
		}
		return false
	})
	r, err := registry.Open(t.Context(), s.Repository(t, "app"), &authn.Basic{Username: "AWS", Password: "secret"},
		transport.PullScope, quick)
	if err != nil {
		t.Fatal(err)
	}
	for d, want := range store.Blobs {
		doc, err := r.Blob(t.Context(), d, registry.MaxConfig)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, doc.Bytes); diff != "" {
			t.Error(diff)
		}
	}
}

// Open gets a token where the registry wants one: 401, then a token from another server, as Docker
// Hub and GHCR do.
func TestOpenGetsAToken(t *testing.T) {
	s, _, d := served(t)
	s.Misbehave(func(w http.ResponseWriter, r *http.Request) bool {
		switch {
		case r.URL.Path == "/token":
			fmt.Fprint(w, `{"token":"let-me-in"}`)
		case r.Header.Get("Authorization") != "Bearer let-me-in":
			w.Header().Set("WWW-Authenticate", `Bearer realm="`+s.URL+`/token",service="test"`)
			w.WriteHeader(http.StatusUnauthorized)
		default:
			return false
		}
		return true
	})
	if _, err := open(t, s).Manifest(t.Context(), d); err != nil {
		t.Error(err)
	}
}

// Open repeats, and tells when nobody answers.
func TestOpenUnavailable(t *testing.T) {
	s := fixture.Serve(t)
	repository := s.Repository(t, "app")
	s.Close()
	_, err := registry.Open(t.Context(), repository, authn.Anonymous, transport.PullScope, quick)
	if !errors.Is(err, registry.ErrUnavailable) {
		t.Errorf("error %v, want %v", err, registry.ErrUnavailable)
	}
}

func TestRequestsAreBounded(t *testing.T) {
	s, store, _ := served(t)
	var now, most atomic.Int32
	s.Misbehave(func(_ http.ResponseWriter, r *http.Request) bool {
		if strings.Contains(r.URL.Path, "/blobs/") {
			if n := now.Add(1); n > most.Load() {
				most.Store(n)
			}
			time.Sleep(5 * time.Millisecond)
			now.Add(-1)
		}
		return false
	})
	r := open(t, s)
	done := make(chan error)
	const many = 40
	for n := range many {
		go func() {
			for d := range store.Blobs {
				_, err := r.Stat(t.Context(), d)
				done <- err
				return
			}
			done <- errors.New("no blob " + strconv.Itoa(n))
		}()
	}
	for range many {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if most.Load() > 8 {
		t.Errorf("%d requests at one time, want at most 8", most.Load())
	}
}

func TestWhatARegistrySaysIsPresentable(t *testing.T) {
	s := fixture.Serve(t)
	s.Misbehave(func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.Contains(r.URL.Path, "/manifests/") {
			return false
		}
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprint(w, "\x1b[2J<html>\n<body>\tno\r\n"+strings.Repeat("x", 10_000))
		return true
	})
	r := open(t, s)
	_, err := r.Manifest(t.Context(), digest.FromString("x"))
	if err == nil || strings.ContainsFunc(err.Error(), unicode.IsControl) || len(err.Error()) > 800 ||
		!strings.Contains(err.Error(), "[2J<html> <body> no xxx") {
		t.Errorf("error %q", err)
	}
	_, err = r.Resolve(t.Context(), "latest")
	if err == nil || strings.Contains(err.Error(), "HEAD responses") || !errors.Is(err, registry.ErrDenied) {
		t.Errorf("error %q", err)
	}
}

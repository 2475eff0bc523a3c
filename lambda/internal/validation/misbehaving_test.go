package validation

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"github.com/opencontainers/go-digest"
	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/lambda/internal/fixture"
	"archway/lambda/internal/image/registry"
	"archway/lambda/internal/retry"
	"archway/lambda/internal/verdict/check"
)

// A fault in front of a registry whose image is good: what comes of the verdict if it passes, and
// if it stays.
type misbehavior struct {
	name string
	// fault answers a request in place of the registry.
	fault http.HandlerFunc
	// passes is the error if it happens to each thing once: nil means that the image is found
	// valid.
	passes error
	// stays is the error if it always happens; nil means a verdict: valid, or with the findings of
	// invalid.
	stays   error
	invalid string
	// only are the requests that it happens to: "METHOD path" holds it. Empty: manifests and blobs.
	only string
}

var quick = retry.Policy{Attempts: 3, Missing: 3, First: time.Millisecond, Each: 400 * time.Millisecond,
	Longest: 2 * time.Second}

func answer(code int, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(code)
		fmt.Fprint(w, body)
	}
}

var misbehaviors = []misbehavior{
	{name: "429 with Retry-After", fault: answer(429, `{"errors":[{"code":"TOOMANYREQUESTS"}]}`, "Retry-After", "0"),
		stays: registry.ErrUnavailable},
	{name: "429 with a wait that is too long", fault: answer(429, "", "Retry-After", "3600"),
		passes: registry.ErrUnavailable, stays: registry.ErrUnavailable},
	{name: "500", fault: answer(500, "oops"), stays: registry.ErrUnavailable},
	{name: "503", fault: answer(503, ""), stays: registry.ErrUnavailable},
	{name: "404 straight after the push", fault: answer(404, `{"errors":[{"code":"MANIFEST_UNKNOWN"}]}`),
		invalid: "tag-is-index"},
	{name: "403", fault: answer(403, `{"errors":[{"code":"DENIED"}]}`), passes: registry.ErrDenied,
		stays: registry.ErrDenied, only: "GET /v2/app/manifests/"},
	{name: "cut body", fault: func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		fmt.Fprint(w, "{")
	}, stays: registry.ErrUnavailable, only: "GET /"},
	{name: "wrong digest bytes", fault: answer(200, `{"schemaVersion":2}`, "Content-Type", specs.MediaTypeImageIndex),
		invalid: "descriptor", only: "GET /"},
	{name: "connection closed", fault: func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		stays: registry.ErrUnavailable},
	{name: "slow trickle", fault: func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			fmt.Fprint(w, "{")
			_ = http.NewResponseController(w).Flush()
			time.Sleep(20 * time.Millisecond)
		}
	}, stays: registry.ErrUnavailable, only: "GET /v2/app/manifests/"},
	{name: "silence", fault: func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		stays: registry.ErrUnavailable, only: "GET /v2/app/manifests/"},
	{name: "HEAD without an answer's length", fault: func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Transfer-Encoding", "chunked")
		w.WriteHeader(http.StatusOK)
	}, only: "HEAD /"},
	{name: "HEAD refused", fault: answer(405, ""), only: "HEAD /"},
	{name: "redirect without end", fault: func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, r.URL.Path, http.StatusTemporaryRedirect)
	},
		passes: nil, stays: registry.ErrUnavailable, only: "GET /v2/app/manifests/"},
}

// each makes a fault of the first answers to each request, or of all.
func each(b misbehavior, times int) fixture.Fault {
	var mu sync.Mutex
	seen := map[string]int{}
	return func(w http.ResponseWriter, r *http.Request) bool {
		key := r.Method + " " + r.URL.Path
		if b.only != "" && !strings.HasPrefix(key, b.only) || !strings.Contains(key, "/manifests/") &&
			!strings.Contains(key, "/blobs/") {
			return false
		}
		mu.Lock()
		seen[key]++
		n := seen[key]
		mu.Unlock()
		if n > times {
			return false
		}
		b.fault(w, r)
		return true
	}
}

func verdictOf(t *testing.T, s *fixture.Server) (check.Verdict, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	r, err := registry.Open(ctx, s.Repository(t, "app"), authn.Anonymous, transport.PullScope, quick)
	if err != nil {
		return check.Verdict{}, err
	}
	return OfTag(ctx, r, "latest", check.Want{Platforms: []specs.Platform{fixture.AMD64, fixture.ARM64}})
}

func goodImage(t *testing.T) (*fixture.Server, *fixture.Store, digest.Digest) {
	t.Helper()
	s, store := fixture.Serve(t), fixture.New()
	d := store.Good().Digest
	s.Push(t, "app", store)
	s.Tag(t, "app", "latest", store, d)
	return s, store, d
}

// A registry that misbehaves once is asked again.
func TestMisbehavingRegistry(t *testing.T) {
	for _, b := range misbehaviors {
		t.Run(b.name, func(t *testing.T) {
			t.Parallel()
			s, _, _ := goodImage(t)
			s.Misbehave(each(b, 1))
			verdict, err := verdictOf(t, s)
			if !errors.Is(err, b.passes) || err == nil && !verdict.Valid() {
				t.Errorf("error %v, want %v; findings %+v", err, b.passes, verdict.Findings)
			}
		})
	}
}

// A registry that keeps misbehaving has a defined outcome.
func TestKeepsMisbehaving(t *testing.T) {
	for _, b := range misbehaviors {
		t.Run(b.name, func(t *testing.T) {
			t.Parallel()
			s, _, _ := goodImage(t)
			s.Misbehave(each(b, 1<<30))
			before := len(s.Requests())
			verdict, err := verdictOf(t, s)
			found := func(f check.Finding) bool { return f.Check == b.invalid && f.Severity == check.Error }
			switch {
			case !errors.Is(err, b.stays):
				t.Errorf("error %v, want %v", err, b.stays)
			case err == nil && b.invalid == "" && !verdict.Valid():
				t.Errorf("findings %+v, want none", verdict.Findings)
			case err == nil && b.invalid != "" && !slices.ContainsFunc(verdict.Findings, found):
				t.Errorf("findings %+v, want one of %s", verdict.Findings, b.invalid)
			}
			if n := len(s.Requests()) - before; n > 120 {
				t.Errorf("%d requests, which is no bound", n)
			}
		})
	}
}

// A token that runs out is fetched again. 401, then a token from another server that runs out:
// registries of that kind hand out tokens for minutes.
func TestExpiredToken(t *testing.T) {
	s, _, _ := goodImage(t)
	var mu sync.Mutex
	tokens, left := 0, map[string]int{}
	s.Misbehave(func(w http.ResponseWriter, r *http.Request) bool {
		mu.Lock()
		defer mu.Unlock()
		if r.URL.Path == "/token" {
			tokens++
			left[fmt.Sprintf("Bearer token-%d", tokens)] = 6
			fmt.Fprintf(w, `{"token":"token-%d"}`, tokens)
			return true
		}
		if token := r.Header.Get("Authorization"); left[token] > 0 {
			left[token]--
			return false
		}
		w.Header().Set("WWW-Authenticate", `Bearer realm="`+s.URL+`/token",service="test",scope="repository:app:pull"`)
		w.WriteHeader(http.StatusUnauthorized)
		return true
	})
	verdict, err := verdictOf(t, s)
	if err != nil || !verdict.Valid() || tokens < 2 {
		t.Errorf("%d tokens, error %v, findings %+v", tokens, err, verdict.Findings)
	}
}

// As ECR does: blobs are redirected to another host, which refuses a request that carries
// credentials.
func TestBlobsMayBeElsewhere(t *testing.T) {
	s, store, _ := goodImage(t)
	storage := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		_, _ = w.Write(store.Blobs[digest.Digest(strings.TrimPrefix(r.URL.Path, "/"))])
	}))
	defer storage.Close()
	s.Misbehave(fixture.Locked("AWS", "secret"))
	s.Misbehave(func(w http.ResponseWriter, r *http.Request) bool {
		_, d, blob := strings.Cut(r.URL.Path, "/blobs/")
		if blob {
			http.Redirect(w, r, storage.URL+"/"+d, http.StatusTemporaryRedirect)
		}
		return blob
	})
	r, err := registry.Open(t.Context(), s.Repository(t, "app"), &authn.Basic{Username: "AWS", Password: "secret"},
		transport.PullScope, quick)
	if err != nil {
		t.Fatal(err)
	}
	verdict, err := OfTag(t.Context(), r, "latest", check.Want{Platforms: []specs.Platform{fixture.AMD64,
		fixture.ARM64}})
	if err != nil || !verdict.Valid() {
		t.Errorf("error %v, findings %+v", err, verdict.Findings)
	}
}

// Headers that are good to have and not needed.
func TestMissingHeadersAreDoneWithout(t *testing.T) {
	for _, header := range []string{"Docker-Content-Digest", "Content-Length", "Date"} {
		t.Run(header, func(t *testing.T) {
			s, _, _ := goodImage(t)
			front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				recorded := httptest.NewRecorder()
				s.Config.Handler.ServeHTTP(recorded, r)
				for key, values := range recorded.Header() {
					if key != header {
						w.Header()[key] = values
					}
				}
				if header == "Content-Length" {
					w.Header().Del("Content-Length")
				}
				w.WriteHeader(recorded.Code)
				if header == "Content-Length" && r.Method != http.MethodHead {
					_ = http.NewResponseController(w).Flush() // chunked from here on
				}
				_, _ = w.Write(recorded.Body.Bytes())
			}))
			defer front.Close()
			through := &fixture.Server{Server: front, Host: strings.TrimPrefix(front.URL, "http://")}
			verdict, err := verdictOf(t, through)
			if err != nil || !verdict.Valid() {
				t.Errorf("error %v, findings %+v", err, verdict.Findings)
			}
		})
	}
}

func TestRetriesEndWithTheContext(t *testing.T) {
	s, _, _ := goodImage(t)
	s.Misbehave(each(misbehavior{fault: answer(503, "", "Retry-After", "50")}, 1<<30))
	r, err := registry.Open(t.Context(), s.Repository(t, "app"), authn.Anonymous, transport.PullScope,
		retry.Policy{Attempts: 100, First: time.Millisecond, Longest: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	// With any other end, it would take longer than tests may.
	_, err = OfTag(ctx, r, "latest", check.Want{})
	if !errors.Is(err, registry.ErrUnavailable) {
		t.Errorf("error %v", err)
	}
}

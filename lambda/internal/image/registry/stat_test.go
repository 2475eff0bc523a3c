package registry_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/opencontainers/go-digest"

	"archway/lambda/internal/image/registry"
)

func TestStatKnowsTheSizeWithoutReading(t *testing.T) {
	s, store, _ := served(t)
	r := open(t, s)
	for d, b := range store.Blobs {
		size, err := r.Stat(t.Context(), d)
		if err != nil || size != int64(len(b)) {
			t.Errorf("Stat = %d, %v, want %d", size, err, len(b))
		}
	}
	if n := s.Count("GET /v2/app/blobs/"); n > 0 {
		t.Errorf("%d blobs were read", n)
	}
	if _, err := r.Stat(t.Context(), digest.FromString("none")); !errors.Is(err, registry.ErrNotFound) {
		t.Errorf("error %v, want %v", err, registry.ErrNotFound)
	}
}

// A function that may read blobs but not ask for them by HEAD, as ECR's permissions have it, gets
// the same answers.
func TestStatDoesWithoutHead(t *testing.T) {
	for name, redirect := range map[string]bool{"redirected to storage": true, "served by the registry": false} {
		t.Run(name, func(t *testing.T) {
			s, store, _ := served(t)
			s.Misbehave(func(w http.ResponseWriter, r *http.Request) bool {
				_, d, blob := strings.Cut(r.URL.Path, "/blobs/")
				switch {
				case blob && r.Method == http.MethodHead:
					w.WriteHeader(http.StatusForbidden)
				case blob && redirect && store.Blobs[digest.Digest(d)] != nil:
					http.Redirect(w, r, "https://storage.invalid/signed-for-get-only", http.StatusTemporaryRedirect)
				default:
					return false
				}
				return true
			})
			r := open(t, s)
			for d, b := range store.Blobs {
				want := int64(len(b))
				if redirect {
					want = -1
				}
				if size, err := r.Stat(t.Context(), d); err != nil || size != want {
					t.Errorf("Stat = %d, %v, want %d", size, err, want)
				}
			}
			if _, err := r.Stat(t.Context(), digest.FromString("none")); !errors.Is(err, registry.ErrNotFound) {
				t.Errorf("error %v, want %v", err, registry.ErrNotFound)
			}
			if n := s.Count("HEAD /v2/app/blobs/"); n != 1 {
				t.Errorf("HEAD was tried %d times, want once", n)
			}
		})
	}
}

func TestStatTakesARedirectForAYes(t *testing.T) {
	s, store, _ := served(t)
	s.Misbehave(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodHead {
			http.Redirect(w, r, "https://storage.invalid/signed-for-get-only", http.StatusTemporaryRedirect)
			return true
		}
		return false
	})
	for d := range store.Blobs {
		if size, err := open(t, s).Stat(t.Context(), d); err != nil || size != -1 {
			t.Errorf("Stat = %d, %v, want an unknown size", size, err)
		}
		break
	}
}

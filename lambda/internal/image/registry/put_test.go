package registry_test

import (
	"errors"
	"net/http"
	"testing"

	"github.com/opencontainers/go-digest"

	"archway/lambda/internal/image/registry"
)

// Put stores the same bytes under the tag.
func TestPut(t *testing.T) {
	s, store, d := served(t)
	r := open(t, s)
	if err := r.Put(t.Context(), "v1", store.Manifests[d]); err != nil {
		t.Fatal(err)
	}
	if got, err := r.Serves(t.Context(), "v1"); err != nil || got != d {
		t.Errorf("the tag serves %s, %v, want %s", got, err, d)
	}
}

// Put tells that an immutable tag is there.
func TestPutToImmutableTag(t *testing.T) {
	for name, fault := range map[string]http.HandlerFunc{
		"TAG_INVALID": status(400,
			`{"errors":[{"code":"TAG_INVALID","message":"The image tag 'v1' already exists in the 'app' repository and cannot be overwritten because the tag is immutable."}]}`),
		"exception": status(400,
			`{"errors":[{"code":"UNKNOWN","message":"ImageTagAlreadyExistsException: The image tag 'v1' already exists"}]}`),
	} {
		t.Run(name, func(t *testing.T) {
			s, store, d := served(t)
			s.Misbehave(first(always, fault))
			err := open(t, s).Put(t.Context(), "v1", store.Manifests[d])
			if !errors.Is(err, registry.ErrTagExists) {
				t.Errorf("error %v, want %v", err, registry.ErrTagExists)
			}
			if n := s.Count("PUT /v2/app/manifests/v1"); n != 1 {
				t.Errorf("%d attempts, want 1", n)
			}
		})
	}
}

// Put notices that other bytes were stored.
func TestPutOfOtherBytes(t *testing.T) {
	s, store, d := served(t)
	s.Misbehave(first(always, status(201, "", "Docker-Content-Digest", digest.FromString("other").String())))
	if err := open(t, s).Put(t.Context(), "v1", store.Manifests[d]); !errors.Is(err, registry.ErrOtherBytes) {
		t.Errorf("error %v, want %v", err, registry.ErrOtherBytes)
	}
}

package registry_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"github.com/opencontainers/go-digest"

	"archway/lambda/internal/fixture"
	"archway/lambda/internal/image/registry"
)

func from(content []byte) func(context.Context, int64) (io.Reader, error) {
	return func(_ context.Context, offset int64) (io.Reader, error) {
		return bytes.NewReader(content[offset:]), nil
	}
}

// push sends content in chunks of three bytes.
func push(ctx context.Context, r *registry.Repository, content string) error {
	u, err := r.StartUpload(ctx)
	for err == nil && u.Offset() < int64(len(content)) {
		err = u.Append(ctx, 3, int64(len(content)), from([]byte(content)))
	}
	if err != nil {
		return err
	}
	return u.Complete(ctx, digest.FromString(content))
}

func TestUpload(t *testing.T) {
	s := fixture.Serve(t) // its locations have no host
	r := open(t, s)
	if err := push(t.Context(), r, "content"); err != nil {
		t.Fatal(err)
	}
	if there, err := r.HasBlob(t.Context(), digest.FromString("content")); !there || err != nil {
		t.Errorf("%t, %v", there, err)
	}
	rest, err := r.LayerFrom(t.Context(), digest.FromString("content"), 3)
	if err != nil {
		t.Fatal(err)
	}
	defer rest.Close()
	if b, err := io.ReadAll(rest); string(b) != "tent" || err != nil {
		t.Errorf("%q, %v", b, err)
	}
	if n := s.Count("PATCH"); n != 3 {
		t.Errorf("%d chunks, want 3", n)
	}
}

func TestHasBlobAsksOnce(t *testing.T) {
	s := fixture.Serve(t)
	there, err := open(t, s).HasBlob(t.Context(), digest.FromString("none"))
	if there || err != nil || s.Count("HEAD") != 1 {
		t.Errorf("%t, %v, %d requests", there, err, s.Count("HEAD"))
	}
}

// Wherever a registry sends an upload, credentials and bytes go to its own host.
func TestUploadStaysOnTheHost(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("%s reached another host", r.Method)
	}))
	defer elsewhere.Close()
	for _, method := range []string{http.MethodPost, http.MethodPatch} {
		for name, location := range map[string]string{
			"address":   elsewhere.URL + "/v2/app/blobs/uploads/1",
			"no scheme": strings.TrimPrefix(elsewhere.URL, "http:") + "/v2/app/blobs/uploads/1",
			"user":      "http://user@" + strings.TrimPrefix(elsewhere.URL, "http://") + "/1",
			"file":      "file:///etc/passwd", "opaque": "mailto:a", "broken": "http://[",
			"long": "/" + strings.Repeat("x", 5000),
		} {
			t.Run(method+" "+name, func(t *testing.T) {
				s := fixture.Serve(t)
				s.Misbehave(func(w http.ResponseWriter, r *http.Request) bool {
					if r.Method != method {
						return false
					}
					w.Header().Set("Location", location)
					w.WriteHeader(http.StatusAccepted)
					return true
				})
				err := push(t.Context(), open(t, s), "content")
				if !errors.Is(err, registry.ErrUnavailable) || !strings.Contains(err.Error(), "it sent the upload to") {
					t.Errorf("error %v", err)
				}
				if n := s.Count("PUT"); n > 0 {
					t.Errorf("%d were completed", n)
				}
			})
		}
	}
	for _, method := range []string{http.MethodPost, http.MethodPatch, http.MethodPut} {
		t.Run("redirect of "+method, func(t *testing.T) {
			s := fixture.Serve(t)
			s.Misbehave(func(w http.ResponseWriter, r *http.Request) bool {
				if r.Method == method {
					http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
				}
				return r.Method == method
			})
			if err := push(t.Context(), open(t, s), "content"); err == nil {
				t.Error("no error")
			}
		})
	}
}

// An upload that somebody else completed is done if the blob is there.
func TestUploadBySomebodyElse(t *testing.T) {
	s := fixture.Serve(t)
	r := open(t, s)
	if err := push(t.Context(), r, "content"); err != nil {
		t.Fatal(err)
	}
	s.Misbehave(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPut {
			status(400, `{"errors":[{"code":"BLOB_UPLOAD_INVALID","message":"LayerAlreadyExistsException"}]}`)(w, r)
		}
		return r.Method == http.MethodPut
	})
	if err := push(t.Context(), r, "content"); err != nil {
		t.Error(err)
	}
	if err := push(t.Context(), r, "another"); !errors.Is(err, registry.ErrUploadLost) {
		t.Errorf("error %v, want %v", err, registry.ErrUploadLost)
	}
}

func TestUploadTellsWhatIsFinal(t *testing.T) {
	for _, test := range []struct {
		code  int
		want  error
		tries int
	}{
		{401, registry.ErrDenied, 1}, {403, registry.ErrDenied, 1},
		{404, registry.ErrUploadLost, 1}, {416, registry.ErrUploadLost, 1},
		{429, registry.ErrUnavailable, 3}, {500, registry.ErrUnavailable, 3},
		{501, registry.ErrUnavailable, 1}, {307, registry.ErrUnavailable, 1},
	} {
		t.Run(fmt.Sprint(test.code), func(t *testing.T) {
			s := fixture.Serve(t)
			s.Misbehave(func(w http.ResponseWriter, r *http.Request) bool {
				if r.Method == http.MethodPatch {
					status(test.code, "")(w, r)
				}
				return r.Method == http.MethodPatch
			})
			err := push(t.Context(), open(t, s), "content")
			if !errors.Is(err, test.want) || s.Count("PATCH") != test.tries {
				t.Errorf("error %v after %d attempts, want %v after %d", err, s.Count("PATCH"), test.want, test.tries)
			}
		})
	}
}

func TestMountIsRefused(t *testing.T) {
	for _, code := range []int{400, 401, 403, 404, 405, 500, 202} {
		t.Run(fmt.Sprint(code), func(t *testing.T) {
			s := fixture.Serve(t)
			s.Misbehave(func(w http.ResponseWriter, r *http.Request) bool {
				if r.Method == http.MethodPost && code != 202 {
					status(code, "")(w, r)
					return true
				}
				return false
			})
			r := open(t, s)
			mounted, u, err := r.Mount(t.Context(), digest.FromString("x"), r)
			if mounted || (u != nil) != (code == 202) || (err != nil) != (code == 500) {
				t.Errorf("%t, %v, %v", mounted, u, err)
			}
		})
	}
}

func TestMountOfAnotherDigest(t *testing.T) {
	s := fixture.Serve(t)
	s.Misbehave(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPost {
			status(201, "", "Docker-Content-Digest", digest.FromString("other").String())(w, r)
		}
		return r.Method == http.MethodPost
	})
	r := open(t, s)
	if _, _, err := r.Mount(t.Context(), digest.FromString("x"), r); !errors.Is(err, registry.ErrOtherBytes) {
		t.Errorf("error %v, want %v", err, registry.ErrOtherBytes)
	}
}

func TestPutByDigest(t *testing.T) {
	store := fixture.New()
	d := store.PutManifest(registry.OCIManifest, []byte(`{"schemaVersion":2,"layers":[]}`))
	for name, there := range map[string]bool{"new": false, "there": true} {
		t.Run(name, func(t *testing.T) {
			s := fixture.Serve(t)
			if there {
				s.Push(t, "app", store)
			}
			exists := status(400, `{"errors":[{"code":"UNKNOWN","message":"ImageAlreadyExistsException: Image with `+
				`digest '`+d.String()+`' already exists"}]}`)
			s.Misbehave(func(w http.ResponseWriter, r *http.Request) bool {
				if r.Method == http.MethodPut {
					exists(w, r)
				}
				return r.Method == http.MethodPut
			})
			if err := open(t, s).PutByDigest(t.Context(), store.Manifests[d]); (err == nil) != there {
				t.Errorf("error %v", err)
			}
		})
	}
	s := fixture.Serve(t)
	r := open(t, s)
	if err := r.PutByDigest(t.Context(), store.Manifests[d]); err != nil {
		t.Fatal(err)
	}
	if mediaType, there, err := r.HasManifest(t.Context(),
		d); mediaType != registry.OCIManifest || !there || err != nil {
		t.Errorf("%q, %t, %v", mediaType, there, err)
	}
	if !slices.Contains(s.Requests(), "PUT /v2/app/manifests/"+d.String()) {
		t.Errorf("%q", s.Requests())
	}
}

// A bearer token opens what it was asked for: to mount, that is the other repository too.
func TestOpenAsksForTheSourcesToo(t *testing.T) {
	s := fixture.Serve(t)
	var asked []string
	s.Misbehave(func(w http.ResponseWriter, r *http.Request) bool {
		switch {
		case r.URL.Path == "/token":
			asked = r.URL.Query()["scope"]
			fmt.Fprint(w, `{"token":"let-me-in"}`)
		case r.Header.Get("Authorization") != "Bearer let-me-in":
			w.Header().Set("WWW-Authenticate", `Bearer realm="`+s.URL+`/token",service="test"`)
			w.WriteHeader(http.StatusUnauthorized)
		default:
			return false
		}
		return true
	})
	other := fixture.Serve(t)
	_, err := registry.Open(t.Context(), s.Repository(t, "release"), authn.Anonymous, transport.PushScope, quick,
		registry.MountFrom(s.Repository(t, "staging/app"), s.Repository(t, "release"),
			other.Repository(t, "elsewhere")))
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"repository:release:push,pull", "repository:staging/app:pull"}; !slices.Equal(asked, want) {
		t.Errorf("asked for %q, want %q", asked, want)
	}
}

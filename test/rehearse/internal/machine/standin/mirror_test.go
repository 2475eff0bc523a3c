package standin

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/validate"
)

// tiny is an image made without the network.
var tiny = image{"tiny", "1", nil, func(m *maker, arch architecture) (contents, error) {
	l, err := m.layer("tiny-"+arch.goarch, "a tiny layer", func(_ string, w io.Writer) error {
		a := newArchive(w)
		a.file("arch", 0o644, arch.goarch)
		return a.close()
	})
	return contents{[]layer{l}, v1.Config{Cmd: []string{"/arch"}}}, err
}}

func serveTiny(t *testing.T) (host string, index v1.Descriptor, s *store) {
	t.Helper()
	s, err := openStore(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	m := &maker{ctx: context.Background(), store: s, progress: t.Output()}
	index, err = m.index(tiny)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.writeIndex(map[string]v1.Descriptor{"debian": index}); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(&mirror{store: s, tags: map[string]v1.Hash{"library/tiny:1": index.Digest}})
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://"), index, s
}

// A mirror serves whole images for both platforms.
func TestMirror(t *testing.T) {
	host, want, _ := serveTiny(t)
	ref, err := name.ParseReference(host+"/library/tiny:1", name.Insecure)
	if err != nil {
		t.Fatal(err)
	}
	index, err := remote.Index(ref)
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Index(index); err != nil {
		t.Error(err)
	}
	digest, err := index.Digest()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want.Digest, digest); diff != "" {
		t.Error(diff)
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	var platforms []string
	for _, m := range manifest.Manifests {
		platforms = append(platforms, m.Platform.String())
	}
	if diff := cmp.Diff([]string{"linux/amd64", "linux/arm64/v8"}, platforms); diff != "" {
		t.Error(diff)
	}
}

func TestMirrorSaysWhatItDoesNotHave(t *testing.T) {
	host, index, _ := serveTiny(t)
	tests := []struct {
		behavior string
		method   string
		path     string
		status   int
		body     string
	}{
		{"the protocol's root", http.MethodGet, "/v2/", http.StatusOK, ""},
		{"a tag without stand-in names those that exist", http.MethodGet,
			"/v2/library/golang/manifests/1.20?ns=docker.io", http.StatusNotFound,
			"golang:1.20 has no stand-in; there are debian:"},
		{"a digest of the original", http.MethodGet, "/v2/library/tiny/manifests/sha256:" + strings.Repeat("0", 64),
			http.StatusNotFound, "BLOB_UNKNOWN"},
		{"a blob that is no digest", http.MethodGet, "/v2/library/tiny/blobs/latest", http.StatusNotFound, "no digest"},
		{"another algorithm", http.MethodGet, "/v2/library/tiny/blobs/sha512:" + strings.Repeat("0", 128),
			http.StatusNotFound, "BLOB_UNKNOWN"},
		{"a path out of the folder", http.MethodGet, "/v2/library/tiny/blobs/..%2f..%2findex.json", http.StatusNotFound,
			""},
		{"writing", http.MethodPut, "/v2/library/tiny/manifests/1", http.StatusNotFound, "only answers GET and HEAD"},
		{"the index as a blob", http.MethodGet, "/v2/library/tiny/blobs/" + index.Digest.String(), http.StatusOK,
			"linux"},
	}
	for _, test := range tests {
		t.Run(test.behavior, func(t *testing.T) {
			request, err := http.NewRequest(test.method, "http://"+host+test.path, nil)
			if err != nil {
				t.Fatal(err)
			}
			response, err := http.DefaultClient.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			body, err := io.ReadAll(response.Body)
			if err != nil {
				t.Fatal(err)
			}
			if response.StatusCode != test.status || !strings.Contains(string(body), test.body) {
				t.Errorf("got HTTP %d %s, expected %d with %q", response.StatusCode, body, test.status, test.body)
			}
		})
	}
}

func TestStoreIsAnImageLayout(t *testing.T) {
	_, want, s := serveTiny(t)
	index, err := layout.ImageIndexFromPath(s.dir)
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	if len(manifest.Manifests) != 1 || manifest.Manifests[0].Digest != want.Digest ||
		manifest.Manifests[0].Annotations["org.opencontainers.image.ref.name"] != "debian:12" {
		t.Errorf("got %+v, expected %v as debian:12", manifest.Manifests, want.Digest)
	}
	if err := validate.Index(index); err != nil {
		t.Error(err)
	}
}

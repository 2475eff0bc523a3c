package index_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/go-digest"
	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/lambda/internal/fixture"
	"archway/lambda/internal/image/index"
	"archway/lambda/internal/image/registry"
)

// What is offered are the platforms that nodes can pull.
func TestOffered(t *testing.T) {
	bare := func(d specs.Descriptor) specs.Descriptor {
		d.Platform = nil
		return d
	}
	for _, test := range []struct {
		name    string
		make    func(*fixture.Store) specs.Descriptor
		want    string
		unknown string
	}{
		{"an index", func(s *fixture.Store) specs.Descriptor { return s.Good() }, "linux/amd64 linux/arm64", ""},
		{"a Docker list", func(s *fixture.Store) specs.Descriptor {
			return s.DockerList(s.Image(fixture.ImageSpec{Platform: fixture.AMD64, Docker: true}))
		}, "linux/amd64", ""},
		{"a single image", func(s *fixture.Store) specs.Descriptor { return s.Linux("s390x", "") }, "linux/s390x", ""},
		{"entries without platform",
			func(s *fixture.Store) specs.Descriptor { return s.Index(bare(s.Linux("amd64", ""))) }, "linux/amd64", ""},
		{"an index inside the index", func(s *fixture.Store) specs.Descriptor {
			return s.Index(bare(s.Index(s.Linux("arm64", ""))), s.Linux("amd64", ""))
		}, "linux/arm64 linux/amd64", ""},
		{"what isn't there", func(*fixture.Store) specs.Descriptor {
			return specs.Descriptor{Digest: digest.FromString("gone")}
		}, "", ""},
		{"a cache", func(s *fixture.Store) specs.Descriptor {
			return s.Image(fixture.ImageSpec{Platform: fixture.AMD64, Manifest: func(m map[string]any) {
				m["config"].(map[string]any)["mediaType"] = index.CacheConfig
			}})
		}, "", ""},
		{"no document", func(s *fixture.Store) specs.Descriptor {
			return specs.Descriptor{Digest: s.PutManifest(registry.OCIIndex, []byte("[]"))}
		}, "", ""},
		{"an image whose config is gone", func(s *fixture.Store) specs.Descriptor {
			d := s.Linux("amd64", "")
			s.Forget(index.ParseManifest(s.Manifests[d.Digest].Bytes).Body.Config.Digest)
			return d
		}, "", ""},
		{"too many entries", func(s *fixture.Store) specs.Descriptor {
			return s.Index(slices.Repeat([]specs.Descriptor{s.Linux("amd64", "")}, index.MaxEntries+1)...)
		}, "linux/amd64", "too large"},
		{"very deep", func(s *fixture.Store) specs.Descriptor {
			d := s.Linux("amd64", "")
			for range index.MaxDepth + 2 {
				d = bare(s.Index(d))
			}
			return d
		}, "", "nested too deeply"},
		{"a huge document", func(s *fixture.Store) specs.Descriptor {
			return specs.Descriptor{Digest: s.PutManifest(registry.OCIIndex, make([]byte, registry.MaxManifest+1))}
		}, "", "too large to be read"},
		{"entries that name no digest", func(s *fixture.Store) specs.Descriptor {
			d := s.Linux("amd64", "")
			d.Digest = "sha256:x"
			return s.Index(d, s.Linux("arm64", ""))
		}, "linux/arm64", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := fixture.New()
			d := test.make(s).Digest
			got, err := index.Offered(t.Context(), s, "latest", d)
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, p := range got.Platforms {
				names = append(names, index.Name(&p))
			}
			if diff := cmp.Diff(test.want, strings.Join(slices.Compact(names), " ")); diff != "" {
				t.Error(diff)
			}
			if got.Tag != "latest" || got.Digest != d || (got.Unknown == "") != (test.unknown == "") ||
				!strings.Contains(got.Unknown, test.unknown) {
				t.Errorf("%+v", got)
			}
		})
	}
}

// refusing is a source that can't be asked.
type refusing struct{ *fixture.Store }

var errRefused = errors.New("refused")

func (refusing) Blob(context.Context, digest.Digest, int64) (registry.Document, error) {
	return registry.Document{}, errRefused
}

// Offered fails if nobody could be asked.
func TestOfferedUnavailable(t *testing.T) {
	s := fixture.New()
	if _, err := index.Offered(t.Context(), refusing{s}, "latest", s.Linux("amd64", "").Digest); !errors.Is(err,
		errRefused) {
		t.Errorf("error %v", err)
	}
}

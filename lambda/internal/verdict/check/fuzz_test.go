package check_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/opencontainers/go-digest"
	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/lambda/internal/fixture"
	"archway/lambda/internal/image/index"
	"archway/lambda/internal/image/registry"
	"archway/lambda/internal/verdict/check"
)

// Whatever a registry serves as index, manifest and config, all checks end, and what they say can
// be shown on a terminal.
func FuzzChecks(f *testing.F) {
	for _, c := range all() {
		if strings.HasPrefix(c.name, "limits/") {
			continue // megabytes
		}
		s := fixture.New()
		root := c.make(s)
		var manifest, config []byte
		if entries := index.ParseManifest(s.Manifests[root].Bytes).Body.Manifests; len(entries) > 1 {
			manifest = s.Manifests[entries[1].Digest].Bytes
			if c := index.ParseManifest(manifest).Body.Config; c != nil {
				config = s.Blobs[c.Digest]
			}
		}
		f.Add(s.Manifests[root].Bytes, manifest, config)
	}
	f.Fuzz(func(t *testing.T, root, manifest, config []byte) {
		s := fixture.New()
		s.PutBlob(config)
		s.PutManifest(registry.OCIManifest, manifest)
		d := s.PutManifest(registry.OCIIndex, root)
		judge(t, s, d)

		// The same with descriptors that fit, so that what they name is reached.
		s.Replace(d, nil)
		whole := s.Index(s.Image(fixture.ImageSpec{Platform: fixture.AMD64}), specs.Descriptor{
			MediaType: registry.OCIManifest, Digest: digest.FromBytes(manifest), Size: int64(len(manifest)),
			Platform: &fixture.ARM64,
		})
		judge(t, s, whole.Digest)
	})
}

func judge(t *testing.T, s *fixture.Store, d digest.Digest) {
	t.Helper()
	want := check.Want{Platforms: []specs.Platform{fixture.AMD64, fixture.ARM64}}
	for _, f := range check.Run(read(t, s, d, nil, want), want) {
		m := f.Message()
		if !utf8.ValidString(m) || strings.ContainsFunc(m, unicode.IsControl) {
			t.Errorf("%s: the message %q can steer a terminal", f.Check, m)
		}
		if f.Severity == "" || f.Problem == "" {
			t.Errorf("incomplete finding %+v", f)
		}
	}
}

package index_test

import (
	"strings"
	"testing"

	"github.com/opencontainers/go-digest"

	"archway/internal/platform"
	"archway/lambda/internal/fixture"
	"archway/lambda/internal/image/index"
	"archway/lambda/internal/image/registry"
)

// Documents that a registry may serve as a manifest: good ones, and the ways in which they break.
func seeds(f *testing.F) {
	s := fixture.New()
	s.Good()
	s.DockerList(s.Image(fixture.ImageSpec{Docker: true, Platform: fixture.AMD64}))
	for _, d := range s.Digests() {
		f.Add(s.Manifests[d].Bytes)
	}
	for _, text := range []string{
		"", "null", "[]", "{", "<html>", `{"manifests":null}`, `{"manifests":[{}]}`,
		`{"manifests":[{"platform":{}}],"layers":[]}`,
		`{"schemaVersion":1,"fsLayers":[]}`, `{"manifests":[],"Manifests":[]}`,
		`{"config":{"size":-1},"layers":[{"size":1e300}]}`, "\xff\xfe{}",
	} {
		f.Add([]byte(text))
	}
}

func FuzzManifest(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		m := index.ParseManifest(b)
		if m.Size != int64(len(b)) || m.Digest.Validate() != nil {
			t.Errorf("size %d and digest %s of %d bytes", m.Size, m.Digest, len(b))
		}
		if shape := m.Shape(); m.Err != nil && shape != index.ShapeUnknown {
			t.Errorf("a document that can't be read is an %s", shape)
		}
	})
}

func FuzzConfig(f *testing.F) {
	s := fixture.New()
	s.Good()
	for _, b := range s.Blobs {
		f.Add(b)
	}
	for _, text := range []string{"", "null", `{"config":null}`, `{"config":{"Env":"x"}}`,
		`{"rootfs":{"diff_ids":[""]}}`, `{"os":5}`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := index.ParseConfig(b)
		if err != nil {
			return
		}
		p := c.Platform()
		if key := index.Key(p); key != index.Key(platform.Normal(p)) {
			t.Errorf("normalizing twice changes %q", key)
		}
	})
}

// Whatever stands in the place of an index, reading it ends, and within the limits.
func FuzzGet(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		s := fixture.New()
		s.Good()
		root := s.PutManifest(registry.OCIIndex, b)
		image, err := index.Get(t.Context(), s, root, nil)
		if err != nil {
			t.Fatal(err)
		}
		if len(image.Entries) > index.MaxEntries {
			t.Errorf("%d entries were read", len(image.Entries))
		}
	})
}

// What a tag serves now is read from the registry too.
func FuzzOffered(f *testing.F) {
	seeds(f)
	entry := `{"mediaType":"` + registry.OCIManifest + `","digest":"` + digest.FromString("x").String() +
		`","platform":{"os":"linux","architecture":"amd64"}}`
	f.Add([]byte(`{"schemaVersion":2,"manifests":[` + strings.Repeat(entry+",", index.MaxEntries) + entry +
		`]}`)) // one more than are read
	f.Fuzz(func(t *testing.T, b []byte) {
		s := fixture.New()
		s.Good()
		served, err := index.Offered(t.Context(), s, "latest", s.PutManifest(registry.OCIIndex, b))
		if err != nil {
			t.Fatal(err)
		}
		if len(served.Platforms) > index.MaxEntries {
			t.Errorf("%d platforms", len(served.Platforms))
		}
	})
}

package check_test

import (
	"github.com/opencontainers/go-digest"

	"archway/lambda/internal/fixture"
	"archway/lambda/internal/image/index"
	"archway/lambda/internal/image/registry"
)

var _ = about("tag-is-index",
	testCase{name: "index", make: func(s *fixture.Store) digest.Digest { return s.Good().Digest }},
	testCase{
		name:   "single image",
		make:   func(s *fixture.Store) digest.Digest { return s.Linux("amd64", "").Digest },
		report: []string{"error tag-is-index"},
	},
	testCase{
		name:   "nothing there",
		make:   func(*fixture.Store) digest.Digest { return digest.FromString("never pushed") },
		report: []string{"error tag-is-index"},
	},
	testCase{
		name: "a build cache",
		make: func(s *fixture.Store) digest.Digest {
			return s.Image(fixture.ImageSpec{
				Manifest: func(doc map[string]any) { configOf(doc)["mediaType"] = index.CacheConfig }}).Digest
		},
		report: []string{"error cache-not-image", "error tag-is-index"},
	},
	testCase{
		name: "an artifact",
		make: func(s *fixture.Store) digest.Digest {
			return s.PutManifest(registry.OCIManifest,
				[]byte(`{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json"}`))
		},
		report: []string{"error tag-is-index"},
	},
)

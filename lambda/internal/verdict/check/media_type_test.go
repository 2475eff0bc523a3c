package check_test

import (
	"encoding/json"
	"fmt"

	"github.com/opencontainers/go-digest"
	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/lambda/internal/fixture"
	"archway/lambda/internal/image/registry"
)

var _ = about("media-type",
	testCase{name: "OCI index", make: merged(nil)},
	testCase{
		name: "artifact type of the index",
		make: document(func(doc map[string]any) { doc["artifactType"] = "application/vnd.example" }),
	},
	testCase{
		name:   "the index declares none, as OCI allows",
		make:   document(func(doc map[string]any) { delete(doc, "mediaType") }),
		report: []string{"warning media-type"},
	},
	testCase{
		name: "a Docker manifest list declares none",
		make: func(s *fixture.Store) digest.Digest {
			d := s.IndexWith(func(doc map[string]any) { delete(doc, "mediaType") },
				s.Image(fixture.ImageSpec{Docker: true, Platform: fixture.AMD64}),
				s.Image(fixture.ImageSpec{Docker: true, Platform: fixture.ARM64})).Digest
			s.Declare(d, registry.DockerList)
			return d
		},
		report: []string{"error media-type"},
	},
	testCase{
		name:   "a document that is nothing",
		make:   document(func(doc map[string]any) { clear(doc) }),
		report: []string{"error media-type", "error tag-is-index"},
	},
	testCase{
		name:   "an image's manifest declares none, as older tools wrote it",
		make:   image(fixture.ImageSpec{Manifest: func(doc map[string]any) { delete(doc, "mediaType") }}),
		report: []string{"warning media-type linux/arm64"},
	},
	testCase{
		name: "a Docker manifest declares none",
		make: func(s *fixture.Store) digest.Digest {
			return s.DockerList(s.Image(fixture.ImageSpec{Docker: true, Platform: fixture.AMD64}),
				s.Image(fixture.ImageSpec{Docker: true, Platform: fixture.ARM64,
					Manifest: func(doc map[string]any) { delete(doc, "mediaType") }})).Digest
		},
		report: []string{"error media-type linux/arm64"},
	},
	testCase{
		name: "the index is served under an image's type",
		make: func(s *fixture.Store) digest.Digest {
			d := s.Good().Digest
			s.Declare(d, registry.OCIManifest)
			return d
		},
		report: []string{"error media-type"},
	},
	testCase{
		name: "the index is served without a type",
		make: func(s *fixture.Store) digest.Digest {
			d := s.Good().Digest
			s.Declare(d, "")
			return d
		},
		report: []string{"error media-type"},
	},
	testCase{
		name: "the content is an index, its type an image's",
		make: func(s *fixture.Store) digest.Digest {
			d := s.IndexWith(func(doc map[string]any) { doc["mediaType"] = registry.OCIManifest }, s.Linux("amd64", ""),
				s.Linux("arm64", "")).Digest
			s.Declare(d, registry.OCIManifest)
			return d
		},
		report: []string{"error media-type"},
	},
	testCase{
		name:   "the entry declares none",
		make:   document(func(doc map[string]any) { delete(fixture.Entry(doc, 1), "mediaType") }),
		report: []string{"error media-type linux/arm64"},
	},
	testCase{
		name: "the entry declares none and its manifest is gone",
		make: func(s *fixture.Store) digest.Digest {
			arm64 := s.Linux("arm64", "")
			s.Forget(arm64.Digest)
			arm64.MediaType = ""
			return s.Index(s.Linux("amd64", ""), arm64).Digest
		},
		report: []string{"error child-missing linux/arm64", "error media-type linux/arm64"},
	},
	testCase{
		name:   "the entry declares another type than the manifest",
		make:   document(func(doc map[string]any) { fixture.Entry(doc, 1)["mediaType"] = registry.DockerManifest }),
		report: []string{"error media-type linux/arm64", "error mixed-family"},
	},
	testCase{
		name: "schema 1",
		make: merged(func(s *fixture.Store, _, arm64 *specs.Descriptor) {
			b := []byte(`{"schemaVersion":1,"name":"app","architecture":"arm64","fsLayers":[],"history":[]}`)
			*arm64 = specs.Descriptor{MediaType: registry.DockerSchema1,
				Digest: s.PutManifest(registry.DockerSchema1, b), Size: int64(len(b)), Platform: arm64.Platform}
		}),
		report: []string{"error media-type linux/arm64", "error mixed-family"},
	},
	testCase{
		name: "the tag holds schema 1",
		make: func(s *fixture.Store) digest.Digest {
			return s.PutManifest(registry.DockerSchema1JW,
				[]byte(`{"schemaVersion":1,"name":"app","architecture":"arm64","fsLayers":[],"history":[]}`))
		},
		report: []string{"error media-type"},
	},
	testCase{
		name:   "schema version 3",
		make:   document(func(doc map[string]any) { doc["schemaVersion"] = 3 }),
		report: []string{"error media-type"},
	},
	testCase{
		name:   "index and image in one document",
		make:   document(func(doc map[string]any) { doc["layers"] = []any{} }),
		report: []string{"error media-type"},
	},
	testCase{
		name: "one key twice, in two spellings",
		make: func(s *fixture.Store) digest.Digest {
			b, _ := json.Marshal([]specs.Descriptor{s.Linux("amd64", ""), s.Linux("arm64", "")})
			return s.PutManifest(registry.OCIIndex,
				fmt.Appendf(nil, `{"schemaVersion":2,"mediaType":%q,"Manifests":[],"manifests":%s}`, registry.OCIIndex,
					b))
		},
		report: []string{"error media-type"},
	},
	testCase{
		name: "a key of a platform in two spellings",
		make: document(func(doc map[string]any) {
			fixture.Entry(doc, 0)["platform"].(map[string]any)["Architecture"] = "s390x"
		}),
		report: []string{"error media-type"},
	},
	testCase{
		name: "a key of a layer in two spellings",
		make: image(fixture.ImageSpec{Manifest: func(doc map[string]any) {
			doc["layers"].([]any)[0].(map[string]any)["Digest"] = digest.FromString("another")
		}}),
		report: []string{"error media-type linux/arm64"},
	},
	testCase{
		name:   "no JSON",
		make:   func(s *fixture.Store) digest.Digest { return s.PutManifest(registry.OCIIndex, []byte("<html>")) },
		report: []string{"error media-type"},
	},
	testCase{
		name: "a field of another type",
		make: func(s *fixture.Store) digest.Digest {
			return s.PutManifest(registry.OCIIndex, []byte(`{"schemaVersion":2,"manifests":"none"}`))
		},
		report: []string{"error media-type"},
	},
)

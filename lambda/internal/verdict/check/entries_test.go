package check_test

import (
	"maps"

	"github.com/opencontainers/go-digest"
	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/lambda/internal/fixture"
	"archway/lambda/internal/image/index"
	"archway/lambda/internal/image/registry"
)

// attested is an index with attestations for both images, of which the second is changed.
func attested(change func(s *fixture.Store, a *specs.Descriptor)) func(*fixture.Store) digest.Digest {
	return func(s *fixture.Store) digest.Digest {
		amd64, arm64 := s.Linux("amd64", ""), s.Linux("arm64", "")
		one, two := s.Attest(amd64), s.Attest(arm64)
		two.Annotations = maps.Clone(two.Annotations)
		change(s, &two)
		return s.Index(amd64, arm64, one, two).Digest
	}
}

var _ = about("attestation-shape",
	testCase{name: "as BuildKit writes them", make: func(s *fixture.Store) digest.Digest { return s.Good().Digest }},
	testCase{
		name:   "no annotations",
		make:   attested(func(_ *fixture.Store, a *specs.Descriptor) { a.Annotations = nil }),
		report: []string{"error attestation-shape unknown/unknown"},
	},
	testCase{
		name:   "no digest",
		make:   attested(func(_ *fixture.Store, a *specs.Descriptor) { delete(a.Annotations, index.ReferenceDigest) }),
		report: []string{"error attestation-shape unknown/unknown"},
	},
	testCase{
		name: "another type",
		make: attested(func(_ *fixture.Store,
			a *specs.Descriptor) {
			a.Annotations[index.ReferenceType] = "something"
		}),
		report: []string{"error attestation-shape unknown/unknown"},
	},
	testCase{
		name: "about an image elsewhere",
		make: attested(func(_ *fixture.Store, a *specs.Descriptor) {
			a.Annotations[index.ReferenceDigest] = digest.FromString("elsewhere").String()
		}),
		report: []string{"error attestation-shape unknown/unknown"},
	},
	testCase{
		name: "under a platform that nodes pull",
		make: attested(func(_ *fixture.Store, a *specs.Descriptor) {
			a.Platform = &specs.Platform{OS: "linux", Architecture: "riscv64"}
		}),
		report: []string{"error attestation-shape linux/riscv64"},
	},
	testCase{
		name: "without a statement",
		make: attested(func(s *fixture.Store, a *specs.Descriptor) {
			other := s.Linux("unknown", "")
			a.Digest, a.Size = other.Digest, other.Size
		}),
		report: []string{"warning attestation-shape unknown/unknown"},
	},
)

var _ = about("nested",
	testCase{name: "flat", make: merged(nil)},
	testCase{
		name: "an index of another image",
		make: with(func(s *fixture.Store) []specs.Descriptor {
			return []specs.Descriptor{s.Index(s.Linux("s390x", ""))}
		}),
		want:   extra,
		report: []string{"error nested"},
	},
	testCase{
		name: "an index that says it is an image",
		make: merged(func(s *fixture.Store, _, arm64 *specs.Descriptor) {
			inner := s.Index(*arm64)
			inner.MediaType, inner.Platform = "", nil
			*arm64 = inner
		}),
		report: []string{"error media-type", "error nested"},
	},
)

// soci is an index of SOCI, which AWS's lazy loading reads, as an entry with the image's platform.
func soci(s *fixture.Store, architecture, variant string) specs.Descriptor {
	const soci = "application/vnd.amazon.soci.index.v2+json"
	d := s.Image(fixture.ImageSpec{
		Platform:  specs.Platform{OS: "linux", Architecture: architecture, Variant: variant},
		LayerType: "application/octet-stream",
		Manifest: func(doc map[string]any) {
			doc["artifactType"] = soci
			doc["config"].(map[string]any)["mediaType"] = specs.MediaTypeEmptyJSON
		},
	})
	d.ArtifactType = soci
	return d
}

var _ = about("cache-not-image",
	testCase{name: "images", make: merged(nil)},
	testCase{
		name: "an artifact without a platform",
		make: with(func(s *fixture.Store) []specs.Descriptor {
			artifact := s.Image(fixture.ImageSpec{LayerType: "application/vnd.example.sbom",
				Manifest: func(doc map[string]any) {
					doc["artifactType"] = "application/vnd.example"
					doc["config"].(map[string]any)["mediaType"] = specs.MediaTypeEmptyJSON
				}})
			artifact.Platform, artifact.ArtifactType = nil, "application/vnd.example"
			return []specs.Descriptor{artifact}
		}),
		report: []string{"info cache-not-image"},
	},
	testCase{
		name: "SOCI's indexes behind the images, as soci convert writes them",
		make: func(s *fixture.Store) digest.Digest {
			return s.Index(s.Linux("amd64", ""), s.Linux("arm64", ""), soci(s, "amd64", ""),
				soci(s, "arm64", "")).Digest
		},
		report: []string{"info cache-not-image linux/amd64", "info cache-not-image linux/arm64"},
	},
	testCase{
		name: "a SOCI index before the image, so that runtimes take it",
		make: func(s *fixture.Store) digest.Digest {
			return s.Index(s.Linux("amd64", ""), soci(s, "arm64", ""), s.Linux("arm64", "")).Digest
		},
		report: []string{"error cache-not-image linux/arm64", "error platform-dup linux/arm64"},
	},
	testCase{
		name: "a SOCI index in another spelling, which CRI-O looks for first",
		make: func(s *fixture.Store) digest.Digest {
			return s.Index(s.Linux("amd64", ""), s.Linux("arm64", ""), soci(s, "arm64", "v8")).Digest
		},
		report: []string{"error cache-not-image linux/arm64/v8", "error platform-dup linux/arm64/v8"},
	},
	testCase{
		name: "a SOCI index with the mark by which CRI-O takes the second",
		make: func(s *fixture.Store) digest.Digest {
			marked := soci(s, "arm64", "")
			marked.Annotations = map[string]string{index.ZstdAnnotation: "true"}
			return s.Index(s.Linux("amd64", ""), s.Linux("arm64", ""), marked).Digest
		},
		report: []string{"error cache-not-image linux/arm64", "error platform-dup linux/arm64"},
	},
	testCase{
		name: "a second image that calls itself an artifact",
		make: func(s *fixture.Store) digest.Digest {
			second := s.Linux("arm64", "")
			second.ArtifactType = "application/vnd.example"
			return s.Index(s.Linux("amd64", ""), s.Linux("arm64", ""), second).Digest
		},
		report: []string{"error platform-dup linux/arm64"},
	},
	testCase{
		name: "layers, as BuildKit exports its cache",
		make: with(func(s *fixture.Store) []specs.Descriptor {
			return []specs.Descriptor{
				{MediaType: specs.MediaTypeImageLayerGzip, Digest: s.PutBlob([]byte("a layer")), Size: 7},
				{MediaType: index.CacheConfig, Digest: s.PutBlob([]byte("{}")), Size: 2},
			}
		}),
		report: []string{"error cache-not-image", "error cache-not-image"},
	},
	testCase{
		name: "a cache's manifest under a platform",
		make: image(fixture.ImageSpec{Manifest: func(doc map[string]any) {
			doc["config"].(map[string]any)["mediaType"] = index.CacheConfig
		}}),
		report: []string{"error cache-not-image linux/arm64"},
	},
)

var _ = about("child-missing",
	testCase{name: "all there", make: merged(nil)},
	testCase{
		name:   "an image is gone",
		make:   merged(func(s *fixture.Store, _, arm64 *specs.Descriptor) { s.Forget(arm64.Digest) }),
		report: []string{"error child-missing linux/arm64"},
	},
	testCase{
		name:   "an attestation is gone",
		make:   attested(func(s *fixture.Store, a *specs.Descriptor) { s.Forget(a.Digest) }),
		report: []string{"error child-missing unknown/unknown"},
	},
)

var _ = about("limits",
	testCase{name: "ordinary sizes", make: merged(nil)},
	testCase{
		name: "an index of many megabytes",
		make: func(s *fixture.Store) digest.Digest {
			return s.PutManifest(registry.OCIIndex, make([]byte, registry.MaxManifest+1))
		},
		report: []string{"error limits"},
	},
	testCase{
		name: "a config of many megabytes",
		make: image(fixture.ImageSpec{Config: func(doc map[string]any) {
			doc["author"] = string(make([]byte, registry.MaxConfig))
		}}),
		report: []string{"error limits linux/arm64"},
	},
	testCase{
		name: "a manifest of many megabytes",
		make: image(fixture.ImageSpec{Manifest: func(doc map[string]any) {
			doc["annotations"] = map[string]any{"padding": string(make([]byte, registry.MaxManifest))}
		}}),
		report: []string{"error limits linux/arm64"},
	},
	testCase{
		name: "hundreds of entries",
		make: with(func(s *fixture.Store) []specs.Descriptor {
			artifact := s.Image(fixture.ImageSpec{Platform: specs.Platform{OS: "linux", Architecture: "arm"}})
			artifact.Platform, artifact.ArtifactType = nil, "application/vnd.example"
			many := make([]specs.Descriptor, index.MaxEntries)
			for n := range many {
				many[n] = artifact
			}
			return many
		}),
		report: append(repeat("info cache-not-image", 4), "error limits"), // three of them, and how many more
	},
	testCase{
		name: "hundreds of layers",
		make: image(fixture.ImageSpec{
			Manifest: func(doc map[string]any) { doc["layers"] = times(doc["layers"].([]any)[0], index.MaxLayers+1) },
			Config: func(doc map[string]any) {
				fs := doc["rootfs"].(map[string]any)
				fs["diff_ids"] = times(fs["diff_ids"].([]any)[0], index.MaxLayers+1)
			},
		}),
		report: []string{"error limits"},
	},
	testCase{
		name: "indexes many levels deep",
		make: with(func(s *fixture.Store) []specs.Descriptor {
			inner := s.Index()
			for range index.MaxDepth {
				inner = s.Index(inner)
			}
			return []specs.Descriptor{inner}
		}),
		report: append(repeat("error nested", index.MaxDepth), "error limits"),
	},
)

func repeat(s string, n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = s
	}
	return list
}

func times(v any, n int) []any {
	list := make([]any, n)
	for i := range list {
		list[i] = v
	}
	return list
}

package check_test

import (
	"github.com/opencontainers/go-digest"
	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/lambda/internal/fixture"
	lt "archway/lambda/internal/fixture/layertest"
	"archway/lambda/internal/image/index"
	"archway/lambda/internal/verdict/check"
)

// layerOf gives a layer of a manifest's document.
func layerOf(doc map[string]any, n int) map[string]any {
	return doc["layers"].([]any)[n].(map[string]any)
}

func parsed(s *fixture.Store, d digest.Digest) index.Body {
	return index.ParseManifest(s.Manifests[d].Bytes).Body
}

func configOf(doc map[string]any) map[string]any { return doc["config"].(map[string]any) }

var _ = about("descriptor",
	testCase{name: "true sizes and digests", make: merged(nil)},
	testCase{
		name:   "wrong size of an image's manifest",
		make:   document(func(doc map[string]any) { fixture.Entry(doc, 1)["size"] = 1 }),
		report: []string{"error descriptor linux/arm64"},
	},
	testCase{
		name:   "no digest",
		make:   document(func(doc map[string]any) { fixture.Entry(doc, 1)["digest"] = "sha256:short" }),
		report: []string{"error descriptor linux/arm64"},
	},
	testCase{
		name: "other bytes than the index's digest",
		make: func(s *fixture.Store) digest.Digest {
			good, other := s.Good(), s.Good()
			s.Replace(good.Digest, s.Manifests[other.Digest].Bytes)
			return good.Digest
		},
		report: []string{"error descriptor"},
	},
	testCase{
		name: "other bytes than the entry's digest",
		make: merged(func(s *fixture.Store, _, arm64 *specs.Descriptor) {
			s.Replace(arm64.Digest, s.Manifests[s.Linux("arm64", "").Digest].Bytes)
		}),
		report: []string{"error descriptor linux/arm64"},
	},
	testCase{
		name: "other bytes than the config's digest",
		make: merged(func(s *fixture.Store, _, arm64 *specs.Descriptor) {
			s.Replace(parsed(s, arm64.Digest).Config.Digest,
				s.Blobs[parsed(s, s.Linux("arm64", "").Digest).Config.Digest])
		}),
		report: []string{"error descriptor linux/arm64"},
	},
	testCase{
		name:   "wrong size of the config",
		make:   image(fixture.ImageSpec{Manifest: func(doc map[string]any) { configOf(doc)["size"] = 1 }}),
		report: []string{"error descriptor linux/arm64"},
	},
	testCase{
		name:   "no digest of the config",
		make:   image(fixture.ImageSpec{Manifest: func(doc map[string]any) { configOf(doc)["digest"] = "" }}),
		report: []string{"error descriptor linux/arm64"},
	},
	testCase{
		name:   "wrong size of a layer",
		make:   image(fixture.ImageSpec{Manifest: func(doc map[string]any) { layerOf(doc, 1)["size"] = 1 }}),
		report: []string{"error descriptor linux/arm64"},
	},
	testCase{
		name:   "negative size of a layer",
		make:   image(fixture.ImageSpec{Manifest: func(doc map[string]any) { layerOf(doc, 1)["size"] = -1 }}),
		report: []string{"error descriptor linux/arm64"},
	},
	testCase{name: "a copy of the manifest in the entry", make: embedding(func(b []byte) []byte { return b })},
	testCase{
		name:   "another copy of the manifest in the entry",
		make:   embedding(func([]byte) []byte { return []byte("{}") }),
		report: []string{"error descriptor linux/arm64"},
	},
	testCase{
		name:   "another copy of the config in its descriptor",
		make:   image(fixture.ImageSpec{Manifest: func(doc map[string]any) { configOf(doc)["data"] = []byte("{}") }}),
		report: []string{"error descriptor linux/arm64"},
	},
	testCase{
		name:   "another copy of a layer in its descriptor",
		make:   image(fixture.ImageSpec{Manifest: func(doc map[string]any) { layerOf(doc, 1)["data"] = []byte("{}") }}),
		report: []string{"error descriptor linux/arm64"},
	},
	testCase{
		name:   "no digest of a layer",
		make:   image(fixture.ImageSpec{Manifest: func(doc map[string]any) { layerOf(doc, 1)["digest"] = "sha256:?" }}),
		report: []string{"error descriptor linux/arm64"},
	},
)

// embedding puts a copy of the arm64 image's manifest, changed, into its entry.
func embedding(change func([]byte) []byte) func(*fixture.Store) digest.Digest {
	return merged(func(s *fixture.Store, _, arm64 *specs.Descriptor) {
		arm64.Data = change(s.Manifests[arm64.Digest].Bytes)
	})
}

var _ = about("layer-type",
	testCase{name: "gzip", make: merged(nil)},
	testCase{name: "zstd in an OCI image", make: image(fixture.ImageSpec{LayerType: specs.MediaTypeImageLayerZstd})},
	testCase{name: "plain", make: image(fixture.ImageSpec{LayerType: specs.MediaTypeImageLayer})},
	testCase{
		name:   "gzip under OCI's type of a plain archive",
		make:   image(fixture.ImageSpec{LayerType: specs.MediaTypeImageLayer, Compress: lt.Gzip}),
		report: []string{"error layer-type linux/arm64", "error layer-type linux/arm64"},
	},
	testCase{
		name:   "zstd under OCI's type of a plain archive",
		make:   image(fixture.ImageSpec{LayerType: specs.MediaTypeImageLayer, Compress: asZstd}),
		report: []string{"error layer-type linux/arm64", "error layer-type linux/arm64"},
	},
	testCase{name: "zstd under the type of gzip", make: image(fixture.ImageSpec{Compress: asZstd})},
	testCase{
		name: "gzip under the type of zstd",
		make: image(fixture.ImageSpec{LayerType: specs.MediaTypeImageLayerZstd, Compress: lt.Gzip}),
	},
	testCase{name: "a plain archive under the type of gzip", make: image(fixture.ImageSpec{Compress: asItIs})},
	testCase{
		name: "a plain archive under the type of zstd",
		make: image(fixture.ImageSpec{LayerType: specs.MediaTypeImageLayerZstd, Compress: asItIs}),
	},
	testCase{
		name: "gzip under Docker's type of a plain archive, which is looked into",
		make: func(s *fixture.Store) digest.Digest {
			return s.DockerList(dockerImage(s, fixture.AMD64), s.Image(fixture.ImageSpec{
				Docker: true, Platform: fixture.ARM64, LayerType: "application/vnd.docker.image.rootfs.diff.tar",
				Compress: lt.Gzip,
			})).Digest
		},
	},
	testCase{
		name: "zstd in a Docker image",
		make: func(s *fixture.Store) digest.Digest {
			return s.DockerList(dockerImage(s, fixture.AMD64),
				s.Image(fixture.ImageSpec{Docker: true, Platform: fixture.ARM64,
					LayerType: "application/vnd.docker.image.rootfs.diff.tar.zstd"})).Digest
		},
		report: []string{"error layer-type linux/arm64", "error layer-type linux/arm64"},
	},
	testCase{
		name:   "foreign",
		make:   image(fixture.ImageSpec{LayerType: "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip"}),
		report: []string{"error layer-type linux/arm64", "error layer-type linux/arm64"},
	},
	testCase{
		name: "foreign, of Windows",
		make: with(func(s *fixture.Store) []specs.Descriptor {
			return []specs.Descriptor{s.Image(fixture.ImageSpec{Platform: windows,
				LayerType: "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip"})}
		}),
		want: extra,
		report: []string{"warning layer-type windows/amd64 10.0.20348.2700",
			"warning layer-type windows/amd64 10.0.20348.2700"},
	},
	testCase{
		name: "encrypted",
		make: image(fixture.ImageSpec{Manifest: func(doc map[string]any) {
			layerOf(doc,
				1)["mediaType"] = specs.MediaTypeImageLayerGzip + "+encrypted"
		}}),
		report: []string{"error layer-type linux/arm64"},
	},
	testCase{
		name:   "none",
		make:   image(fixture.ImageSpec{Manifest: func(doc map[string]any) { delete(layerOf(doc, 0), "mediaType") }}),
		report: []string{"error layer-type linux/arm64"},
	},
)

func asItIs(b []byte) []byte { return b }

func asZstd(b []byte) []byte { return lt.Zstd(b) }

var _ = about("layer-missing",
	testCase{name: "all there", make: merged(nil)},
	testCase{
		name: "a layer is gone",
		make: image(fixture.ImageSpec{Manifest: func(doc map[string]any) {
			layerOf(doc, 0)["digest"] = digest.FromString("gone")
		}}),
		report: []string{"error layer-missing linux/arm64"},
	},
	testCase{
		name: "the config is gone",
		make: image(fixture.ImageSpec{Manifest: func(doc map[string]any) {
			configOf(doc)["digest"] = digest.FromString("gone")
		}}),
		report: []string{"error layer-missing linux/arm64"},
	},
	testCase{
		name: "an attestation's statement is gone",
		make: attested(func(s *fixture.Store, a *specs.Descriptor) {
			s.Forget(parsed(s, a.Digest).Layers[0].Digest)
		}),
		report: []string{"error layer-missing unknown/unknown"},
	},
)

var _ = about("config-platform",
	testCase{name: "the same", make: merged(nil)},
	testCase{
		name: "no variant against v8",
		make: image(fixture.ImageSpec{Config: func(doc map[string]any) { doc["variant"] = "v8" }}),
	},
	testCase{
		name: "v8 against no variant",
		make: image(fixture.ImageSpec{
			Platform: specs.Platform{OS: "linux", Architecture: "arm64", Variant: "v8"},
			Config:   func(doc map[string]any) { delete(doc, "variant") },
		}),
	},
	testCase{
		name:   "another architecture",
		make:   image(fixture.ImageSpec{Config: func(doc map[string]any) { doc["architecture"] = "amd64" }}),
		report: []string{"error config-platform linux/arm64"},
	},
	testCase{
		name:   "another architecture under a key of another case",
		make:   image(fixture.ImageSpec{Config: func(doc map[string]any) { doc["Architecture"] = "amd64" }}),
		report: []string{"error config-platform linux/arm64"},
	},
	testCase{
		name:   "another entrypoint under a key of another case",
		make:   image(fixture.ImageSpec{Run: func(run map[string]any) { run["EntryPoint"] = []any{"/other"} }}),
		report: []string{"error config-platform linux/arm64"},
	},
	testCase{
		name:   "another operating system",
		make:   image(fixture.ImageSpec{Config: func(doc map[string]any) { doc["os"] = "windows" }}),
		report: []string{"error config-platform linux/arm64"},
	},
	testCase{
		name:   "a newer variant than offered",
		make:   image(fixture.ImageSpec{Config: func(doc map[string]any) { doc["variant"] = "v9" }}),
		report: []string{"error config-platform linux/arm64"},
	},
	testCase{
		name:   "none",
		make:   image(fixture.ImageSpec{Config: func(doc map[string]any) { delete(doc, "architecture") }}),
		report: []string{"error config-platform linux/arm64"},
	},
	testCase{
		name:   "no config",
		make:   image(fixture.ImageSpec{Manifest: func(doc map[string]any) { delete(doc, "config") }}),
		report: []string{"error config-platform linux/arm64"},
	},
	testCase{
		name:   "a config that can't be read",
		make:   image(fixture.ImageSpec{Config: func(doc map[string]any) { doc["os"] = 5 }}),
		report: []string{"error config-platform linux/arm64"},
	},
	testCase{name: "no time of its creation", make: configured("created", nil)},
	testCase{name: "a time of another zone", make: configured("created", "1970-01-01T00:00:00.5+05:30")},
	testCase{
		name: "a history",
		make: configured("history", []any{map[string]any{"created": fixture.Created, "empty_layer": true}}),
	},
	testCase{name: "a field that nobody decodes", make: configured("x-parent", map[string]any{"created": 5})},
	testCase{name: "a time in words", make: configured("created", "yesterday"), report: wrongConfig},
	testCase{name: "a time without a zone", make: configured("created", "2026-03-04T05:06:07"), report: wrongConfig},
	testCase{name: "an empty time", make: configured("created", ""), report: wrongConfig},
	testCase{name: "a time as a number", make: configured("created", 1_700_000_000), report: wrongConfig},
	testCase{
		name:   "a time in words in the history",
		make:   configured("history", []any{map[string]any{"created": "yesterday"}}),
		report: wrongConfig,
	},
	testCase{name: "a history that is no list", make: configured("history", map[string]any{}), report: wrongConfig},
	testCase{name: "an author that is no text", make: configured("author", []any{"me"}), report: wrongConfig},
	testCase{
		name:   "a word where true or false belongs",
		make:   image(fixture.ImageSpec{Run: func(run map[string]any) { run["ArgsEscaped"] = "yes" }}),
		report: wrongConfig,
	},
	testCase{
		name: "a health check as Docker writes it",
		make: image(fixture.ImageSpec{Run: func(run map[string]any) {
			run["Healthcheck"] = map[string]any{"Test": []any{"CMD", "true"}, "Interval": 5_000_000_000, "Retries": 3}
		}}),
	},
	testCase{
		name: "a health check that Docker can't read",
		make: image(
			fixture.ImageSpec{Run: func(run map[string]any) { run["Healthcheck"] = map[string]any{"Interval": "5s"} }}),
		report: []string{"warning config-platform linux/arm64"},
	},
)

var wrongConfig = []string{"error config-platform linux/arm64"}

// configured is an index in which the arm64 image's config has another value in a field.
func configured(field string, value any) func(*fixture.Store) digest.Digest {
	return image(fixture.ImageSpec{Config: func(doc map[string]any) { doc[field] = value }})
}

var _ = about("rootfs",
	testCase{name: "as many", make: merged(nil)},
	testCase{
		name: "no layers at all",
		make: image(fixture.ImageSpec{
			Manifest: func(doc map[string]any) { doc["layers"] = []any{} },
			Config:   func(doc map[string]any) { doc["rootfs"].(map[string]any)["diff_ids"] = []any{} },
		}),
		report: []string{"error entry-elf linux/arm64"},
	},
	testCase{
		name: "a layer too many in the manifest",
		make: image(fixture.ImageSpec{
			Manifest: func(doc map[string]any) { doc["layers"] = append(doc["layers"].([]any), layerOf(doc, 0)) }}),
		report: []string{"error rootfs linux/arm64"},
	},
	testCase{
		name: "another type",
		make: image(
			fixture.ImageSpec{Config: func(doc map[string]any) { doc["rootfs"].(map[string]any)["type"] = "files" }}),
		report: []string{"error rootfs linux/arm64"},
	},
	testCase{
		name: "no digest",
		make: image(fixture.ImageSpec{
			Config: func(doc map[string]any) { doc["rootfs"].(map[string]any)["diff_ids"].([]any)[1] = "x" }}),
		report: []string{"error rootfs linux/arm64"},
	},
)

var otherCommit = "fedcba9876543210fedcba9876543210fedcba98"

func label(revision string) func(map[string]any) {
	return func(run map[string]any) { run["Labels"] = map[string]any{index.RevisionLabel: revision} }
}

func unlabeled(run map[string]any) { delete(run, "Labels") }

func annotated(revision string) func(*fixture.Store) digest.Digest {
	return document(func(doc map[string]any) {
		doc["annotations"] = map[string]any{index.RevisionLabel: revision}
		if revision == "" {
			delete(doc, "annotations")
		}
	})
}

var expected = check.Want{Revision: fixture.Revision}

var _ = about("same-revision",
	testCase{name: "the expected one", make: merged(nil), want: expected},
	testCase{name: "none anywhere", make: func(s *fixture.Store) digest.Digest {
		return s.Index(s.Image(fixture.ImageSpec{Platform: fixture.AMD64, Run: unlabeled}),
			s.Image(fixture.ImageSpec{Platform: fixture.ARM64, Run: unlabeled})).Digest
	}},
	testCase{
		name:   "two commits",
		make:   image(fixture.ImageSpec{Run: label(otherCommit)}),
		report: []string{"error same-revision linux/arm64"},
	},
	testCase{
		name:   "one image doesn't say",
		make:   image(fixture.ImageSpec{Run: unlabeled}),
		report: []string{"warning same-revision linux/arm64"},
	},
	testCase{
		name:   "the index says another",
		make:   annotated(otherCommit),
		report: []string{"error same-revision"},
	},
	testCase{
		name:   "an unexpected one",
		make:   image(fixture.ImageSpec{Run: label(otherCommit)}),
		want:   expected,
		report: []string{"error same-revision linux/arm64"},
	},
	testCase{
		name:   "an expected one that one image doesn't say",
		make:   image(fixture.ImageSpec{Run: unlabeled}),
		want:   expected,
		report: []string{"error same-revision linux/arm64"},
	},
	testCase{
		name:   "an expected one that the index denies",
		make:   annotated(otherCommit),
		want:   expected,
		report: []string{"error same-revision"},
	},
	testCase{
		name:   "an expected one that the index doesn't say",
		make:   annotated(""),
		want:   expected,
		report: []string{"warning same-revision"},
	},
	testCase{
		name: "an expected one that a Docker list can't say",
		make: func(s *fixture.Store) digest.Digest {
			return s.DockerList(dockerImage(s, fixture.AMD64), dockerImage(s, fixture.ARM64)).Digest
		},
		want: expected,
	},
	testCase{
		name: "a build's result that isn't there",
		make: merged(nil),
		builds: func(*fixture.Store, digest.Digest) map[string]digest.Digest {
			return map[string]digest.Digest{"linux/arm64": digest.FromString("never pushed")}
		},
		report: []string{"error same-revision linux/arm64"},
	},
	testCase{
		name: "the builds' own images",
		make: merged(nil),
		builds: func(s *fixture.Store, root digest.Digest) map[string]digest.Digest {
			entries := parsed(s, root).Manifests
			return map[string]digest.Digest{"linux/amd64": entries[0].Digest, "linux/arm64": entries[1].Digest}
		},
	},
	testCase{
		name: "images and attestations out of the builds' indexes",
		make: func(s *fixture.Store) digest.Digest { return s.Good().Digest },
		builds: func(s *fixture.Store, root digest.Digest) map[string]digest.Digest {
			entries := parsed(s, root).Manifests
			return map[string]digest.Digest{"linux/amd64": s.Index(entries[0], entries[2]).Digest,
				"linux/arm64": s.Index(entries[1], entries[3]).Digest}
		},
	},
	testCase{
		name: "an attestation of another run",
		make: func(s *fixture.Store) digest.Digest { return s.Good().Digest },
		builds: func(s *fixture.Store, root digest.Digest) map[string]digest.Digest {
			entries := parsed(s, root).Manifests
			return map[string]digest.Digest{"linux/amd64": s.Index(entries[0], entries[2]).Digest,
				"linux/arm64": entries[1].Digest}
		},
		report: []string{"error same-revision unknown/unknown"},
	},
	testCase{
		name: "a build's index in which the image stands for another platform",
		make: merged(nil),
		builds: func(s *fixture.Store, root digest.Digest) map[string]digest.Digest {
			entries := parsed(s, root).Manifests
			both := s.IndexWith(func(doc map[string]any) {
				fixture.Entry(doc, 0)["platform"] = fixture.ARM64
			}, entries[0]).Digest
			return map[string]digest.Digest{"linux/amd64": both, "linux/arm64": entries[1].Digest}
		},
		report: []string{"error same-revision linux/amd64"},
	},
	testCase{
		name: "the image of another run",
		make: merged(nil),
		builds: func(s *fixture.Store, root digest.Digest) map[string]digest.Digest {
			return map[string]digest.Digest{"linux/amd64": parsed(s, root).Manifests[0].Digest,
				"linux/arm64": s.Linux("arm64", "").Digest}
		},
		report: []string{"error same-revision linux/arm64"},
	},
	testCase{
		name: "the two builds swapped",
		make: merged(nil),
		builds: func(s *fixture.Store, root digest.Digest) map[string]digest.Digest {
			entries := parsed(s, root).Manifests
			return map[string]digest.Digest{"linux/amd64": entries[1].Digest, "linux/arm64": entries[0].Digest}
		},
		report: []string{"error same-revision linux/amd64", "error same-revision linux/arm64"},
	},
)

var _ = about("config-parity",
	testCase{name: "the same", make: merged(nil)},
	testCase{
		name: "another value of a variable",
		make: image(fixture.ImageSpec{Run: func(run map[string]any) { run["Env"] = []any{"PATH=/usr/bin"} }}),
	},
	testCase{
		name:   "another entrypoint",
		make:   image(fixture.ImageSpec{Run: func(run map[string]any) { run["Entrypoint"] = []any{"/app", "-x"} }}),
		report: []string{"warning config-parity linux/arm64"},
	},
	testCase{
		name: "other user, ports and variables are one finding",
		make: image(fixture.ImageSpec{Run: func(run map[string]any) {
			run["User"], run["ExposedPorts"], run["Env"] = "", map[string]any{"80/tcp": map[string]any{}},
				[]any{"PATH=/bin", "MORE=1"}
		}}),
		report: []string{"warning config-parity linux/arm64"},
	},
)

// lone is an image without an index around it.
func lone(spec fixture.ImageSpec) func(*fixture.Store) digest.Digest {
	return func(s *fixture.Store) digest.Digest {
		spec.Platform = fixture.AMD64
		return s.Image(spec).Digest
	}
}

var _ = about("descriptor",
	testCase{
		name: "a single image's layer",
		make: lone(fixture.ImageSpec{
			Manifest: func(doc map[string]any) { doc["layers"].([]any)[0].(map[string]any)["size"] = 5 }}),
		report: []string{"error descriptor linux/amd64", "error tag-is-index"},
	},
	testCase{
		name: "a single image's config",
		make: lone(
			fixture.ImageSpec{Manifest: func(doc map[string]any) { doc["config"].(map[string]any)["size"] = 5 }}),
		report: []string{"error descriptor linux/amd64", "error tag-is-index"},
	},
	testCase{
		name: "a single image that is another",
		make: func(s *fixture.Store) digest.Digest {
			image, other := s.Linux("amd64", ""), s.Linux("amd64", "")
			s.Replace(image.Digest, s.Manifests[other.Digest].Bytes)
			return image.Digest
		},
		report: []string{"error descriptor", "error tag-is-index"},
	},
)

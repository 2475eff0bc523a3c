package check_test

import (
	"github.com/opencontainers/go-digest"
	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/lambda/internal/fixture"
	"archway/lambda/internal/image/index"
)

func dockerImage(s *fixture.Store, p specs.Platform) specs.Descriptor {
	return s.Image(fixture.ImageSpec{Platform: p, Docker: true})
}

var _ = about("mixed-family",
	testCase{name: "all OCI", make: merged(nil)},
	testCase{
		name: "all Docker, as docker manifest makes it",
		make: func(s *fixture.Store) digest.Digest {
			return s.DockerList(dockerImage(s, fixture.AMD64),
				dockerImage(s, specs.Platform{OS: "linux", Architecture: "arm64", Variant: "v8"})).Digest
		},
	},
	testCase{
		name: "an OCI index of Docker images only, as crane index append can make it",
		make: func(s *fixture.Store) digest.Digest {
			return s.Index(dockerImage(s, fixture.AMD64), dockerImage(s, fixture.ARM64)).Digest
		},
		report: []string{"warning mixed-family"},
	},
	testCase{
		name: "one image of each family",
		make: func(s *fixture.Store) digest.Digest {
			return s.Index(s.Linux("amd64", ""), dockerImage(s, fixture.ARM64)).Digest
		},
		report: []string{"error mixed-family"},
	},
	testCase{
		name: "a Docker list of OCI images",
		make: func(s *fixture.Store) digest.Digest {
			return s.DockerList(s.Linux("amd64", ""), s.Linux("arm64", "")).Digest
		},
		report: []string{"error mixed-family linux/amd64"},
	},
	testCase{
		name:   "a Docker layer in an OCI image",
		make:   image(fixture.ImageSpec{LayerType: "application/vnd.docker.image.rootfs.diff.tar.gzip"}),
		report: []string{"warning mixed-family linux/arm64"},
	},
	testCase{
		name: "an OCI layer in a Docker image",
		make: func(s *fixture.Store) digest.Digest {
			return s.DockerList(dockerImage(s, fixture.AMD64),
				s.Image(fixture.ImageSpec{Platform: fixture.ARM64, Docker: true,
					LayerType: specs.MediaTypeImageLayerGzip})).Digest
		},
		report: []string{"error mixed-family linux/arm64"},
	},
	testCase{
		name: "an OCI config in a Docker image",
		make: func(s *fixture.Store) digest.Digest {
			return s.DockerList(dockerImage(s, fixture.AMD64),
				s.Image(fixture.ImageSpec{Platform: fixture.ARM64, Docker: true, Manifest: func(doc map[string]any) {
					doc["config"].(map[string]any)["mediaType"] = index.OCIConfig
				}})).Digest
		},
		report: []string{"warning mixed-family linux/arm64"},
	},
	testCase{
		name: "a Docker config in an OCI image",
		make: image(fixture.ImageSpec{Manifest: func(doc map[string]any) {
			doc["config"].(map[string]any)["mediaType"] = index.DockerConfig
		}}),
		report: []string{"error mixed-family linux/arm64"},
	},
)

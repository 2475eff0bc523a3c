package check_test

import (
	"github.com/opencontainers/go-digest"
	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/lambda/internal/fixture"
)

// nydus is an image that only nydus unpacks, as nydusify puts it beside the ordinary one.
func nydus(s *fixture.Store, architecture string) specs.Descriptor {
	d := s.Image(fixture.ImageSpec{
		Platform:  specs.Platform{OS: "linux", Architecture: architecture},
		LayerType: "application/vnd.oci.image.layer.nydus.blob.v1",
	})
	d.Platform = &specs.Platform{OS: "linux", Architecture: architecture, OSFeatures: []string{"nydus.remoteimage.v1"}}
	return d
}

var _ = about("cache-not-image",
	testCase{
		name: "nydus images behind the ordinary ones",
		make: func(s *fixture.Store) digest.Digest {
			return s.Index(s.Linux("amd64", ""), nydus(s, "amd64"), s.Linux("arm64", ""), nydus(s, "arm64")).Digest
		},
		report: []string{"info cache-not-image linux/amd64 +nydus.remoteimage.v1",
			"info cache-not-image linux/arm64 +nydus.remoteimage.v1"},
	},
	testCase{
		name: "nydus images alone",
		make: func(s *fixture.Store) digest.Digest { return s.Index(s.Linux("amd64", ""), nydus(s, "arm64")).Digest },
		report: []string{
			"error platform-set linux/arm64", "error platform-set linux/arm64 +nydus.remoteimage.v1",
			"error layer-type linux/arm64 +nydus.remoteimage.v1",
			"error layer-type linux/arm64 +nydus.remoteimage.v1",
		},
	},
)

package index

import (
	"strings"

	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/lambda/internal/image/registry"
)

// Media types beyond those of manifests, which package registry names.
const (
	DockerConfig = "application/vnd.docker.container.image.v1+json"
	OCIConfig    = specs.MediaTypeImageConfig
	CacheConfig  = "application/vnd.buildkit.cacheconfig.v0"
	InToto       = "application/vnd.in-toto+json"

	dockerPrefix = "application/vnd.docker."
	ociPrefix    = "application/vnd.oci."
)

// Family is whose media types a document uses.
type Family string

// The two families, and none: a type that neither Docker nor OCI defined, such as an attestation's.
const (
	Docker Family = "Docker"
	OCI    Family = "OCI"
	None   Family = ""
)

// FamilyOf tells whose media type this is.
func FamilyOf(mediaType string) Family {
	switch {
	case strings.HasPrefix(mediaType, dockerPrefix):
		return Docker
	case strings.HasPrefix(mediaType, ociPrefix):
		return OCI
	default:
		return None
	}
}

// IsIndexType reports whether this is the media type of an index.
func IsIndexType(mediaType string) bool {
	return mediaType == registry.OCIIndex || mediaType == registry.DockerList
}

// IsManifestType reports whether this is the media type of an image manifest.
func IsManifestType(mediaType string) bool {
	return mediaType == registry.OCIManifest || mediaType == registry.DockerManifest
}

// IsSchema1Type reports whether this is the media type of a schema 1 manifest.
func IsSchema1Type(mediaType string) bool {
	return mediaType == registry.DockerSchema1 || mediaType == registry.DockerSchema1JW
}

// IsConfigType reports whether this is the media type of an image's config.
func IsConfigType(mediaType string) bool {
	return mediaType == OCIConfig || mediaType == DockerConfig
}

// IsForeignLayer reports whether a layer may be kept outside the registry.
func IsForeignLayer(mediaType string) bool {
	return strings.HasPrefix(mediaType, "application/vnd.oci.image.layer.nondistributable.") ||
		strings.HasPrefix(mediaType, "application/vnd.docker.image.rootfs.foreign.")
}

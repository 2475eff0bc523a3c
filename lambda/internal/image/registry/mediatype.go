package registry

import "strings"

// Media types of manifests.
const (
	OCIIndex        = "application/vnd.oci.image.index.v1+json"
	OCIManifest     = "application/vnd.oci.image.manifest.v1+json"
	DockerList      = "application/vnd.docker.distribution.manifest.list.v2+json"
	DockerManifest  = "application/vnd.docker.distribution.manifest.v2+json"
	DockerSchema1   = "application/vnd.docker.distribution.manifest.v1+json"
	DockerSchema1JW = "application/vnd.docker.distribution.manifest.v1+prettyjws"
)

// accept is sent with every request for a manifest. Indexes come first, and all formats are named,
// so that no registry translates what it stores into a format that we didn't leave out. Schema 1 is
// asked for only to be able to say so.
var accept = strings.Join([]string{OCIIndex, DockerList, OCIManifest, DockerManifest, DockerSchema1JW, DockerSchema1},
	", ")

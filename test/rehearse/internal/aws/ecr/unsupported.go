package ecr

import (
	"encoding/json"
	"fmt"
)

// attestation marks what BuildKit writes about an image if it writes it as an OCI artifact.
const attestation = "application/vnd.docker.attestation.manifest.v1+json"

// unsupported tells of a manifest that ECR refuses: an attestation of BuildKit with a subject.
// Signatures that refer to an image it takes.
// https://github.com/moby/buildkit/issues/5747, https://github.com/moby/buildkit/issues/6171
func unsupported(manifest []byte) error {
	var body struct {
		ArtifactType string          `json:"artifactType"`
		Subject      json.RawMessage `json:"subject"`
	}
	// Who can't read it finds out why elsewhere.
	_ = json.Unmarshal(manifest, &body)
	if body.ArtifactType != attestation || len(body.Subject) == 0 {
		return nil
	}
	return fmt.Errorf(
		"ECR takes no manifest with a subject and the artifactType %s: export the image with oci-artifact=false",
		attestation)
}

package index

import (
	"slices"

	specs "github.com/opencontainers/image-spec/specs-go/v1"
)

// PredicateType is BuildKit's annotation of an in-toto statement's layer
// (https://docs.docker.com/build/metadata/attestations/attestation-storage/).
const PredicateType = "in-toto.io/predicate-type"

// About reports whether an attestation in the index says that it is about an image: by BuildKit's
// annotation, or by the manifest's subject, as OCI 1.1 has it.
func (e *Entry) About(image *Entry) bool {
	if e.Role() != RoleAttestation {
		return false
	}
	of := image.Descriptor.Digest
	if e.Descriptor.Annotations[ReferenceDigest] == of.String() {
		return true
	}
	return e.Manifest != nil && e.Manifest.Body.Subject != nil && e.Manifest.Body.Subject.Digest == of
}

// Statements are the layers of an attestation's manifest that hold in-toto statements.
func (e *Entry) Statements() []specs.Descriptor {
	if e.Manifest == nil || e.Manifest.Shape() != ShapeManifest {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(e.Manifest.Body.Layers),
		func(d specs.Descriptor) bool { return d.MediaType != InToto })
}

// Predicates are the types of the statements about an image that the index says to hold, each once.
func (i *Image) Predicates(image *Entry) []string {
	var found []string
	for _, e := range i.Attestations() {
		if !e.About(image) {
			continue
		}
		for _, d := range e.Statements() {
			if kind := d.Annotations[PredicateType]; kind != "" && !slices.Contains(found, kind) {
				found = append(found, kind)
			}
		}
	}
	return found
}

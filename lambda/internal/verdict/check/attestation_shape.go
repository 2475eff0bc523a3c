package check

import (
	"slices"

	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/lambda/internal/image/index"
)

// attestationShape refuses entries for unknown/unknown that don't say what they are about, or are
// about an image that isn't in the index (zui#475). BuildKit writes two annotations: the type, and
// the digest of the image's manifest.
var attestationShape = Check{Name: "attestation-shape",
	About: "an attestation that doesn't say what it is about, or is about another image",
	run: func(in Input, r *report) {
		for _, e := range in.Image.Attestations() {
			attestation(in.Image, e, r)
		}
	}}

func attestation(i *index.Image, e *index.Entry, r *report) {
	attestationCure := r.place.remerge(
		"merge again from the digests that the builds reported: each brings its own attestation along")
	kind, of := e.Descriptor.Annotations[index.ReferenceType], e.Descriptor.Annotations[index.ReferenceDigest]
	switch {
	case kind == "" && of == "":
		r.add(Error, about(e), attestationCure,
			"the entry %s is for unknown/unknown and doesn't say what it is, expected the annotations %s and %s; probably an attestation was copied without its annotations, or an image without its platform",
			e.Where, index.ReferenceType, index.ReferenceDigest)
		return
	case kind != index.Attestation:
		r.add(Error, about(e), attestationCure, "the annotation %s of entry %s is %q, expected %q", index.ReferenceType,
			e.Where, kind, index.Attestation)
	case of == "":
		r.add(Error, about(e), attestationCure,
			"the attestation %s doesn't say which image it is about, expected the annotation %s", e.Where,
			index.ReferenceDigest)
		return
	}
	if !e.UnknownPlatform() {
		r.add(Error, about(e), attestationCure,
			"the attestation %s names the platform %s, expected unknown/unknown; nodes can pull it as if it were an image",
			e.Where, or(index.Name(e.Descriptor.Platform), "none"))
	}
	if of != "" &&
		!slices.ContainsFunc(i.Entries,
			func(o *index.Entry) bool { return o.Descriptor.Digest.String() == of && o.Role() == index.RoleImage }) {
		r.add(Error, about(e), attestationCure,
			"the attestation %s is about %s, which is no image of this index; it was probably left behind when the image was replaced",
			e.Where, Short(of))
	}
	if m := e.Manifest; m != nil && m.Shape() == index.ShapeManifest &&
		!slices.ContainsFunc(m.Body.Layers, func(l specs.Descriptor) bool { return l.MediaType == index.InToto }) {
		r.add(Warning, about(e), attestationCure, "the attestation %s holds no in-toto statement (%s)", e.Where,
			index.InToto)
	}
}

package check

import (
	"strings"

	"archway/lambda/internal/image/index"
)

// mediaType refuses documents whose declared type is missing, contradicts another declaration or
// their content, or is schema 1. Runtimes choose how to read a manifest by its declared type:
// containerd by the Content-Type header and then by the body, Docker by the body (apko#138,
// rules_oci#496; for ambiguous bodies see CVE-2021-41190).
var mediaType = Check{Name: "media-type",
	About: "the declared type is missing, contradicts the content, or is schema 1", run: func(in Input, r *report) {
		i := in.Image
		if i.Root != nil {
			document(r, root(i), i.Root, "")
		}
		seen := map[*index.Manifest]bool{i.Root: true}
		for _, e := range i.Entries {
			if e.Manifest == nil && e.Descriptor.MediaType == "" && !i.Single {
				missingInDescriptor(r, e)
			}
			if e.Manifest == nil || seen[e.Manifest] {
				continue
			}
			seen[e.Manifest] = true
			if e.Descriptor.MediaType == "" {
				missingInDescriptor(r, e)
			}
			document(r, about(e), e.Manifest, e.Descriptor.MediaType)
		}
	}}

func missingInDescriptor(r *report, e *index.Entry) {
	r.add(Error, about(e), r.place.rewrite(),
		"the index's entry %s declares no media type, expected that of an image manifest", e.Where)
}

// document judges one manifest or index. listed is the type under which an index lists it, if one
// does.
func document(r *report, s Subject, m *index.Manifest, listed string) {
	if m.Err != nil {
		r.add(Error, s, r.place.remerge("push it again"),
			"%s a document that can't be read: %s; expected an image index or manifest", r.place.holds(), m.Err)
		return
	}
	body := m.Body
	shape := m.Shape()
	if len(m.Ambiguous) > 0 {
		r.add(Error, s, r.place.rewrite(),
			"two tools can read two different images from the document: %s", strings.Join(m.Ambiguous, "; "))
	}
	switch {
	case shape == index.ShapeAmbiguous:
		r.add(Error, s, r.place.rewrite(),
			"the document lists both manifests and layers, so that some tools take it for an index and others for an "+
				"image; expected one of the two")
		return
	case shape == index.ShapeSchema1 || index.IsSchema1Type(body.MediaType) || index.IsSchema1Type(m.ContentType):
		r.add(Error, s, r.place.rebuild(" with a current tool"),
			"this is a schema 1 manifest, which current runtimes refuse; expected an OCI or Docker schema 2 manifest")
		return
	case body.SchemaVersion != 2 && shape != index.ShapeUnknown:
		r.add(Error, s, r.place.rewrite(), "the document has the schema version %d, expected 2", body.SchemaVersion)
	}

	switch {
	case body.MediaType == "" && index.FamilyOf(or(listed, m.ContentType)) == index.Docker:
		r.add(Error, s, r.place.rewrite(),
			"the document itself declares no media type, which Docker's format requires; expected %s",
			or(listed, m.ContentType))
	case body.MediaType == "" && shape == index.ShapeUnknown:
		r.add(Error, s, r.place.rewrite(),
			"the document declares no media type and has neither an index's list of manifests nor an image's layers")
		return
	case body.MediaType == "":
		r.add(Warning, s, r.place.rewrite(),
			"the document itself declares no media type; OCI allows that, but recommends %s", expectedType(shape))
	case shape == index.ShapeIndex && !index.IsIndexType(body.MediaType),
		shape == index.ShapeManifest && !index.IsManifestType(body.MediaType):
		r.add(Error, s, r.place.rewrite(),
			"the document declares the type %s but its content is %s", body.MediaType, shape.Named())
	}
	switch {
	case m.ContentType == "" && r.place == Folder: // where none is declared but by documents
	case m.ContentType == "":
		r.add(Error, s, "have the registry store and serve the type that the manifest was pushed with",
			"the registry serves it without a media type (Content-Type header), expected %s",
			or(body.MediaType, expectedType(shape)))
	case body.MediaType != "" && body.MediaType != m.ContentType,
		body.MediaType == "" && shape == index.ShapeIndex != index.IsIndexType(m.ContentType):
		cause := "it was probably pushed with the wrong Content-Type"
		if r.place == Folder {
			cause = "its index.json was probably written by hand"
		}
		r.add(Error, s, r.place.remerge("push it again with its own type"),
			"%s it as %s but the document is %s; %s", r.place.holds(), m.ContentType, or(body.MediaType, shape.Named()),
			cause)
	}
	if listed != "" && body.MediaType != "" && listed != body.MediaType {
		r.add(Error, s, r.place.rewrite(),
			"the index lists it as %s but the manifest says %s; runtimes that trust the entry can't read it",
			listed, body.MediaType)
	}
}

func expectedType(shape index.Shape) string {
	if shape == index.ShapeIndex {
		return "application/vnd.oci.image.index.v1+json"
	}
	return "application/vnd.oci.image.manifest.v1+json"
}

func or(s, otherwise string) string {
	if s != "" {
		return s
	}
	return otherwise
}

package check

import (
	"github.com/opencontainers/go-digest"
	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/lambda/internal/image/index"
)

// descriptor refuses descriptors whose digest or size isn't that of the bytes. containerd fails a
// pull on a wrong size (containerd#2401), although the digest alone would do.
var descriptor = Check{Name: "descriptor", About: "a size or digest is not that of the bytes",
	run: func(in Input, r *report) {
		i := in.Image
		if i.State == index.OtherBytes {
			otherBytes(r, root(i), "the index", i.Root.Digest)
		}
		if i.Single {
			inManifest(r, i.Entries[0])
			return
		}
		for _, e := range i.Entries {
			d := e.Descriptor
			switch {
			case d.Digest.Validate() != nil:
				r.add(Error, about(e), r.place.rewrite(),
					"the entry %s names the digest %q, expected sha256 and 64 hexadecimal digits", e.Where, d.Digest)
			case e.State == index.OtherBytes:
				otherBytes(r, about(e), "the manifest", e.Manifest.Digest)
			case e.State == index.Read && e.Manifest.Size != d.Size:
				r.add(Error, about(e), r.place.rewrite(),
					"the index says that its manifest has %s, but it has %d; runtimes refuse to pull it; probably the index was "+
						"written by hand", plural(d.Size, "byte"), e.Manifest.Size)
			}
			embedded(r, about(e), "the index says that the manifest", d)
			if e.Manifest != nil && e.Role() != index.RoleIndex {
				inManifest(r, e)
			}
		}
	}}

func otherBytes(r *report, s Subject, what string, got digest.Digest) {
	cause, cure := r.place.storage()
	r.add(Error, s, cure,
		"%s other bytes for %s than its digest names (they have the digest %s); %s",
		r.place.holds(), what, Short(got.String()), cause)
}

// embedded judges the copy of the content that a descriptor may carry: clients may use it in place
// of the content.
func embedded(r *report, s Subject, says string, d specs.Descriptor) {
	if len(d.Data) > 0 && d.Digest.Validate() == nil && d.Digest.Algorithm().FromBytes(d.Data) != d.Digest {
		r.add(Error, s, r.place.rewrite(),
			"%s %s is what it carries in its field data, but those bytes have another digest; clients that use them pull "+
				"something else", says, Short(d.Digest.String()))
	}
}

// inManifest judges the descriptors inside an image's manifest.
func inManifest(r *report, e *index.Entry) {
	if e.Manifest.Shape() != index.ShapeManifest {
		return
	}
	if c := e.Manifest.Body.Config; c != nil {
		embedded(r, about(e), "the manifest says that the config", *c)
	}
	if c := e.Manifest.Body.Config; c != nil && index.IsConfigType(c.MediaType) && e.Role() == index.RoleImage {
		switch {
		case c.Digest.Validate() != nil:
			r.add(Error, about(e), r.place.rewrite(),
				"its config has the digest %q, expected sha256 and 64 hexadecimal digits", c.Digest)
		case e.ConfigState == index.OtherBytes:
			cause, cure := r.place.storage()
			r.add(Error, about(e), cure,
				"%s other bytes for its config %s than the digest names; %s", r.place.holds(), Short(c.Digest.String()),
				cause)
		case e.ConfigState == index.Read && e.ConfigSize != c.Size:
			r.add(Error, about(e), r.place.rebuild(""),
				"the manifest says that the config has %s, but it has %d; runtimes refuse to pull it",
				plural(c.Size, "byte"), e.ConfigSize)
		}
	}
	for _, b := range e.Blobs {
		d := b.Descriptor
		if e.Manifest.Body.Config == nil || d.Digest != e.Manifest.Body.Config.Digest {
			embedded(r, about(e), "the manifest says that the layer", d)
		}
		switch {
		case d.Digest.Validate() != nil:
			r.add(Error, about(e), r.place.rebuild(""),
				"a layer has the digest %q, expected sha256 and 64 hexadecimal digits", d.Digest)
		case d.Size < 0:
			r.add(Error, about(e), r.place.rebuild(""), "the layer %s has the size %d", Short(d.Digest.String()),
				d.Size)
		case b.State == index.Read && b.Stored >= 0 && b.Stored != d.Size:
			r.add(Error, about(e), r.place.rebuild(""),
				"the manifest says that the layer %s has %s, but %s has %d; runtimes refuse to pull it",
				Short(d.Digest.String()), plural(d.Size, "byte"), r.place.holder(), b.Stored)
		}
	}
}

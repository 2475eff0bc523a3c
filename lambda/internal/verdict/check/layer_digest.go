package check

import (
	"github.com/opencontainers/go-digest"

	"archway/lambda/internal/image/index"
)

// layerDigest refuses a layer whose bytes are not those that its digests name, or that can't be
// unpacked: every pull of the image fails. It is known of the layers that were read to their ends,
// at no further cost; --deep reads them all.
var layerDigest = Check{Name: "layer-digest", About: "a layer is damaged, or not what its digests say",
	run: func(in Input, r *report) {
		for _, e := range in.Image.Images() {
			for n, b := range e.Blobs {
				if b.Content != nil {
					content(r, e, n, b)
				}
			}
		}
	}}

func content(r *report, e *index.Entry, n int, b *index.Blob) {
	name, c := Short(b.Descriptor.Digest.String()), b.Content
	switch {
	case c.Sums != nil && c.Sums.Digest != b.Descriptor.Digest:
		what := "they have the digest " + Short(c.Sums.Digest.String())
		if c.Sums.Size > b.Descriptor.Size {
			what = "there are more than " + plural(b.Descriptor.Size, "byte")
		}
		cause, cure := r.place.storage()
		r.add(Error, about(e), cure,
			"%s other bytes for the layer %s than its digest names (%s); %s", r.place.holds(), name, what, cause)
	case c.Damage != "":
		r.add(Error, about(e), r.place.rebuild(""), "the layer %s can't be unpacked: %s", name, c.Damage)
	case c.Sums == nil || e.ConfigState != index.Read || len(e.Config.RootFS.DiffIDs) != len(e.Manifest.Body.Layers):
		return // not read whole, or other checks refuse the config
	default:
		want := e.Config.RootFS.DiffIDs[n]
		if want.Validate() == nil && want.Algorithm() == digest.SHA256 && want != c.Sums.DiffID {
			r.add(Error, about(e), r.place.rebuild("")+"; don't combine one image's config with another's layers",
				"the layer %s unpacks to %s, but the config lists %s (rootfs.diff_ids[%d]); runtimes refuse to unpack it",
				name, Short(c.Sums.DiffID.String()), Short(want.String()), n)
		}
	}
}

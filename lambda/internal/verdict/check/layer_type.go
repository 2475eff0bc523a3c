package check

import (
	"fmt"
	"strings"

	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/lambda/internal/image/index"
	layers "archway/lambda/internal/image/layer"
)

// layerType refuses layers that a runtime can't unpack: zstd in a Docker manifest, which has no
// type for it (amazon-ecs-agent#4179), encrypted ones, ones kept outside the registry, and unknown
// types. Runtimes tell the compression by the first bytes, with one exception: OCI's type of a
// plain archive, in which containerd looks for none (images.DiffCompression).
var layerType = Check{Name: "layer-type", About: "a layer of a type that runtimes can't unpack",
	run: func(in Input, r *report) {
		for _, e := range in.Image.Images() {
			if e.Manifest == nil || e.Manifest.Shape() != index.ShapeManifest || e.Manifest.Body.Config != nil &&
				!index.IsConfigType(e.Manifest.Body.Config.MediaType) {
				continue
			}
			for _, l := range e.Manifest.Body.Layers {
				layer(r, e, l)
			}
			for n, b := range e.Blobs[:min(len(e.Blobs), len(e.Manifest.Body.Layers))] {
				saidPlain(r, e, n, b)
			}
		}
	}}

func layer(r *report, e *index.Entry, l specs.Descriptor) {
	name, kind := Short(l.Digest.String()), l.MediaType
	docker := index.FamilyOf(or(e.Manifest.Body.MediaType, e.Descriptor.MediaType)) == index.Docker
	switch {
	case docker && strings.Contains(kind, "zstd"):
		r.add(Error, about(e), "build with OCI media types (`oci-mediatypes=true`), or with gzip",
			"the layer %s is compressed with zstd in a Docker manifest (%s), expected gzip; Docker's format knows no zstd, and ECS agents and older Dockers fail on it",
			name, kind)
	case index.IsForeignLayer(kind):
		severity := Error
		if p := e.Descriptor.Platform; p != nil && p.OS == "windows" {
			severity = Warning // Windows' own base layers were long published so
		}
		r.add(severity, about(e), r.place.rebuild(" with that layer as an ordinary one"),
			"the layer %s is kept outside the registry (%s), expected an ordinary layer; nodes without access to that "+
				"place can't pull it", name, kind)
	case strings.HasSuffix(kind, "+encrypted"):
		r.add(Error, about(e), r.place.rebuild(" without encryption"),
			"the layer %s is encrypted (%s); ordinary nodes can't unpack it", name, kind)
	case strings.Contains(kind, ".nydus."):
		r.add(Error, about(e),
			r.place.rebuild(" without converting it for nydus, or with the ordinary image in front of it"),
			"the layer %s is one of nydus (%s), which only nodes with nydus's snapshotter can use; expected an image "+
				"that every node can unpack", name, kind)
	case !knownLayers[kind]:
		r.add(Error, about(e), r.place.rebuild(" with a current tool"),
			"the layer %s is of the type %s, which runtimes can't unpack; expected a tar archive, plain or compressed by "+
				"gzip or zstd", name, or(kind, "(none)"))
	}
}

// saidPlain judges a layer by the type of a plain archive, as far as its bytes were read and are
// those of its digest.
func saidPlain(r *report, e *index.Entry, n int, b *index.Blob) {
	c := b.Content
	if b.Descriptor.MediaType != specs.MediaTypeImageLayer || c == nil || c.Compression == layers.Plain ||
		c.Sums == nil || c.Sums.Digest != b.Descriptor.Digest {
		return
	}
	r.add(Error, about(e),
		r.place.rebuild(fmt.Sprintf(" with the type %s+%s for such layers", b.Descriptor.MediaType, c.Compression)),
		"the layer %s (layers[%d]) has the type of a plain archive (%s) but is compressed by %s; "+
			"containerd unpacks it as it is, and fails with \"invalid tar header\" or \"unexpected EOF\"",
		Short(b.Descriptor.Digest.String()), n, b.Descriptor.MediaType, c.Compression)
}

var knownLayers = map[string]bool{
	specs.MediaTypeImageLayer:                           true,
	specs.MediaTypeImageLayerGzip:                       true,
	specs.MediaTypeImageLayerZstd:                       true,
	"application/vnd.docker.image.rootfs.diff.tar":      true,
	"application/vnd.docker.image.rootfs.diff.tar.gzip": true,
}

package index

import (
	"context"
	"fmt"

	"github.com/opencontainers/go-digest"
	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/lambda/internal/image/registry"
)

// Served is what a tag leads to at this moment.
type Served struct {
	Tag string
	// Digest is empty if there is no such tag.
	Digest digest.Digest
	// Platforms are those of the images that it offers to nodes.
	Platforms []specs.Platform
	// Unknown says why Platforms may not be all of them.
	Unknown string
}

// Offered reads which platforms an image is for, and no more of it than that takes.
func Offered(ctx context.Context, source Source, tag string, d digest.Digest) (Served, error) {
	o := &offer{source: source, served: Served{Tag: tag, Digest: d}}
	err := o.read(ctx, d, 1)
	return o.served, err
}

type offer struct {
	source  Source
	served  Served
	entries int
}

func (o *offer) read(ctx context.Context, d digest.Digest, depth int) error {
	doc, err := o.source.Manifest(ctx, d)
	state, err := outcome(err)
	if err != nil {
		return err
	}
	switch state {
	case TooLarge:
		o.served.Unknown = fmt.Sprintf("its manifest %s is too large to be read", d)
		return nil
	case Missing:
		return nil // what can't be pulled can't be lost
	}
	m := ParseManifest(doc.Bytes)
	switch m.Shape() {
	case ShapeManifest:
		return o.config(ctx, m)
	case ShapeIndex:
	default:
		return nil
	}
	for _, descriptor := range m.Body.Manifests {
		if o.entries++; o.entries > MaxEntries || depth > MaxDepth {
			o.served.Unknown = "its index is too large, or nested too deeply, to be read as a whole"
			return nil
		}
		if err := o.entry(ctx, descriptor, depth); err != nil {
			return err
		}
	}
	return nil
}

func (o *offer) entry(ctx context.Context, d specs.Descriptor, depth int) error {
	e := Entry{Descriptor: d}
	switch role := e.Role(); {
	case d.Digest.Validate() != nil:
		return nil
	case role == RoleIndex, role == RoleImage && d.Platform == nil:
		return o.read(ctx, d.Digest, depth+1)
	case role == RoleImage && !lazy(d.Platform): // no ordinary node pulls those
		o.served.Platforms = append(o.served.Platforms, *d.Platform)
	}
	return nil
}

// config takes the platform of an image that no entry describes.
func (o *offer) config(ctx context.Context, m *Manifest) error {
	c := m.Body.Config
	if c == nil || !IsConfigType(c.MediaType) || c.Digest.Validate() != nil {
		return nil
	}
	doc, err := o.source.Blob(ctx, c.Digest, registry.MaxConfig)
	if state, err := outcome(err); err != nil || state != Read {
		return err
	}
	if config, err := ParseConfig(doc.Bytes); err == nil && config.OS != "" && config.Architecture != "" {
		o.served.Platforms = append(o.served.Platforms, config.Platform())
	}
	return nil
}

package transfer

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/opencontainers/go-digest"
	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/lambda/internal/image/index"
	"archway/lambda/internal/image/registry"
)

const (
	// maxManifests and maxBlobs bound what one transfer copies. An index has index.MaxEntries at
	// most.
	maxManifests = 2 * index.MaxEntries
	maxBlobs     = 10_000
	// maxBlob is larger than the largest layer that ECR takes, 52,000 MB.
	maxBlob = 64 << 30
	// kept bounds the manifests that stay in memory until they are written. What is beyond is read
	// again.
	kept = 8 << 20
)

// blob is a config or layer that a missing manifest needs.
type blob struct {
	digest digest.Digest
	size   int64
	// foreign ones may be kept elsewhere.
	foreign bool
}

// plan is what the target lacks, as far as its manifests say it.
type plan struct {
	blobs []blob
	// missing manifests stand after what they name. Those without bytes are to be read again.
	missing []registry.Document
}

func (t *transfer) plan(ctx context.Context) (plan, error) {
	p := planner{transfer: t, seen: map[digest.Digest]bool{}, blobs: map[digest.Digest]blob{}}
	for _, root := range t.Roots {
		if err := p.manifest(ctx, specs.Descriptor{Digest: root}, 0); err != nil {
			return plan{}, err
		}
	}
	made := plan{missing: p.missing}
	for _, b := range p.blobs {
		made.blobs = append(made.blobs, b)
	}
	// The largest first, so that none is left alone at the end, and in the same order each time.
	slices.SortFunc(made.blobs, func(a, b blob) int {
		return cmp.Or(cmp.Compare(b.size, a.size), cmp.Compare(a.digest, b.digest))
	})
	return made, nil
}

type planner struct {
	*transfer
	seen    map[digest.Digest]bool
	blobs   map[digest.Digest]blob
	missing []registry.Document
	bytes   int
}

// manifest looks at a manifest and at what it names. One that the target has needs no blobs, as
// registries take no manifest before its blobs; the children of an index are looked at all the
// same.
func (p *planner) manifest(ctx context.Context, d specs.Descriptor, depth int) error {
	if p.seen[d.Digest] {
		return nil
	}
	if p.seen[d.Digest] = true; len(p.seen) > maxManifests {
		return fmt.Errorf("more than %d manifests to copy; split the image", maxManifests)
	}
	if depth > index.MaxDepth {
		return fmt.Errorf("the index %s is nested more than %d levels deep", d.Digest, index.MaxDepth)
	}
	if err := p.late(); err != nil {
		return err
	}
	mediaType, there, err := p.To.HasManifest(ctx, d.Digest)
	if err != nil || there && index.IsManifestType(mediaType) {
		return err
	}
	doc, err := p.From.Manifest(ctx, d.Digest)
	if err != nil {
		return err
	}
	if depth > 0 && d.Size != int64(len(doc.Bytes)) {
		return fmt.Errorf("the manifest %s has %d bytes, but the index that names it says %d",
			d.Digest, len(doc.Bytes), d.Size)
	}
	m := index.ParseManifest(doc.Bytes)
	switch {
	case m.Err != nil:
		return fmt.Errorf("the manifest %s can't be read: %w", d.Digest, m.Err)
	case len(m.Ambiguous) > 0:
		return fmt.Errorf("the manifest %s can be read in two ways: %s", d.Digest, m.Ambiguous[0])
	}
	switch m.Shape() {
	case index.ShapeIndex:
		for _, child := range m.Body.Manifests {
			if err := p.manifest(ctx, child, depth+1); err != nil {
				return err
			}
		}
	case index.ShapeManifest:
		if there {
			return nil // under a media type that says otherwise
		}
		if err := p.contents(doc.Digest, m.Body); err != nil {
			return err
		}
	default:
		return fmt.Errorf("the manifest %s is %s, expected an image index or manifest", d.Digest, m.Shape().Named())
	}
	if there {
		return nil
	}
	doc.MediaType = cmp.Or(doc.MediaType, m.Body.MediaType)
	if p.bytes += len(doc.Bytes); p.bytes > kept {
		doc.Bytes = nil
	}
	p.missing = append(p.missing, doc)
	return nil
}

// contents notes what a manifest needs.
func (p *planner) contents(of digest.Digest, body index.Body) error {
	all := body.Layers
	if len(all) > index.MaxLayers {
		return fmt.Errorf("the manifest %s has %d layers, expected at most %d", of, len(all), index.MaxLayers)
	}
	if body.Config != nil {
		all = append(slices.Clip(all), *body.Config)
	}
	for _, d := range all {
		if err := d.Digest.Validate(); err != nil {
			return fmt.Errorf("the manifest %s names %q, which is no digest", of, d.Digest)
		}
		if d.Size < 0 || d.Size > maxBlob {
			return fmt.Errorf("the manifest %s gives the blob %s %d bytes, expected 0 to %d",
				of, d.Digest, d.Size, int64(maxBlob))
		}
		b := blob{digest: d.Digest, size: d.Size, foreign: index.IsForeignLayer(d.MediaType)}
		if other, ok := p.blobs[d.Digest]; ok {
			if other.size != d.Size {
				return fmt.Errorf("the blob %s has %d bytes in one manifest and %d in another", d.Digest, other.size,
					d.Size)
			}
			b.foreign = b.foreign && other.foreign
		}
		if p.blobs[d.Digest] = b; len(p.blobs) > maxBlobs {
			return fmt.Errorf("more than %d blobs to copy; split the image", maxBlobs)
		}
	}
	return nil
}

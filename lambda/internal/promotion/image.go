package promotion

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/opencontainers/go-digest"
	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/lambda/internal/image/index"
	"archway/lambda/internal/image/registry"
	"archway/lambda/internal/pipeline/job"
	"archway/lambda/internal/verdict/check"
)

// image is what is known about one index without reading more than the index.
type image struct {
	registry.Document
	// revision is the commit that it names, created when it says that it was made. Both come from
	// its annotations and may be missing.
	revision string
	created  time.Time
	// platforms are those that runtimes find in it; none in a single image.
	platforms []specs.Platform
}

func parseImage(doc registry.Document) (image, *index.Manifest) {
	manifest := index.ParseManifest(doc.Bytes)
	if manifest.Body.MediaType != "" {
		doc.MediaType = manifest.Body.MediaType // what the bytes say; a header can be lost on the way
	}
	i := image{Document: doc, revision: manifest.Body.Annotations[specs.AnnotationRevision]}
	// Without a readable time, templates with a date can't be rendered, and say so.
	i.created, _ = time.Parse(time.RFC3339, manifest.Body.Annotations[specs.AnnotationCreated])
	for _, d := range manifest.Body.Manifests {
		e := index.Entry{Descriptor: d}
		if d.Platform != nil && e.Role() == index.RoleImage {
			i.platforms = append(i.platforms, *d.Platform)
		}
	}
	return i, manifest
}

// fetch reads the index that is to be promoted, from the release if it is there: of an execution
// that is rolled back to, staging has perhaps nothing any more. The bytes are those of the digest,
// or it fails.
func (p *promoter) fetch(ctx context.Context, d digest.Digest) error {
	there, err := p.release.Serves(ctx, d.String())
	if err != nil {
		return fmt.Errorf("look for %s in %s: %w", check.Short(d.String()), p.image.Release, err)
	}
	from, where := p.staging, p.image.Staging
	if p.released = there == d; p.released {
		from, where = p.release, p.image.Release
	}
	doc, err := from.Manifest(ctx, d)
	switch {
	case errors.Is(err, registry.ErrNotFound):
		return job.Failed("The repository %s has no image index %s. It was validated before, so it was deleted since, probably because it is too old; run the pipeline again.",
			where, check.Short(d.String()))
	case errors.Is(err, registry.ErrOtherBytes):
		return job.Failed("The repository %s is damaged: %s.", where, err)
	case err != nil:
		return fmt.Errorf("read %s from %s: %w", check.Short(d.String()), where, err)
	}
	root, manifest := parseImage(doc)
	if manifest.Shape() != index.ShapeIndex {
		return job.Failed(
			"%s in %s is %s, expected an image index; only what the Validate action passed can be promoted.",
			check.Short(d.String()), where, manifest.Shape().Named())
	}
	p.root = root
	return nil
}

// served reads what a tag serves. What is gone protects nothing; what can't be read might be newer.
func (p *promoter) served(ctx context.Context, d digest.Digest) (image, error) {
	if known, ok := p.known[d]; ok {
		return known, nil
	}
	doc, err := p.repository.Manifest(ctx, d)
	switch {
	case errors.Is(err, registry.ErrNotFound):
		return image{Document: registry.Document{Digest: d}}, nil
	case err != nil:
		return image{}, fmt.Errorf("read %s: %w", check.Short(d.String()), err)
	}
	i, _ := parseImage(doc)
	if p.known == nil {
		p.known = map[digest.Digest]image{}
	}
	p.known[d] = i
	return i, nil
}

// names are the platforms of a list, for people.
func names(platforms []specs.Platform) string {
	var all []string
	for _, p := range platforms {
		if name := index.Key(p); !slices.Contains(all, name) {
			all = append(all, name)
		}
	}
	return strings.Join(all, ", ")
}

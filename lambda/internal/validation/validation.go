// Package validation asks a registry about an image and has it judged.
package validation

import (
	"context"
	"errors"
	"fmt"

	"github.com/opencontainers/go-digest"

	"archway/lambda/internal/guard"
	"archway/lambda/internal/image/index"
	"archway/lambda/internal/image/registry"
	"archway/lambda/internal/verdict/check"
)

// Source serves an image, and tells what tags lead to. *registry.Repository is one.
type Source interface {
	index.Source
	// Resolve waits a little for a tag that was just pushed. registry.ErrNotFound says that there
	// is no such tag.
	Resolve(ctx context.Context, tag string) (digest.Digest, error)
	// Serves gives "" if there is no such tag at this moment.
	Serves(ctx context.Context, tag string) (digest.Digest, error)
}

// Of judges the image at a digest. The error says that the registry could not be asked.
func Of(ctx context.Context, source index.Source, d digest.Digest, want check.Want,
	builds map[string]digest.Digest) (check.Verdict, error) {
	return Prepared(ctx, source, d, want, builds, func(*index.Image, *check.Want) error { return nil })
}

// Prepared is Of for what is wanted only once the index was read: prepare completes it.
func Prepared(ctx context.Context, source index.Source, d digest.Digest, want check.Want,
	builds map[string]digest.Digest, prepare func(*index.Image, *check.Want) error) (v check.Verdict, err error) {
	err = guard.Do(func() error {
		v, err = prepared(ctx, source, d, want, builds, prepare)
		return err
	})
	return v, err
}

func prepared(ctx context.Context, source index.Source, d digest.Digest, want check.Want,
	builds map[string]digest.Digest, prepare func(*index.Image, *check.Want) error) (check.Verdict, error) {
	image, err := index.Get(ctx, source, d, builds)
	if err != nil {
		return check.Verdict{}, err
	}
	if err := prepare(image, &want); err != nil {
		return check.Verdict{}, err
	}
	if want.Provenance {
		if err := index.ReadProvenance(ctx, source, image); err != nil {
			return check.Verdict{}, err
		}
	}
	if want.SBOM {
		if err := index.ReadBills(ctx, source, image); err != nil {
			return check.Verdict{}, err
		}
	}
	// Last, as it is all that may take what is left of the time.
	if err := index.ReadLayers(ctx, source, image, want.Deep); err != nil {
		return check.Verdict{}, err
	}
	return check.Verdict{Image: image, Findings: check.Run(image, want)}, nil
}

// OfTag judges what a tag serves.
func OfTag(ctx context.Context, source Source, tag string, want check.Want) (check.Verdict, error) {
	d, err := source.Resolve(ctx, tag)
	switch {
	case errors.Is(err, registry.ErrNotFound):
		image := &index.Image{State: index.Missing}
		return check.Verdict{Image: image, Findings: check.Run(image, want)}, nil
	case err != nil:
		return check.Verdict{}, err
	}
	return Of(ctx, source, d, want, nil)
}

// Serving reads what tags serve at this moment, for check.Want.
func Serving(ctx context.Context, source Source, tags []string) ([]index.Served, error) {
	var all []index.Served
	for _, tag := range tags {
		d, err := source.Serves(ctx, tag)
		if err != nil {
			return nil, fmt.Errorf("read what the tag %s serves: %w", tag, err)
		}
		served := index.Served{Tag: tag}
		if d != "" {
			if served, err = index.Offered(ctx, source, tag, d); err != nil {
				return nil, fmt.Errorf("read what the tag %s serves: %w", tag, err)
			}
		}
		all = append(all, served)
	}
	return all, nil
}

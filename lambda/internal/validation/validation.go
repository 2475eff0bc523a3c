// Package validation asks a registry about an image and has it judged.
package validation

import (
	"context"
	"errors"

	"github.com/opencontainers/go-digest"

	"archway/lambda/internal/check"
	"archway/lambda/internal/index"
	"archway/lambda/internal/registry"
)

// Verdict is what is known about one image after all checks.
type Verdict struct {
	Image    *index.Image
	Findings []check.Finding
}

// Valid tells whether no finding is an error.
func (v Verdict) Valid() bool { return check.Valid(v.Findings) }

// Of judges the image at a digest. The error says that the registry could not be asked.
func Of(ctx context.Context, source index.Source, d digest.Digest, want check.Want, builds map[string]digest.Digest) (Verdict, error) {
	image, err := index.Get(ctx, source, d, builds)
	if err != nil {
		return Verdict{}, err
	}
	return Verdict{image, check.Run(image, want)}, nil
}

// OfTag judges what a tag serves.
func OfTag(ctx context.Context, repository *registry.Repository, tag string, want check.Want) (Verdict, error) {
	d, err := repository.Resolve(ctx, tag)
	switch {
	case errors.Is(err, registry.ErrNotFound):
		image := &index.Image{State: index.Missing}
		return Verdict{image, check.Run(image, want)}, nil
	case err != nil:
		return Verdict{}, err
	}
	return Of(ctx, repository, d, want, nil)
}

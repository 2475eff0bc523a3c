package registry

import (
	"context"
	"errors"
	"net/http"

	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"github.com/opencontainers/go-digest"
)

// Resolve returns the digest that a tag serves, and waits a little for a tag that was just pushed.
// ErrNotFound says that there is no such tag. Reading by tag may translate a manifest's format
// (ECR), reading by digest never does: everything else is read by digest.
func (r *Repository) Resolve(ctx context.Context, tag string) (digest.Digest, error) {
	return r.resolve(ctx, tag, 0)
}

// Serves returns the digest that a tag serves at this moment, or "" if there is no such tag.
func (r *Repository) Serves(ctx context.Context, tag string) (digest.Digest, error) {
	d, err := r.resolve(ctx, tag, 1)
	if errors.Is(err, ErrNotFound) {
		return "", nil
	}
	return d, err
}

func (r *Repository) resolve(ctx context.Context, tag string, missing int) (digest.Digest, error) {
	a, err := r.do(ctx, request{method: http.MethodHead, kind: "manifests", id: tag, missing: missing})
	if err != nil && !refusesHead(err) {
		return "", err
	}
	if err == nil {
		if d, err := digest.Parse(a.header.Get("Docker-Content-Digest")); err == nil {
			return d, nil
		}
	}
	// The header is optional, and not every registry answers HEAD: the bytes themselves say it.
	a, err = r.do(ctx,
		request{method: http.MethodGet, kind: "manifests", id: tag, limit: MaxManifest, missing: missing})
	if err != nil {
		return "", err
	}
	return digest.FromBytes(a.body), nil
}

func refusesHead(err error) bool {
	var answer *transport.Error
	if !errors.As(err, &answer) {
		return false
	}
	switch answer.StatusCode {
	case http.StatusBadRequest, http.StatusMethodNotAllowed, http.StatusNotAcceptable, http.StatusNotImplemented:
		return true
	}
	return false
}

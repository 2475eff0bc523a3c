package registry

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/opencontainers/go-digest"
)

// Stat asks whether a blob is there, without reading it. The size is -1 where the registry doesn't
// say it. ErrNotFound says that it isn't there. A registry takes a manifest only after its blobs,
// so a blob of a manifest that could be read is not waited for as a manifest straight after its
// push is.
func (r *Repository) Stat(ctx context.Context, d digest.Digest) (size int64, err error) {
	return r.stat(ctx, d, 2)
}

// HasBlob reports whether a blob is there at this moment.
func (r *Repository) HasBlob(ctx context.Context, d digest.Digest) (bool, error) {
	_, err := r.stat(ctx, d, 1)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// stat asks again as often as missing says where the blob isn't there.
func (r *Repository) stat(ctx context.Context, d digest.Digest, missing int) (size int64, err error) {
	if !r.noHead.Load() {
		a, err := r.do(ctx,
			request{method: http.MethodHead, kind: "blobs", id: d.String(), missing: missing, probe: true})
		if err == nil {
			return a.size(), nil
		}
		if !refusesHead(err) && !errors.Is(err, ErrDenied) {
			return 0, err
		}
		r.noHead.Store(true)
	}
	// ECR asks for another permission for HEAD (BatchCheckLayerAvailability) than for reading
	// (GetDownloadUrlForLayer). Asked to read the first byte, it answers with a redirect, which is
	// not followed: that there is one is what we want to know.
	a, err := r.do(ctx, request{method: http.MethodGet, kind: "blobs", id: d.String(), missing: missing, probe: true})
	if err != nil {
		return 0, err
	}
	return a.size(), nil
}

// size is that of the blob which a probe found, or -1.
func (a answer) size() int64 {
	switch a.status {
	case http.StatusOK:
		if a.length > 0 {
			return a.length
		}
	case http.StatusPartialContent:
		if _, total, ok := strings.Cut(a.header.Get("Content-Range"), "/"); ok {
			if size, err := strconv.ParseInt(total, 10, 64); err == nil && size >= 0 {
				return size
			}
		}
	}
	return -1
}

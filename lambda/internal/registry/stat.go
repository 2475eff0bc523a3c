package registry

import (
	"context"
	"net/http"

	"github.com/opencontainers/go-digest"
)

// Stat asks whether a blob is there, without reading it. The size is -1 where the registry doesn't say it.
// ErrNotFound says that it isn't there. A registry takes a manifest only after its blobs, so a blob of a manifest that could
// be read is not waited for as a manifest straight after its push is.
func (r *Repository) Stat(ctx context.Context, d digest.Digest) (size int64, err error) {
	a, err := r.do(ctx, request{method: http.MethodHead, kind: "blobs", id: d.String(), missing: 2})
	if err != nil {
		return 0, err
	}
	if a.status != http.StatusOK || a.length <= 0 {
		return -1, nil
	}
	return a.length, nil
}

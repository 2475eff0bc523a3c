package registry

import (
	"context"
	"fmt"
	"net/http"
)

// Put writes a manifest's bytes under a tag. ErrTagExists says that the registry refused because the tag is immutable and
// there.
func (r *Repository) Put(ctx context.Context, tag string, doc Document) error {
	q := request{method: http.MethodPut, kind: "manifests", id: tag, contentType: doc.MediaType, body: doc.Bytes, limit: 64 << 10}
	a, err := r.do(ctx, q)
	if err != nil {
		return err
	}
	if got := a.header.Get("Docker-Content-Digest"); got != "" && got != doc.Digest.String() {
		return &failure{op: q.String(), kind: ErrOtherBytes, cause: fmt.Errorf("it stored %s, sent was %s", got, doc.Digest)}
	}
	return nil
}

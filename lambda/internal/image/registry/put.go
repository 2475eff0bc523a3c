package registry

import (
	"context"
	"errors"
	"fmt"
	"net/http"
)

// Put writes a manifest's bytes under a tag. ErrTagExists says that the registry refused because
// the tag is immutable and there.
func (r *Repository) Put(ctx context.Context, tag string, doc Document) error {
	q := putRequest(tag, doc)
	a, err := r.do(ctx, q)
	if err != nil {
		return err
	}
	return stored(q, a, doc)
}

// PutIf does the same, and asks before each attempt, also before repeated ones, whether the tag may
// still be written: between two attempts somebody else can have moved it. Registries have no
// conditional write of a tag. It reports whether the tag was written.
func (r *Repository) PutIf(ctx context.Context, tag string, doc Document,
	may func(context.Context) (bool, error)) (bool, error) {
	q := putRequest(tag, doc)
	written := false
	var refused error
	policy := r.policy
	policy.Each = 0 // each request has its own bound
	err := policy.Do(ctx, func(ctx context.Context) error {
		ok, err := may(ctx)
		if err != nil || !ok {
			refused = err // final: asking has its own repetitions
			return nil
		}
		a, err := r.do(ctx, q.once())
		if err != nil {
			return err
		}
		written = true
		return stored(q, a, doc)
	})
	if refused != nil {
		return false, refused
	}
	return written, err
}

// PutByDigest writes a manifest's bytes without a tag. That they are there already is success.
func (r *Repository) PutByDigest(ctx context.Context, doc Document) error {
	q := putRequest(doc.Digest.String(), doc)
	a, err := r.do(ctx, q)
	if errors.Is(err, ErrTagExists) {
		// ECR's word for a manifest that is there (ImageAlreadyExistsException). Under a digest
		// nothing else can be.
		if _, there, asked := r.HasManifest(ctx, doc.Digest); asked == nil && there {
			return nil
		}
	}
	if err != nil {
		return err
	}
	return stored(q, a, doc)
}

func putRequest(tag string, doc Document) request {
	return request{method: http.MethodPut, kind: "manifests", id: tag, contentType: doc.MediaType, body: doc.Bytes,
		limit: 64 << 10}
}

func stored(q request, a answer, doc Document) error {
	if got := a.header.Get("Docker-Content-Digest"); got != "" && got != doc.Digest.String() {
		return &failure{op: q.String(), kind: ErrOtherBytes,
			cause: fmt.Errorf("it stored %s, sent was %s", got, doc.Digest)}
	}
	return nil
}

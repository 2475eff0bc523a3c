package registry

import (
	"context"
	_ "crypto/sha256" // digests of manifests
	_ "crypto/sha512" // allowed by the image specification too
	"errors"
	"fmt"
	"mime"
	"net/http"

	"github.com/opencontainers/go-digest"

	"archway/lambda/internal/retry"
)

// Document is a manifest or config as the registry serves it.
type Document struct {
	// Digest is computed from Bytes, never copied from a header.
	Digest digest.Digest
	// MediaType is what the Content-Type header declares, without parameters. Empty if there is
	// none.
	MediaType string
	Bytes     []byte
}

// Manifest reads a manifest by digest. ErrOtherBytes comes with the document that was served
// instead.
func (r *Repository) Manifest(ctx context.Context, d digest.Digest) (Document, error) {
	return r.read(ctx, "manifests", d, MaxManifest)
}

// Blob reads a small blob, such as an image's config, by digest.
func (r *Repository) Blob(ctx context.Context, d digest.Digest, limit int64) (Document, error) {
	return r.read(ctx, "blobs", d, limit)
}

// HasManifest reports whether a manifest is there at this moment, and of which media type the
// registry says that it is.
func (r *Repository) HasManifest(ctx context.Context, d digest.Digest) (mediaType string, there bool, err error) {
	if err := d.Validate(); err != nil {
		return "", false, fmt.Errorf("%q is not a digest: %w", d, err)
	}
	q := request{method: http.MethodHead, kind: "manifests", id: d.String(), missing: 1}
	a, err := r.do(ctx, q)
	if refusesHead(err) {
		q.method, q.limit = http.MethodGet, MaxManifest
		a, err = r.do(ctx, q)
	}
	if errors.Is(err, ErrNotFound) {
		return "", false, nil
	}
	if err != nil {
		return "", false, err
	}
	return mediaTypeOf(a.header), true, nil
}

func (r *Repository) read(ctx context.Context, kind string, d digest.Digest, limit int64) (Document, error) {
	if err := d.Validate(); err != nil {
		return Document{}, fmt.Errorf("%q is not a digest: %w", d, err)
	}
	q := request{method: http.MethodGet, kind: kind, id: d.String(), limit: limit}
	doc, err := r.readOnce(ctx, q, d)
	if errors.Is(err, ErrOtherBytes) {
		// Once more: a proxy may have garbled one answer. What is stored wrongly comes back the
		// same.
		doc, err = r.readOnce(ctx, q, d)
	}
	return doc, err
}

func (r *Repository) readOnce(ctx context.Context, q request, d digest.Digest) (Document, error) {
	a, err := r.do(ctx, q)
	if err != nil {
		return Document{}, err
	}
	doc := Document{Digest: d.Algorithm().FromBytes(a.body), MediaType: mediaTypeOf(a.header), Bytes: a.body}
	if doc.Digest != d {
		return doc,
			&failure{op: q.String(), kind: ErrOtherBytes, cause: fmt.Errorf("they have the digest %s", doc.Digest),
				reason: retry.Final}
	}
	return doc, nil
}

func mediaTypeOf(header http.Header) string {
	value := header.Get("Content-Type")
	if t, _, err := mime.ParseMediaType(value); err == nil {
		return t
	}
	return value
}

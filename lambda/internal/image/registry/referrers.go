package registry

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/opencontainers/go-digest"
	specs "github.com/opencontainers/image-spec/specs-go/v1"
)

// maxPages bounds how many pages of referrers are read. ECR gives 20 to a page.
const maxPages = 5

// Referrers lists the manifests that are attached to an image: by the API of OCI 1.1, or the tag
// that stands for it in older registries, and by cosign's tag for attestations.
// https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#listing-referrers
func (r *Repository) Referrers(ctx context.Context, d digest.Digest) ([]specs.Descriptor, error) {
	if err := d.Validate(); err != nil {
		return nil, nil
	}
	tag := d.Algorithm().String() + "-" + d.Encoded()
	found, err := r.listed(ctx, d)
	if errors.Is(err, ErrNotFound) || refusesHead(err) {
		found, err = r.index(ctx, tag)
	}
	if err != nil {
		return nil, err
	}
	switch attestations, err := r.Serves(ctx, tag+".att"); {
	case err != nil:
		return nil, err
	case attestations != "":
		found = append(found, specs.Descriptor{MediaType: OCIManifest, Digest: attestations})
	}
	return found, nil
}

// listed asks the referrers API.
func (r *Repository) listed(ctx context.Context, d digest.Digest) ([]specs.Descriptor, error) {
	var all []specs.Descriptor
	q := request{method: http.MethodGet, kind: "referrers", id: d.String(), limit: MaxManifest, missing: 1}
	for range maxPages {
		a, err := r.do(ctx, q)
		if err != nil {
			return nil, err
		}
		all = append(all, descriptors(a.body)...)
		if q.query = nextPage(a.header.Get("Link")); q.query == "" {
			break
		}
	}
	return all, nil
}

// index reads the index that a tag leads to, if there is one.
func (r *Repository) index(ctx context.Context, tag string) ([]specs.Descriptor, error) {
	a, err := r.do(ctx, request{method: http.MethodGet, kind: "manifests", id: tag, limit: MaxManifest, missing: 1})
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	return descriptors(a.body), err
}

const (
	// maxListed bounds how many entries of one page are taken: more than callers look at.
	maxListed = 100
	// maxEntry bounds the JSON of an entry, in bytes. Annotations and small embedded contents fit
	// many times.
	maxEntry = 64 << 10
)

// descriptors are the first entries of an index. What is no index has none. They are taken one by
// one: a page of megabytes of "{},{},…" would become hundreds of megabytes of descriptors.
func descriptors(b []byte) []specs.Descriptor {
	var body struct {
		Manifests entries `json:"manifests"`
	}
	if json.Unmarshal(b, &body) != nil {
		return nil
	}
	return body.Manifests
}

type entries []specs.Descriptor

// UnmarshalJSON implements json.Unmarshaler.
func (e *entries) UnmarshalJSON(b []byte) error {
	d := json.NewDecoder(bytes.NewReader(b))
	if begin, err := d.Token(); err != nil || begin != json.Delim('[') {
		return err // null, or nothing that has entries
	}
	for d.More() && len(*e) < maxListed {
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return err
		}
		var entry specs.Descriptor
		if len(raw) > maxEntry || json.Unmarshal(raw, &entry) != nil {
			continue
		}
		*e = append(*e, entry)
	}
	return nil
}

// nextPage is the query of a Link header's next page: only that, so that a registry can't lead
// elsewhere.
func nextPage(link string) string {
	address, relation, ok := strings.Cut(strings.TrimSpace(link), ">")
	if !ok || !strings.HasPrefix(address, "<") || !strings.Contains(relation, `rel="next"`) &&
		!strings.Contains(relation, "rel=next") {
		return ""
	}
	u, err := url.Parse(address[1:])
	if err != nil {
		return ""
	}
	return u.RawQuery
}

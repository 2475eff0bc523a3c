package index

import (
	"context"
	"fmt"
	"slices"

	"github.com/opencontainers/go-digest"
	specs "github.com/opencontainers/image-spec/specs-go/v1"
)

// Referrers is a Source that also knows what is attached to an image from outside of the index, as
// cosign attaches attestations.
type Referrers interface {
	// Referrers lists manifests whose subject is the digest, or that a tag of cosign's names for
	// it.
	Referrers(ctx context.Context, d digest.Digest) ([]specs.Descriptor, error)
}

// Attached is one statement about an image, or why it can't be read.
type Attached struct {
	// Where says in words where it is kept.
	Where  string
	Digest digest.Digest
	// Referrer is the manifest that names it, where that is attached to the image from outside of
	// the index. ByTag says that the manifest itself doesn't name the image: only a tag leads from
	// the one to the other.
	Referrer digest.Digest
	ByTag    bool
	// Index is the index that it is attached to, where it is about the index as a whole.
	Index digest.Digest
	State State
	// Err says why it couldn't be decoded.
	Err error
	Statement
}

// Limits on what is read about one image. BuildKit's provenance of a large build has some hundred
// kilobytes.
const (
	maxStatement  = 4 << 20
	maxStatements = 16
	maxReferrers  = 32
)

// ReadProvenance reads the statements about each image that say how it was built: those in the
// index, and where there are none those that are attached to the image in the registry, and then
// those that are attached to the index: cosign and GitHub's attestations are told the digest that a
// tag leads to, and name what the index names by its digest.
func ReadProvenance(ctx context.Context, source Source, i *Image) error {
	r := &statementReader{source: source, image: i, wanted: IsProvenance,
		of: func(e *Entry) *[]Attached { return &e.Provenance }, read: readStatement, forAll: true}
	return r.all(ctx)
}

// statementReader reads the statements of one kind about each image.
type statementReader struct {
	source Source
	image  *Image
	// wanted tells by its predicate whether a statement is of the kind.
	wanted func(predicateType string) bool
	// of is where an image's statements are kept.
	of func(*Entry) *[]Attached
	// read fills in what the blob at a.Digest holds, which is kept as the media type.
	read func(ctx context.Context, source Source, mediaType string, a *Attached) error
	// forAll says that a statement about the index counts for all of its images. whole has those,
	// once they were read.
	forAll bool
	whole  *Entry
}

func (r *statementReader) all(ctx context.Context) error {
	for _, e := range r.image.Images() {
		if e.Descriptor.Digest.Validate() != nil {
			continue
		}
		for _, a := range r.image.Attestations() {
			if a.About(e) {
				if err := r.manifest(ctx, e, a.Manifest, Attached{Where: "the attestation " + a.Where}); err != nil {
					return err
				}
			}
		}
		if !r.has(e) {
			if err := r.referrers(ctx, e); err != nil {
				return err
			}
		}
		if r.forAll && !r.image.Single && !r.has(e) {
			if err := r.ofIndex(ctx, e); err != nil {
				return err
			}
		}
	}
	return nil
}

// has reports whether a statement of the kind was found.
func (r *statementReader) has(e *Entry) bool {
	return slices.ContainsFunc(*r.of(e), func(a Attached) bool { return r.wanted(a.PredicateType) })
}

// ofIndex adds the statements about the index as a whole.
func (r *statementReader) ofIndex(ctx context.Context, e *Entry) error {
	if r.whole == nil {
		r.whole = &Entry{Descriptor: specs.Descriptor{Digest: r.image.Digest}}
		if err := r.referrers(ctx, r.whole); err != nil {
			return err
		}
	}
	for _, a := range *r.of(r.whole) {
		a.Index = r.image.Digest
		*r.of(e) = append(*r.of(e), a)
	}
	return nil
}

// AboutImage reports whether a statement names an image, or the index that it is in and that the
// statement is attached to.
func (a Attached) AboutImage(e *Entry) bool {
	return slices.Contains(a.Subjects, e.Descriptor.Digest.String()) || a.Index != "" &&
		slices.Contains(a.Subjects, a.Index.String())
}

// manifest reads the statements of one attestation's manifest, which are kept as from says.
func (r *statementReader) manifest(ctx context.Context, e *Entry, m *Manifest, from Attached) error {
	if m == nil || m.Shape() != ShapeManifest {
		return nil
	}
	for _, d := range m.Body.Layers {
		kind := d.Annotations[PredicateType]
		if !holdsStatement(d.MediaType) || kind != "" && !r.wanted(kind) {
			continue // such as a bill of materials beside provenance, which can be large
		}
		all := r.of(e)
		if len(*all) == maxStatements {
			r.limit(Limit{
				Text: fmt.Sprintf("the image %s has more than %d statements about it; the rest was not read",
					e.Descriptor.Digest, maxStatements),
				Cure: "keep one statement of each kind about it",
			})
			return nil
		}
		a := from
		a.Digest = d.Digest
		if d.Digest.Validate() == nil {
			if err := r.read(ctx, r.source, d.MediaType, &a); err != nil {
				return err
			}
		}
		*all = append(*all, a)
	}
	return nil
}

// readStatement reads a statement as a whole.
func readStatement(ctx context.Context, source Source, mediaType string, a *Attached) error {
	doc, err := source.Blob(ctx, a.Digest, maxStatement)
	if a.State, err = outcome(err); err != nil {
		return err
	}
	if a.State == Read {
		a.Statement, a.Err = ParseStatement(mediaType, doc.Bytes)
	}
	return nil
}

// referrers reads what is attached to an image from outside of the index.
func (r *statementReader) referrers(ctx context.Context, e *Entry) error {
	source, ok := r.source.(Referrers)
	if !ok {
		return nil
	}
	of := e.Descriptor.Digest
	found, err := source.Referrers(ctx, of)
	if err != nil {
		return err
	}
	if len(found) > maxReferrers {
		r.limit(Limit{
			Text: fmt.Sprintf("more than %d manifests are attached to the image %s; the rest was not read",
				maxReferrers, of),
			Cure: "delete what was attached to it repeatedly, such as signatures and scans",
		})
		found = found[:maxReferrers]
	}
	for _, d := range found {
		if d.Digest.Validate() != nil || IsIndexType(d.MediaType) {
			continue
		}
		doc, err := r.source.Manifest(ctx, d.Digest)
		state, err := outcome(err)
		if err != nil {
			return err
		}
		if state != Read {
			continue
		}
		m := ParseManifest(doc.Bytes)
		if s := m.Body.Subject; s != nil && s.Digest != of {
			continue
		}
		from := Attached{Where: "the referrer " + d.Digest.String(), Referrer: d.Digest, ByTag: m.Body.Subject == nil}
		if err := r.manifest(ctx, e, m, from); err != nil {
			return err
		}
	}
	return nil
}

func (r *statementReader) limit(l Limit) {
	if !slices.Contains(r.image.Limits, l) {
		r.image.Limits = append(r.image.Limits, l)
	}
}

package page

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"archway/test/rehearse/internal/report"
)

// Registry is a registry repository with the indexes in it.
type Registry struct {
	Name    string
	Indexes []Index
}

// Index is an image index with its images.
type Index struct {
	Digest string
	Tags   []string
	// Judged reports whether a validator looked at it, Valid what it said.
	Judged, Valid bool
	Findings      []Finding // about the index itself
	Images        []Image
}

// Verdict is what the validator said, in words.
func (i Index) Verdict() Status {
	switch {
	case !i.Judged:
		return Status{"?", "not judged", "none"}
	case i.Valid:
		return Status{"✓", "valid", "good"}
	}
	return Status{"✗", "not valid", "bad"}
}

// Image is an entry of an index, with the attestations about it.
type Image struct {
	Platform, Digest, Size string
	Findings               []Finding
	Attestations           []Image
}

func newRegistry(r report.Registry, verdicts []verdict) Registry {
	view := Registry{Name: r.Name}
	for _, t := range append(slices.Clone(r.Tagged), r.Untagged...) {
		if t.Index() {
			view.Indexes = append(view.Indexes, newIndex(t, verdicts))
		}
	}
	return view
}

func newIndex(t report.Tagged, verdicts []verdict) Index {
	index := Index{Digest: t.Digest, Tags: t.Tags}
	about := map[string][]Finding{}
	for _, v := range verdicts {
		if v.digest != t.Digest {
			continue
		}
		// A repeated job says the same once more: the last word counts.
		index.Judged, index.Valid = true, v.valid
		clear(about)
		for _, f := range v.findings {
			about[f.digest] = append(about[f.digest], f)
		}
	}
	take := func(digest string) []Finding {
		taken := about[digest]
		delete(about, digest)
		return taken
	}
	for _, e := range t.Entries {
		if e.Attests != "" {
			continue
		}
		image := newImage(e, take(e.Digest))
		for _, other := range t.Entries {
			if other.Attests == e.Digest {
				image.Attestations = append(image.Attestations, newImage(other, take(other.Digest)))
			}
		}
		index.Images = append(index.Images, image)
	}
	// What is about none of the entries is about the index.
	for _, digest := range slices.Sorted(maps.Keys(about)) {
		index.Findings = append(index.Findings, about[digest]...)
	}
	return index
}

func newImage(e report.Entry, findings []Finding) Image {
	return Image{Platform: e.Platform, Digest: e.Digest, Size: size(e.Size), Findings: findings}
}

func size(bytes int64) string {
	if bytes < 1000 {
		return fmt.Sprintf("%d bytes", bytes)
	}
	return fmt.Sprintf("%.1f kB", float64(bytes)/1000)
}

// Tag is a tag before and after the execution.
type Tag struct {
	Registry, Name string
	Before, After  *Digest // nil for nothing
	Change         Status
}

// Digest is a digest, and what people compare of it.
type Digest struct{ Full, Short string }

func newDigest(text string) *Digest {
	if text == "" {
		return nil
	}
	return &Digest{text, text[:min(len(text), len("sha256:")+12)]}
}

// tags compares what tags serve before and after.
func tags(before, after []report.Registry) []Tag {
	type name struct{ registry, tag string }
	serves := map[name][2]string{}
	for i, registries := range [][]report.Registry{before, after} {
		for _, r := range registries {
			for _, t := range r.Tagged {
				for _, tag := range t.Tags {
					pair := serves[name{r.Name, tag}]
					pair[i] = t.Digest
					serves[name{r.Name, tag}] = pair
				}
			}
		}
	}
	var all []Tag
	for n, pair := range serves {
		all = append(all,
			Tag{Registry: n.registry, Name: n.tag, Before: newDigest(pair[0]), After: newDigest(pair[1]),
				Change: change(pair[0], pair[1])})
	}
	slices.SortFunc(all, func(a, b Tag) int {
		return cmp.Or(strings.Compare(a.Registry, b.Registry), strings.Compare(a.Name, b.Name))
	})
	return all
}

func change(before, after string) Status {
	switch {
	case before == "":
		return Status{"+", "new", "good"}
	case after == "":
		return Status{"−", "gone", "bad"}
	case before != after:
		return Status{"→", "moved", "good"}
	}
	return Status{"=", "as before", "none"}
}

package report

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Source reads a registry.
type Source interface {
	Tags(repository string) (map[string]string, error)
	Manifest(repository, reference string) (manifest []byte, mediaType string, err error)
}

// ReadRegistry describes a registry repository as it is. Of the digests in made, those are
// described as well that the repository has and that no tag serves.
func ReadRegistry(source Source, repository string, made ...string) (Registry, error) {
	r := Registry{Name: repository, Tagged: []Tagged{}}
	tags, err := source.Tags(repository)
	if err != nil {
		return r, err
	}
	byDigest := map[string][]string{}
	for _, tag := range slices.Sorted(maps.Keys(tags)) {
		byDigest[tags[tag]] = append(byDigest[tags[tag]], tag)
	}
	for digest, tags := range byDigest {
		t, err := readTagged(source, repository, digest)
		if err != nil {
			return r, err
		}
		t.Tags = tags
		r.Tagged = append(r.Tagged, t)
	}
	slices.SortFunc(r.Tagged, func(a, b Tagged) int { return cmp.Compare(a.Tags[0], b.Tags[0]) })
	for _, digest := range made {
		if byDigest[digest] != nil {
			continue
		}
		// It may have been made for another repository.
		if t, err := readTagged(source, repository, digest); err == nil {
			r.Untagged = append(r.Untagged, t)
		}
	}
	return r, nil
}

// The annotations of BuildKit's attestations.
const (
	referenceType   = "vnd.docker.reference.type"
	referenceDigest = "vnd.docker.reference.digest"
)

func readTagged(source Source, repository, digest string) (Tagged, error) {
	content, mediaType, err := source.Manifest(repository, digest)
	if err != nil {
		return Tagged{}, fmt.Errorf("%s@%s: %w", repository, digest, err)
	}
	t := Tagged{Digest: digest, MediaType: mediaType}
	var index struct {
		Manifests []struct {
			Digest      string            `json:"digest"`
			Size        int64             `json:"size"`
			Annotations map[string]string `json:"annotations"`
			Platform    struct {
				OS           string `json:"os"`
				Architecture string `json:"architecture"`
				Variant      string `json:"variant"`
			} `json:"platform"`
		} `json:"manifests"`
	}
	if err := json.Unmarshal(content, &index); err != nil {
		return t, fmt.Errorf("%s@%s: %w", repository, digest, err)
	}
	for _, m := range index.Manifests {
		e := Entry{Digest: m.Digest, Size: m.Size}
		parts := []string{m.Platform.OS, m.Platform.Architecture}
		if m.Platform.Variant != "" {
			parts = append(parts, m.Platform.Variant)
		}
		e.Platform = strings.Join(parts, "/")
		if m.Annotations[referenceType] != "" {
			e.Attests = m.Annotations[referenceDigest]
		}
		t.Entries = append(t.Entries, e)
	}
	return t, nil
}

package ecr

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Image is what DescribeImages tells about an image.
type Image struct {
	Digest, MediaType string
	Tags              []string
	// Pushed is when the manifest came into the repository. The same one again does not change it.
	Pushed time.Time
}

// remember notes when a manifest came; repo.writing is held. ECR tells it in whole seconds.
func (r *Registry) remember(repo *repository, manifest []byte) {
	digest := fmt.Sprintf("sha256:%x", sha256.Sum256(manifest))
	if _, known := repo.pushed[digest]; !known {
		repo.pushed[digest] = r.options.Now().Truncate(time.Second)
	}
}

// Describe is ECR's DescribeImages for one image, by digest or tag. The error is an *Error.
func (r *Registry) Describe(repository, digest, tag string) (Image, error) {
	repo, err := r.repository(repository)
	if err != nil {
		return Image{}, err
	}
	tags, err := r.Tags(repository)
	if err != nil {
		return Image{}, err
	}
	repo.writing.Lock()
	defer repo.writing.Unlock()
	found := digest
	if tag != "" && (digest == "" || tags[tag] == digest) {
		found = tags[tag]
	} else if tag != "" {
		found = ""
	}
	pushed, known := repo.pushed[found]
	if !known {
		return Image{}, &Error{"ImageNotFoundException", fmt.Sprintf(
			"The image with imageId {imageDigest:'%s', imageTag:'%s'} does not exist within the repository with name '%s' "+
				"in the registry with id '%s'",
			orNull(digest), orNull(tag), repository, r.ID())}
	}
	image := Image{Digest: found, Pushed: pushed}
	for _, name := range slices.Sorted(maps.Keys(tags)) {
		if tags[name] == found {
			image.Tags = append(image.Tags, name)
		}
	}
	_, image.MediaType, err = r.Manifest(repository, found)
	return image, err
}

func orNull(s string) string {
	if s == "" {
		return "null"
	}
	return s
}

package ecr

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// Error is a refusal with the name that ECR's API has for it, such as
// ImageTagAlreadyExistsException.
type Error struct {
	Code    string
	Message string
}

func (e *Error) Error() string { return e.Code + ": " + e.Message }

var (
	tagPattern    = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$`)
	digestPattern = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)
)

// PutImage is ECR's operation of that name: it stores a manifest, and points tag
// at it unless tag is empty. If digest is not empty the manifest must have it.
// mediaType may be empty if the manifest itself says it. The error is an *Error.
func (r *Registry) PutImage(repository, mediaType string, manifest []byte, digest, tag string) error {
	repo, err := r.repository(repository)
	if err != nil {
		return err
	}
	if tag != "" && !tagPattern.MatchString(tag) {
		return invalid("imageTag", tag, tagPattern.String())
	}
	if digest != "" && !digestPattern.MatchString(digest) {
		return invalid("imageDigest", digest, digestPattern.String())
	}
	var body struct {
		MediaType string       `json:"mediaType"`
		Config    descriptor   `json:"config"`
		Layers    []descriptor `json:"layers"`
		Manifests []descriptor `json:"manifests"`
	}
	err = json.Unmarshal(manifest, &body)
	if mediaType == "" {
		mediaType = body.MediaType
	}
	if err != nil || mediaType == "" {
		return &Error{"InvalidParameterException",
			"Invalid parameter at 'ImageManifest' failed to satisfy constraint: 'Invalid JSON syntax'"}
	}
	if err := unsupported(manifest); err != nil {
		return &Error{"InvalidParameterException", err.Error()}
	}
	if !slices.Contains(acceptAll, mediaType) {
		return invalid("imageManifestMediaType", mediaType, strings.Join(acceptAll, " or "))
	}
	actual := fmt.Sprintf("sha256:%x", sha256.Sum256(manifest))
	if digest != "" && digest != actual {
		return &Error{"ImageDigestDoesNotMatchException", fmt.Sprintf(
			"The specified image digest '%s' does not match the digest '%s' that was calculated for the image", digest,
			actual)}
	}

	repo.writing.Lock()
	defer repo.writing.Unlock()
	reference := actual
	if tag != "" {
		reference = tag
	}
	current, err := r.backend.digest(repository, reference)
	if err != nil {
		return serverError(err)
	}
	switch {
	case current == actual:
		return &Error{"ImageAlreadyExistsException", fmt.Sprintf(
			"Image with digest '%s'%s already exists in the repository with name '%s' in registry with id '%s'", actual,
			tagClause(tag), repository, r.ID())}
	case current != "" && repo.immutable(tag):
		return &Error{"ImageTagAlreadyExistsException", taken(repository, tag)}
	}
	for _, child := range body.Manifests {
		found, err := r.backend.digest(repository, child.Digest)
		if err != nil {
			return serverError(err)
		}
		if found == "" {
			return &Error{"ReferencedImagesNotFoundException", fmt.Sprintf(
				"The manifest list references image '%s', which does not exist in the repository with name '%s' in registry with id '%s'",
				child.Digest, repository, r.ID())}
		}
	}
	if missing := r.missingLayers(repository, append(body.Layers, body.Config)); len(missing) > 0 {
		return &Error{"LayersNotFoundException", fmt.Sprintf(
			"Layers with digests '[%s]' required for pushing image into repository with name '%s' "+
				"in the registry with id '%s' do not exist",
			strings.Join(missing, ", "), repository, r.ID())}
	}
	answer := r.backend.manifest(http.MethodPut, repository, reference, mediaType, manifest)
	switch answer.Code {
	case http.StatusCreated:
		r.remember(repo, manifest)
		return nil
	case http.StatusBadRequest:
		return &Error{"InvalidParameterException", "Invalid parameter at 'ImageManifest': " + answer.Body.String()}
	}
	return serverError(fmt.Errorf("PUT of %s in %s: HTTP %d: %s", reference, repository, answer.Code, answer.Body))
}

// descriptor is what is looked at of a descriptor.
type descriptor struct {
	MediaType string `json:"mediaType"`
	Digest    string `json:"digest"`
}

// missingLayers are the blobs that a repository lacks.
func (r *Registry) missingLayers(repository string, blobs []descriptor) []string {
	var missing []string
	for _, blob := range blobs {
		if blob.Digest != "" && r.blobStatus(repository, blob.Digest) != http.StatusOK {
			missing = append(missing, blob.Digest)
		}
	}
	return missing
}

// Manifest reads a manifest by tag or digest without credentials. The error is
// an *Error with ImageNotFoundException if there is none.
func (r *Registry) Manifest(repository, reference string) (manifest []byte, mediaType string, err error) {
	if _, err := r.repository(repository); err != nil {
		return nil, "", err
	}
	answer := r.backend.manifest(http.MethodGet, repository, reference, "", nil)
	switch answer.Code {
	case http.StatusOK:
		return answer.Body.Bytes(), answer.Header().Get("Content-Type"), nil
	case http.StatusNotFound:
		return nil, "", &Error{"ImageNotFoundException", fmt.Sprintf(
			"The image '%s' does not exist within the repository with name '%s' in the registry with id '%s'",
			reference, repository, r.ID())}
	}
	return nil, "",
		serverError(fmt.Errorf("GET of %s in %s: HTTP %d: %s", reference, repository, answer.Code, answer.Body))
}

// Tags returns the digest that each tag of a repository points at.
func (r *Registry) Tags(repository string) (map[string]string, error) {
	if _, err := r.repository(repository); err != nil {
		return nil, err
	}
	names, err := r.backend.tags(repository)
	if err != nil {
		return nil, serverError(err)
	}
	tags := make(map[string]string, len(names))
	for _, name := range names {
		if tags[name], err = r.backend.digest(repository, name); err != nil {
			return nil, serverError(err)
		}
	}
	return tags, nil
}

func invalid(parameter, got, allowed string) *Error {
	return &Error{"InvalidParameterException", fmt.Sprintf(
		"Invalid parameter at '%s' failed to satisfy constraint: '%s'; got '%s'", parameter, allowed, got)}
}

func serverError(err error) *Error { return &Error{"ServerException", err.Error()} }

func tagClause(tag string) string {
	if tag == "" {
		return ""
	}
	return " and tag '" + tag + "'"
}

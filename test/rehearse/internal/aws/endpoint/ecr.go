package endpoint

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"

	"github.com/opencontainers/go-digest"
)

// Registry is the registry behind the ECR calls. Its errors that ECR has a name
// for are of the type *Error.
type Registry interface {
	// Authorize accepts a password of the user from now on; it was given to caller.
	Authorize(caller Caller, user, password string)
	PutImage(repository, mediaType string, manifest []byte, digest, tag string) error
	// DescribeImage tells about an image, by its digest or its tag or both.
	DescribeImage(repository, digest, tag string) (Image, error)
}

// Image is what ECR tells about an image, as far as it is known here.
type Image struct {
	Registry   string   `json:"registryId"`
	Repository string   `json:"repositoryName"`
	Digest     string   `json:"imageDigest"`
	Tags       []string `json:"imageTags,omitempty"`
	Pushed     int64    `json:"imagePushedAt"` // in seconds since 1970
	MediaType  string   `json:"imageManifestMediaType"`
}

// tokenValidity is how long ECR's passwords are valid.
const tokenValidity = 12 * time.Hour

func (s *Server) getAuthorizationToken(caller Caller, _ []byte) (any, error) {
	const user = "AWS"
	password := rand.Text() + rand.Text()
	encoded := base64.StdEncoding.EncodeToString([]byte(user + ":" + password))
	s.options.Secrets.Add(password)
	s.options.Secrets.Add(encoded)
	s.options.Registry.Authorize(caller, user, password)
	return map[string]any{"authorizationData": []any{map[string]any{
		"authorizationToken": encoded,
		"expiresAt":          time.Now().Add(tokenValidity).Unix(),
		"proxyEndpoint":      "https://" + s.options.RegistryHost,
	}}}, nil
}

type putImageInput struct {
	RegistryID     string `json:"registryId"`
	RepositoryName string `json:"repositoryName"`
	Manifest       string `json:"imageManifest"`
	MediaType      string `json:"imageManifestMediaType"`
	Tag            string `json:"imageTag"`
	Digest         string `json:"imageDigest"`
}

// describeImages answers for images that the call names. Lists of all images, and pages of them,
// are left out.
func (s *Server) describeImages(_ Caller, body []byte) (any, error) {
	var in struct {
		RepositoryName string `json:"repositoryName"`
		IDs            []struct {
			Digest string `json:"imageDigest"`
			Tag    string `json:"imageTag"`
		} `json:"imageIds"`
	}
	if err := decode(body, &in); err != nil {
		return nil, err
	}
	if len(in.IDs) == 0 {
		return nil, &Error{"InvalidParameterException",
			"the rehearsal describes images that the call names only: give imageIds"}
	}
	details := []Image{}
	for _, id := range in.IDs {
		image, err := s.options.Registry.DescribeImage(in.RepositoryName, id.Digest, id.Tag)
		if err != nil {
			return nil, err
		}
		image.Registry, image.Repository = s.options.Account, in.RepositoryName
		details = append(details, image)
	}
	return map[string]any{"imageDetails": details}, nil
}

func (s *Server) putImage(_ Caller, body []byte) (any, error) {
	var in putImageInput
	if err := decode(body, &in); err != nil {
		return nil, err
	}
	if in.RegistryID == "" {
		in.RegistryID = s.options.Account
	}
	if in.RegistryID != s.options.Account {
		return nil, &Error{"RepositoryNotFoundException", fmt.Sprintf(
			"The repository with name '%s' does not exist in the registry with id '%s'", in.RepositoryName,
			in.RegistryID)}
	}
	for field, value := range map[string]string{"repositoryName": in.RepositoryName, "imageManifest": in.Manifest} {
		if value == "" {
			return nil, &Error{"InvalidParameterException", fmt.Sprintf(
				"Invalid parameter at '%s' failed to satisfy constraint: 'must not be empty'", field)}
		}
	}
	if in.MediaType == "" {
		// ECR takes the type from the manifest if the call does not name it.
		var declared struct {
			MediaType string `json:"mediaType"`
		}
		if err := json.Unmarshal([]byte(in.Manifest), &declared); err != nil || declared.MediaType == "" {
			return nil,
				&Error{"InvalidParameterException",
					"Invalid parameter at 'ImageManifest' failed to satisfy constraint: 'Invalid JSON syntax', or it has no mediaType"}
		}
		in.MediaType = declared.MediaType
	}
	if err := s.options.Registry.PutImage(in.RepositoryName, in.MediaType, []byte(in.Manifest), in.Digest,
		in.Tag); err != nil {
		return nil, err
	}
	id := map[string]string{"imageDigest": digest.FromString(in.Manifest).String()}
	if in.Tag != "" {
		id["imageTag"] = in.Tag
	}
	return map[string]any{"image": map[string]any{
		"registryId":             in.RegistryID,
		"repositoryName":         in.RepositoryName,
		"imageId":                id,
		"imageManifest":          in.Manifest,
		"imageManifestMediaType": in.MediaType,
	}}, nil
}

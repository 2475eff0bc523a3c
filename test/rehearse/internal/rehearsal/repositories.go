package rehearsal

import (
	"errors"

	"archway/test/rehearse/internal/aws/ecr"
	"archway/test/rehearse/internal/aws/endpoint"
)

// repositories is the registry behind ECR's calls.
type repositories struct {
	registry *ecr.Registry
	allow    func(endpoint.Caller, endpoint.Need) error
}

// Authorize implements endpoint.Registry: who has the password may do what the
// caller may that asked for it.
func (e repositories) Authorize(caller endpoint.Caller, user, password string) {
	e.registry.AuthorizeFor(user, password, func(action, repository string) error {
		return e.allow(caller, endpoint.Need{Action: action, Resource: repositoryARN(repository)})
	})
}

// PutImage implements endpoint.Registry.
func (e repositories) PutImage(repository, mediaType string, manifest []byte, digest, tag string) error {
	return named(e.registry.PutImage(repository, mediaType, manifest, digest, tag))
}

// DescribeImage implements endpoint.Registry.
func (e repositories) DescribeImage(repository, digest, tag string) (endpoint.Image, error) {
	image, err := e.registry.Describe(repository, digest, tag)
	return endpoint.Image{
		Digest: image.Digest, Tags: image.Tags, Pushed: image.Pushed.Unix(), MediaType: image.MediaType,
	}, named(err)
}

// named is a refusal of the registry as the API has it.
func named(err error) error {
	var refusal *ecr.Error
	if errors.As(err, &refusal) {
		return &endpoint.Error{Code: refusal.Code, Message: refusal.Message}
	}
	return err
}

// scan tells what was found in an image. Unless somebody says otherwise nothing is found in an
// image that can be scanned.
func (r *Rehearsal) scan(repository, digest string) (endpoint.Scan, error) {
	found, err := r.reg.Scan(repository, digest)
	if err != nil {
		return endpoint.Scan{}, named(err)
	}
	if r.options.Scan == nil {
		return endpoint.Scan{Status: found.Status, Description: found.Description}, nil
	}
	return r.options.Scan(repository, digest), nil
}

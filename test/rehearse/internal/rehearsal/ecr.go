package rehearsal

import (
	"errors"

	"archway/test/rehearse/internal/awsapi"
	"archway/test/rehearse/internal/registry"
)

// ecr is the registry behind ECR's calls.
type ecr struct {
	registry *registry.Registry
	allow    func(awsapi.Caller, awsapi.Need) error
}

// Authorize implements awsapi.Registry: who has the password may do what the
// caller may that asked for it.
func (e ecr) Authorize(caller awsapi.Caller, user, password string) {
	e.registry.AuthorizeFor(user, password, func(action, repository string) error {
		return e.allow(caller, awsapi.Need{Action: action, Resource: repositoryARN(repository)})
	})
}

// PutImage implements awsapi.Registry.
func (e ecr) PutImage(repository, mediaType string, manifest []byte, digest, tag string) error {
	return named(e.registry.PutImage(repository, mediaType, manifest, digest, tag))
}

// DescribeImage implements awsapi.Registry.
func (e ecr) DescribeImage(repository, digest, tag string) (awsapi.Image, error) {
	image, err := e.registry.Describe(repository, digest, tag)
	return awsapi.Image{
		Digest: image.Digest, Tags: image.Tags, Pushed: image.Pushed.Unix(), MediaType: image.MediaType,
	}, named(err)
}

// named is a refusal of the registry as the API has it.
func named(err error) error {
	var refusal *registry.Error
	if errors.As(err, &refusal) {
		return &awsapi.Error{Code: refusal.Code, Message: refusal.Message}
	}
	return err
}

// scan tells what was found in an image. Unless somebody says otherwise nothing is found in an
// image that can be scanned.
func (r *Rehearsal) scan(repository, digest string) (awsapi.Scan, error) {
	found, err := r.reg.Scan(repository, digest)
	if err != nil {
		return awsapi.Scan{}, named(err)
	}
	if r.options.Scan == nil {
		return awsapi.Scan{Status: found.Status, Description: found.Description}, nil
	}
	return r.options.Scan(repository, digest), nil
}

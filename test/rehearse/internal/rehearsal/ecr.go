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
	err := e.registry.PutImage(repository, mediaType, manifest, digest, tag)
	var refusal *registry.Error
	if errors.As(err, &refusal) {
		return &awsapi.Error{Code: refusal.Code, Message: refusal.Message}
	}
	return err
}

// scan tells what was found in an image. Nothing is scanned here: unless somebody
// says otherwise, every image has been, and nothing was found.
func (r *Rehearsal) scan(repository, digest string) (awsapi.Scan, error) {
	if _, _, err := r.reg.Manifest(repository, digest); err != nil {
		return awsapi.Scan{}, &awsapi.Error{Code: "ImageNotFoundException", Message: err.Error()}
	}
	if r.options.Scan == nil {
		return awsapi.Scan{Status: "COMPLETE"}, nil
	}
	return r.options.Scan(repository, digest), nil
}

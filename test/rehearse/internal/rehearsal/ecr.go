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

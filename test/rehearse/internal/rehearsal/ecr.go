package rehearsal

import (
	"errors"

	"archway/test/rehearse/internal/awsapi"
	"archway/test/rehearse/internal/registry"
)

// ecr is the registry behind ECR's calls.
type ecr struct{ registry *registry.Registry }

// Authorize implements awsapi.Registry.
func (e ecr) Authorize(_ awsapi.Caller, user, password string) { e.registry.Authorize(user, password) }

// PutImage implements awsapi.Registry.
func (e ecr) PutImage(repository, mediaType string, manifest []byte, digest, tag string) error {
	err := e.registry.PutImage(repository, mediaType, manifest, digest, tag)
	var refusal *registry.Error
	if errors.As(err, &refusal) {
		return &awsapi.Error{Code: refusal.Code, Message: refusal.Message}
	}
	return err
}

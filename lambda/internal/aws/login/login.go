// Package login logs in to Amazon ECR and opens repositories there, with a function's own role.
package login

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"archway/lambda/internal/image/registry"
)

// Open opens a repository.
type Open = func(context.Context, name.Repository) (*registry.Repository, error)

// Reader opens repositories for reading.
func Reader(cfg aws.Config) Open { return with(cfg, transport.PullScope) }

// Writer opens repositories for reading and writing.
func Writer(cfg aws.Config) Open { return with(cfg, transport.PushScope) }

func with(cfg aws.Config, access string) Open {
	return func(ctx context.Context, repository name.Repository) (*registry.Repository, error) {
		auth, err := Token(ctx, cfg, repository.RegistryStr())
		if err != nil {
			return nil, err
		}
		return registry.Open(ctx, repository, auth, access, registry.InPipeline)
	}
}

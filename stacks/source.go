package stacks

import (
	"archway/config"
	archway "archway/constructs"

	"github.com/aws/aws-cdk-go/awscdk/v2"
)

// newSource adds what the pipeline builds from.
func newSource(stack awscdk.Stack, cfg *config.Source, removal awscdk.RemovalPolicy) archway.Source {
	return archway.NewCodeCommit(stack, "Source", &archway.CodeCommitProps{
		RepositoryName: cfg.Repository,
		Existing:       cfg.Existing,
		Branch:         cfg.Branch,
		Seed:           cfg.Seed,
		RemovalPolicy:  removal,
	})
}

package stacks

import (
	"slices"

	"archway/config"
	archway "archway/constructs"
	"archway/internal/spec"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// newRegistry adds the stack of what an account has once in a Region, for the repositories of all
// pipelines. No other stack depends on it: one that does is destroyed along with it.
func newRegistry(scope constructs.Construct, cfg *config.Plan) {
	if cfg.Registry.Signing == nil && !slices.ContainsFunc(cfg.Registry.PullThrough, created) {
		return // CloudFormation refuses a stack without resources
	}
	tags := map[string]*string{projectTag: jsii.String("archway")}
	stack := awscdk.NewStack(scope, jsii.String(config.RegistryStack), &awscdk.StackProps{
		Tags:        &tags,
		Description: description("what the account's registry does for the images of all pipelines"),
	})
	if signing := cfg.Registry.Signing; signing != nil {
		archway.NewSigning(stack, "Signing", &archway.SigningProps{
			ProfileName:  signing.Profile,
			Existing:     signing.Existing,
			Repositories: releases(cfg),
		})
	}
	for _, cache := range cfg.Registry.PullThrough {
		if created(cache) {
			archway.NewPullThroughCache(stack, "PullThrough-"+string(cache.Upstream), &archway.PullThroughCacheProps{
				Upstream:       cache.Upstream,
				Prefix:         cache.Prefix,
				CredentialsARN: cache.Credentials,
			})
		}
	}
	addTags(stack, tags)
}

func created(cache spec.PullThrough) bool { return !cache.Existing }

// releases are the names of the repositories that people pull from, of all pipelines.
func releases(cfg *config.Plan) []string {
	var names []string
	for _, pipeline := range cfg.Pipelines {
		if !pipeline.Promotes {
			continue
		}
		for _, image := range pipeline.Images {
			names = append(names, image.Repository)
		}
	}
	return names
}

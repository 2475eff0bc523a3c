package stacks

import (
	"archway/config"
	archway "archway/constructs"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// newRegistry adds the stack of what an account has once in a Region, for the repositories of all pipelines. No other stack
// depends on it: one that does is destroyed along with it.
func newRegistry(scope constructs.Construct, cfg *config.Config) {
	signing := cfg.Registry.Signing
	if signing == nil {
		return // CloudFormation refuses a stack without resources
	}
	tags := map[string]*string{projectTag: jsii.String("archway")}
	stack := awscdk.NewStack(scope, jsii.String(config.RegistryStack), &awscdk.StackProps{
		Tags:        &tags,
		Description: jsii.String("Archway: what the account's registry does with the images of all pipelines"),
	})
	archway.NewSigning(stack, "Signing", &archway.SigningProps{
		ProfileName:  signing.Profile,
		Existing:     signing.Existing,
		Repositories: repositories(cfg),
	})
	addTags(stack, tags)
}

// repositories are the names of all pipelines' repositories for images.
func repositories(cfg *config.Config) []string {
	var names []string
	for _, pipeline := range cfg.Pipelines {
		for _, image := range pipeline.Images {
			names = append(names, image.Repository)
		}
	}
	return names
}

package stacks

import (
	"strings"

	"archway/config"
	archway "archway/constructs"

	"github.com/aws/aws-cdk-go/awscdk/v2"
)

// addOutputs shows after a deployment what a person needs next.
func addOutputs(stack awscdk.Stack, cfg *config.Pipeline, source *archway.Source, pipeline *archway.Pipeline) {
	output := func(id, description string, value *string) {
		awscdk.NewCfnOutput(stack, &id, &awscdk.CfnOutputProps{Description: &description, Value: value})
	}
	output("CloneUrl", "git clone over HTTPS", source.CloneURL())
	output("CloneUrlGrc", "git clone with AWS credentials (git-remote-codecommit)", source.CloneURLGRC())
	output("Console", "The pipeline in the console", pipeline.ConsoleURL)
	removal := afterRemoval(cfg)
	output("Removal", "What cdk destroy leaves behind", &removal)
}

// afterRemoval says what is still there when the stack is gone, and what is not.
func afterRemoval(cfg *config.Pipeline) string {
	source := "the source repository " + cfg.Source.Repository
	var images []string
	for _, image := range cfg.Images {
		images = append(images, image.Repository)
	}
	registries := "the images in " + strings.Join(images, ", ")
	switch {
	case cfg.RemovalPolicy == config.Destroy && cfg.Source.Existing:
		return "Only " + source + ", which was there before. Everything else is deleted, " + registries + " too (removalPolicy DESTROY)."
	case cfg.RemovalPolicy == config.Destroy:
		return "Nothing: everything is deleted, " + registries + " and " + source + " too (removalPolicy DESTROY)."
	default:
		return "All that must not be lost: " + source + ", " + registries + ", the logs, and the artifact bucket, which empties itself. Delete them by hand when nothing needs them."
	}
}

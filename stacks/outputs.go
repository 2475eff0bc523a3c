package stacks

import (
	archway "archway/constructs"

	"github.com/aws/aws-cdk-go/awscdk/v2"
)

// addOutputs shows after a deployment what a person needs next.
func addOutputs(stack awscdk.Stack, source *archway.Source, pipeline *archway.Pipeline) {
	output := func(id, description string, value *string) {
		awscdk.NewCfnOutput(stack, &id, &awscdk.CfnOutputProps{Description: &description, Value: value})
	}
	output("CloneUrl", "git clone over HTTPS", source.CloneURL())
	output("CloneUrlGrc", "git clone with AWS credentials (git-remote-codecommit)", source.CloneURLGRC())
	output("Console", "The pipeline in the console", pipeline.ConsoleURL)
}

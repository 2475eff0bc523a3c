package stacks

import (
	"archway/config"
	archway "archway/constructs"

	"github.com/aws/aws-cdk-go/awscdk/v2"
)

// newValidator adds the function that validates, and the schedule on which it looks at what was promoted, if there is one.
// It tells props.Topic.
func newValidator(stack awscdk.Stack, cfg *config.Pipeline, images []archway.PipelineImage, props archway.RegistryFunctionProps) *archway.GoFunction {
	if cfg.DriftCheck.Schedule == "" {
		props.Topic = nil
		return archway.NewValidator(stack, "Validate", &props)
	}
	var public []archway.PipelineImage
	for i := range images {
		if cfg.Images[i].Tags.Public() {
			public = append(public, images[i])
		}
	}
	validator := archway.NewValidator(stack, "Validate", &props)
	archway.NewDriftCheck(stack, "DriftCheck", &archway.DriftCheckProps{
		Validator: validator.Function,
		Topic:     props.Topic,
		Images:    public,
		Schedule:  cfg.DriftCheck.Schedule,
		Branch:    cfg.Source.Branch,
	})
	return validator
}

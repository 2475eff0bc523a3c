package stacks

import (
	"archway/config"
	archway "archway/constructs"
	"archway/internal/rule"

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
		if hasPublicTag(cfg, &cfg.Images[i]) {
			public = append(public, images[i])
		}
	}
	validator := archway.NewValidator(stack, "Validate", &props)
	archway.NewDriftCheck(stack, "DriftCheck", &archway.DriftCheckProps{
		Validator: validator.Function,
		Topic:     props.Topic,
		Images:    public,
		Rules:     props.Rules,
		Schedule:  cfg.DriftCheck.Schedule,
		Branch:    cfg.Source.Branch,
	})
	return validator
}

// hasPublicTag tells whether an image has a moving tag that is always called the same, under the rules if there are any.
func hasPublicTag(cfg *config.Pipeline, image *config.Image) bool {
	if len(cfg.Rules) == 0 {
		return image.Tags.Public()
	}
	public, err := rule.Publics(cfg.Promotions(), image.Name)
	return err == nil && len(public) > 0
}

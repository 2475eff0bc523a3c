package stacks

import (
	"archway/config"
	archway "archway/constructs"
	"archway/internal/rule"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
)

// newValidator adds the function that validates, and the schedule on which it looks at what was promoted, if there is one.
func newValidator(stack awscdk.Stack, cfg *config.Pipeline, images []archway.PipelineImage, props archway.RegistryFunctionProps) *archway.GoFunction {
	if cfg.DriftCheck.Schedule == "" {
		return archway.NewValidator(stack, "Validate", &props)
	}
	var public []archway.PipelineImage
	for i := range images {
		if hasPublicTag(cfg, &cfg.Images[i]) {
			public = append(public, images[i])
		}
	}
	topic := archway.NewTopic(stack, "Drift", &archway.TopicProps{Email: cfg.DriftCheck.Email}).Topic
	props.Topic = topic
	validator := archway.NewValidator(stack, "Validate", &props)
	archway.NewDriftCheck(stack, "DriftCheck", &archway.DriftCheckProps{
		Validator: validator.Function,
		Topic:     topic,
		Images:    public,
		Rules:     props.Rules,
		Schedule:  cfg.DriftCheck.Schedule,
		Branch:    cfg.Source.Branch,
	})
	awscdk.NewCfnOutput(stack, jsii.String("DriftTopic"), &awscdk.CfnOutputProps{
		Description: jsii.String("Tells what the public tags serve that they should not; subscribe to it"),
		Value:       topic.TopicArn(),
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

package stacks

import (
	"archway/config"
	archway "archway/constructs"

	"github.com/aws/aws-cdk-go/awscdk/v2"
)

// newValidator adds the function that validates, and the schedule on which it looks at what was
// promoted, if there is one. It then tells props.Topic.
func newValidator(stack awscdk.Stack, cfg *config.Planned, props archway.ValidatorProps) *archway.GoFunction {
	if cfg.DriftCheck.Schedule == "" {
		props.Topic = nil
		return archway.NewValidator(stack, "Validate", &props)
	}
	validator := archway.NewValidator(stack, "Validate", &props)
	archway.NewDriftCheck(stack, "DriftCheck", &archway.DriftCheckProps{
		Delivery:  props.Delivery,
		Validator: validator.Function,
		Schedule:  cfg.DriftCheck.Schedule,
	})
	return validator
}

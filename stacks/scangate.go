package stacks

import (
	"slices"

	"archway/config"
	archway "archway/constructs"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
)

func hasScanGate(image config.Image) bool { return image.ScanGate != nil }

// newScanGate adds the function that judges scans, if an image asks for it. It may look at those images only.
func newScanGate(stack awscdk.Stack, cfg *config.Planned, delivery *archway.Delivery, logs archway.Logs) awslambda.IFunction {
	if !slices.ContainsFunc(cfg.Images, hasScanGate) {
		return nil
	}
	return archway.NewScanGate(stack, "ScanGate", &archway.ScanGateProps{
		Delivery: delivery,
		Logs:     logs,
	}).Function
}

package stacks

import (
	"archway/config"
	archway "archway/constructs"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
)

func hasScanGate(image config.Image) bool { return image.ScanGate != nil }

// newScanGate adds the function that judges scans. It may look at the images only that ask for it.
func newScanGate(stack awscdk.Stack, delivery *archway.Delivery, logs archway.Logs) awslambda.IFunction {
	return archway.NewScanGate(stack, "ScanGate", &archway.ScanGateProps{
		Delivery: delivery,
		Logs:     logs,
	}).Function
}

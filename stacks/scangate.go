package stacks

import (
	"slices"
	"time"

	"archway/config"
	archway "archway/constructs"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
)

func hasScanGate(image config.Image) bool { return image.ScanGate != nil }

// newScanGate adds the function that judges scans, if an image asks for it. It may look at those images only.
func newScanGate(stack awscdk.Stack, cfg *config.Pipeline, delivery *archway.Delivery, logs archway.Logs) awslambda.IFunction {
	if !slices.ContainsFunc(cfg.Images, hasScanGate) {
		return nil
	}
	return archway.NewScanGate(stack, "ScanGate", &archway.ScanGateProps{
		Delivery: delivery,
		Enhanced: slices.ContainsFunc(cfg.Images, func(i config.Image) bool { return hasScanGate(i) && i.ScanGate.Enhanced }),
		Logs:     logs,
	}).Function
}

func scanLimits(cfg *config.ScanGate) *archway.ScanLimits {
	if cfg == nil {
		return nil
	}
	limits := &archway.ScanLimits{
		Critical: &cfg.Critical, High: &cfg.High, Medium: cfg.Medium, Low: cfg.Low,
		Timeout:          time.Duration(cfg.TimeoutMinutes) * time.Minute,
		AllowUnscannable: cfg.AllowUnscannable,
	}
	for _, a := range cfg.Accept {
		limits.Accepted = append(limits.Accepted, archway.AcceptedFinding{ID: a.ID, Reason: a.Reason, Until: a.Until})
	}
	return limits
}

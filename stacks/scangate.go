package stacks

import (
	"slices"
	"time"

	"archway/config"
	archway "archway/constructs"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsecr"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
)

func hasScanGate(image config.Image) bool { return image.ScanGate != nil }

// newScanGate adds the function that judges scans, if an image asks for it. It may look at those images only.
func newScanGate(stack awscdk.Stack, cfg *config.Pipeline, images []archway.PipelineImage, key awskms.IKey, removal awscdk.RemovalPolicy) awslambda.IFunction {
	if !slices.ContainsFunc(cfg.Images, hasScanGate) {
		return nil
	}
	props := archway.ScanGateProps{LogKey: key, RemovalPolicy: removal}
	var repositories []awsecr.IRepository
	for i, image := range cfg.Images {
		if hasScanGate(image) {
			repositories = append(repositories, images[i].Repository)
			props.Enhanced = props.Enhanced || image.ScanGate.Enhanced
			for _, a := range image.ScanGate.Accept {
				props.Accepted = append(props.Accepted, archway.AcceptedFinding{Repository: images[i].Repository, ID: a.ID, Reason: a.Reason, Until: a.Until})
			}
		}
	}
	props.Repositories = repositories
	return archway.NewScanGate(stack, "ScanGate", &props).Function
}

func scanLimits(cfg *config.ScanGate) *archway.ScanLimits {
	if cfg == nil {
		return nil
	}
	return &archway.ScanLimits{
		Critical: &cfg.Critical, High: &cfg.High, Medium: cfg.Medium, Low: cfg.Low,
		Timeout:          time.Duration(cfg.TimeoutMinutes) * time.Minute,
		AllowUnscannable: cfg.AllowUnscannable,
	}
}

package stacks

import (
	"slices"

	"archway/config"
	archway "archway/constructs"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsecr"
	"github.com/aws/constructs-go/constructs/v10"
)

// imageGates are the optional stages that look at one image.
func imageGates(
	scope constructs.Construct, cfg *config.Image, staging awsecr.IRepository, props *imageProps,
) archway.ImageGates {
	return archway.ImageGates{
		Scan:       cfg.ScanGate,
		SmokeTests: newSmokeTests(scope, cfg, staging, props),
	}
}

// gates are the functions of optional stages, and what to tell of those that must not crash.
type gates struct {
	archway.GateFunctions
	watched []archway.WatchedFunction
}

// newGates adds the functions of the optional stages that are asked for.
func newGates(
	stack awscdk.Stack, cfg *config.Planned, delivery *archway.Delivery, logs archway.Logs,
) gates {
	var g gates
	if slices.ContainsFunc(cfg.Images, hasScanGate) {
		g.ScanGate = newScanGate(stack, delivery, logs)
		g.watched = append(g.watched, archway.WatchedFunction{
			Name: "ScanGate", Function: g.ScanGate, Does: "judges what scans have found", Then: repeats,
		})
	}
	return g
}

// gatePackages are the packages of their functions, by the images that need one.
var gatePackages = []struct {
	name  string
	needs func(config.Image) bool
}{
	{archway.ScanGatePackage, hasScanGate},
}

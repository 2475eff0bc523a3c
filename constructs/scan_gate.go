package constructs

import (
	"slices"
	"time"

	"archway/internal/settings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// StageScanGate is the stage in which the findings of scans are judged.
const StageScanGate = settings.StageScanGate

// ScanGatePackage is the package of the function, for [BuildAhead].
const ScanGatePackage = "archway/lambda/scangate"

// ScanGateProps describes the function that judges the findings of scans.
type ScanGateProps struct {
	// Delivery says which images are judged, and by which limits. Required.
	Delivery *Delivery

	Logs
}

// Validate reports everything that is wrong with the props.
func (p *ScanGateProps) Validate() error {
	if p == nil {
		return errNoProps
	}
	return missing(p.Delivery == nil, "Delivery", "what the pipeline delivers")
}

// NewScanGate adds the function that judges the findings of scans. It reads image indexes and
// findings, and can change nothing in the registry.
func NewScanGate(scope constructs.Construct, id string, props *ScanGateProps) *GoFunction {
	check("ScanGate", scope, id, props.Validate())
	judged := props.Delivery.imagesWith(isScanned)
	statements := []awsiam.PolicyStatement{
		registryLoginStatement(),
		allow(repositoryARNs(stagings(judged)), "ecr:BatchGetImage", "ecr:DescribeImageScanFindings"),
		allow([]*string{pipelineARN(scope, props.Delivery.PipelineName)}, "codepipeline:GetPipelineExecution",
			"codepipeline:ListActionExecutions"),
		jobResultStatement(),
	}
	if slices.ContainsFunc(judged, func(i PipelineImage) bool { return i.Scan.Enhanced }) {
		// https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-scanning-enhanced-iam.html
		statements = append(statements, allow(*jsii.Strings("*"), "inspector2:ListCoverage", "inspector2:ListFindings"))
	}
	function := NewGoFunction(scope, id, &GoFunctionProps{
		Package:     ScanGatePackage,
		Description: "Judges what scans have found in the images of an index, by digest",
		Timeout:     2 * time.Minute,
		Files:       props.Delivery.files(),
		Environment: map[string]string{settings.RegistryEnvironment: registryHost()},
		Statements:  statements,
		Logs:        props.Logs,
	})
	except(function.Role,
		wildcard("None of ecr:GetAuthorizationToken, CodePipeline's PutJobSuccessResult and PutJobFailureResult, and "+
			"Inspector's ListCoverage and ListFindings knows resources of ours: AWS takes nothing but a wildcard. The login gives access "+
			"to no repository by itself, a job is known only to the function that was invoked with its id, and Inspector's two read findings.",
			"Resource::*"))
	return function
}

// scanGate is the stage.
var scanGate = gate{
	stage: StageScanGate,
	names: func(d *DeliveryProps) []string { return imageNames(d.imagesWith(isScanned)) },
	actions: func(p *PipelineProps, _ console) []action {
		return each(p.Delivery.imagesWith(isScanned), func(image PipelineImage) []action {
			return []action{lambdaAction(StageScanGate, image.Name, p.ScanGate, p.Delivery.parameters(image.Name))}
		})
	},
	uses: func(p *PipelineProps) uses {
		if p.ScanGate == nil {
			return uses{}
		}
		return uses{functions: []*string{p.ScanGate.FunctionArn()}}
	},
	minutes: func(d *DeliveryProps) int { // the scans of all images run at the same time
		minutes := 0
		for _, image := range d.imagesWith(isScanned) {
			minutes = max(minutes, filled(*image.Scan).TimeoutMinutes)
		}
		return minutes
	},
	problems: func(i PipelineImage) []error { return specProblems("Scan", i.Scan) },
	lacks: func(p *PipelineProps) error {
		return missing(p.ScanGate == nil && len(p.Delivery.imagesWith(isScanned)) > 0, "ScanGate",
			"the function that judges the findings of scans, as an image has limits for them")
	},
	describe: func(i PipelineImage, to *settings.Image) {
		if isScanned(i) {
			scan := filled(*i.Scan)
			to.Scan = &scan
		}
	},
}

func isScanned(image PipelineImage) bool { return image.Scan != nil }

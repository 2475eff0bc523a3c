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

// ScanLimits are how many findings of a severity each architecture's image may have. A pointer, because none is a limit too.
//
// The findings are those of ECR's scan on push, which a [Registry] has, or Amazon Inspector's, where the account has turned on
// enhanced scanning. CodePipeline's own action for Inspector (InspectorScan) is not used: it knows images by a tag, which
// another execution may move, and of several architectures it scans one.
type ScanLimits struct {
	// Critical is for findings of that severity.
	// Default: 0.
	Critical *int

	// High is for findings of that severity.
	// Default: 0.
	High *int

	// Medium is for findings of that severity.
	// Default: any number.
	Medium *int

	// Low is for findings of that severity.
	// Default: any number.
	Low *int

	// Timeout is how long the scans may take, from 1 minute to 12 hours.
	// Default: 30 minutes.
	Timeout time.Duration

	// AllowUnscannable lets an image pass in which the scanner finds no distribution or packages that it knows, such as one
	// made FROM scratch.
	// Default: it is stopped, because nothing is known about it.
	AllowUnscannable bool

	// Accepted are findings that count against no limit for a while.
	// Default: all count.
	Accepted []AcceptedFinding
}

// mostScanTime leaves a margin to the 24 hours for which CodePipeline calls a function again.
// https://docs.aws.amazon.com/codepipeline/latest/userguide/limits.html
const mostScanTime = 12 * time.Hour

func (s *ScanLimits) problems() []error {
	if s == nil {
		return nil
	}
	errs := []error{}
	if d := s.Timeout; d != 0 && (d < time.Minute || d > mostScanTime || d%time.Minute != 0) {
		errs = append(errs, wrong("Scan.Timeout", "is %s: give whole minutes, from 1m to %s", d, mostScanTime))
	}
	for i := range s.Accepted {
		errs = append(errs, s.Accepted[i].problems(at("Scan.Accepted", i))...)
	}
	for _, limit := range s.limits() {
		if limit.most != nil && *limit.most < 0 {
			errs = append(errs, wrong("Scan."+limit.prop, "is %d: give 0 or more, or leave it out", *limit.most))
		}
	}
	return errs
}

type scanLimit struct {
	prop, severity string
	most           *int
}

// limits has ECR's words for the severities.
func (s *ScanLimits) limits() []scanLimit {
	none := 0
	l := *s
	fill(&l.Critical, &none)
	fill(&l.High, &none)
	return []scanLimit{{"Critical", "CRITICAL", l.Critical}, {"High", "HIGH", l.High}, {"Medium", "MEDIUM", l.Medium}, {"Low", "LOW", l.Low}}
}

// minutes is how long the scans may take.
func (s *ScanLimits) minutes() int {
	timeout := s.Timeout
	fill(&timeout, 30*time.Minute)
	return int(timeout / time.Minute)
}

// settings is the same in the functions' own form.
func (s *ScanLimits) settings() *settings.Scan {
	if s == nil {
		return nil
	}
	scan := &settings.Scan{Limits: map[string]int{}, Minutes: s.minutes(), AllowUnscannable: s.AllowUnscannable}
	for _, limit := range s.limits() {
		if limit.most != nil {
			scan.Limits[limit.severity] = *limit.most
		}
	}
	for _, a := range s.Accepted {
		scan.Accepted = append(scan.Accepted, settings.Accepted{ID: a.ID, Reason: a.Reason, Until: a.Until})
	}
	return scan
}

// ScanGateProps describes the function that judges the findings of scans.
type ScanGateProps struct {
	// Delivery says which images are judged, and by which limits. Required.
	Delivery *Delivery

	// Enhanced lets it ask Amazon Inspector, too, which ECR needs to show the findings of enhanced scanning.
	// Default: the account has ECR's basic scanning.
	Enhanced bool

	Logs
}

// Validate reports everything that is wrong with the props.
func (p *ScanGateProps) Validate() error {
	if p == nil {
		return errNoProps
	}
	return missing(p.Delivery == nil, "Delivery", "what the pipeline delivers")
}

// NewScanGate adds the function that judges the findings of scans. It reads image indexes and findings, and can change nothing in
// the registry.
func NewScanGate(scope constructs.Construct, id string, props *ScanGateProps) *GoFunction {
	check("ScanGate", scope, id, props.Validate())
	judged := slices.DeleteFunc(slices.Clone(props.Delivery.Images), func(i PipelineImage) bool { return i.Scan == nil })
	statements := []awsiam.PolicyStatement{
		registryLogin(),
		allow(repositoryARNs(stagings(judged)), "ecr:BatchGetImage", "ecr:DescribeImageScanFindings"),
		allow([]*string{pipelineARN(scope, props.Delivery.PipelineName)}, "codepipeline:GetPipelineExecution", "codepipeline:ListActionExecutions"),
		jobResult(),
	}
	if props.Enhanced {
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
	except(function.Role, wildcard("None of ecr:GetAuthorizationToken, CodePipeline's PutJobSuccessResult and PutJobFailureResult, and "+
		"Inspector's ListCoverage and ListFindings knows resources of ours: AWS takes nothing but a wildcard. The login gives access "+
		"to no repository by itself, a job is known only to the function that was invoked with its id, and Inspector's two read findings.", "Resource::*"))
	return function
}

// scanActions judge each image that has limits.
func scanActions(p *PipelineProps) []action {
	return each(p.Delivery.Images, func(image PipelineImage) []action {
		if image.Scan == nil {
			return nil
		}
		return []action{lambdaAction(StageScanGate, image.Name, p.ScanGate, p.Delivery.parameters(image.Name))}
	})
}

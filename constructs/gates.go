package constructs

import (
	"slices"

	"archway/internal/settings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
)

// ImageGates are the optional stages that look at one image.
type ImageGates struct {
	// Scan stops the validated image if scans have found more in it than this.
	// Default: nothing is judged.
	Scan *ScanGate

	// SmokeTests run the validated image before it is promoted, at most one for each architecture
	// that is built.
	// Default: nothing is run.
	SmokeTests []*SmokeTest
}

// DeliveryGates are the optional stages that look at all images together.
type DeliveryGates struct {
	// Approval holds each execution until a person has approved it.
	// Default: nobody is asked.
	Approval *Approval
}

// GateFunctions are the functions of optional stages.
type GateFunctions struct {
	// ScanGate is the function that judges the findings of scans, of [NewScanGate]. Required if an
	// image has limits for them.
	ScanGate awslambda.IFunction
}

// gates are the optional stages, in their order between Validate and Promote. None of them writes
// to the registry, so that a failure in one of them leaves every tag as it was.
var gates = []gate{scanGate, smokeTest, approval}

// gate is an optional stage. What it has none of may be nil, but for the first three.
type gate struct {
	stage string

	// names are those of its actions, for the functions: all of them must have succeeded before
	// anything is promoted. There is no stage without actions.
	names func(d *DeliveryProps) []string

	// actions are the same ones, for the pipeline.
	actions func(p *PipelineProps, c console) []action

	// uses are what the pipeline's role must be allowed for them.
	uses func(p *PipelineProps) uses

	// minutes is how long it may hold an execution up.
	minutes func(d *DeliveryProps) int

	// problems are those of the image's props, and lacks those of the pipeline's.
	problems func(i PipelineImage) []error
	lacks    func(p *PipelineProps) error

	// describe tells the functions of what was asked for an image.
	describe func(i PipelineImage, to *settings.Image)
}

// uses are what actions work with.
type uses struct {
	// projects are those of CodeBuild, and functions those of Lambda, by ARN.
	projects, functions []*string

	// topics are told something by CodePipeline.
	topics []awssns.ITopic

	// others is whatever else is allowed.
	others []awsiam.PolicyStatement
}

func (u uses) and(other uses) uses {
	return uses{
		projects:  append(u.projects, other.projects...),
		functions: append(u.functions, other.functions...),
		topics:    append(u.topics, other.topics...),
		others:    append(u.others, other.others...),
	}
}

// gateStages are the stages that are asked for, as CodePipeline takes them.
func gateStages(p *PipelineProps, c console) []stageDeclaration {
	var stages []stageDeclaration
	for _, g := range gates {
		if actions := g.actions(p, c); len(actions) > 0 {
			stages = append(stages, stageOf(g.stage, actions...))
		}
	}
	return stages
}

// describeGates are the stages that are asked for, as the functions take them.
func describeGates(d *DeliveryProps) []settings.Stage {
	var stages []settings.Stage
	for _, g := range gates {
		if names := g.names(d); len(names) > 0 {
			stages = append(stages, settings.Stage{Name: g.stage, Actions: names})
		}
	}
	return stages
}

// holdMinutes is how long an execution may be held up between its validation and its promotion.
func (p *DeliveryProps) holdMinutes() int {
	minutes := 0
	for _, g := range gates {
		if g.minutes != nil {
			minutes += g.minutes(p)
		}
	}
	return minutes
}

// imagesWith are those of which something holds.
func (p *DeliveryProps) imagesWith(is func(PipelineImage) bool) []PipelineImage {
	return slices.DeleteFunc(slices.Clone(p.Images), func(i PipelineImage) bool { return !is(i) })
}

func imageNames(images []PipelineImage) []string {
	var names []string
	for _, i := range images {
		names = append(names, i.Name)
	}
	return names
}

package constructs

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"archway/internal/rule"
	"archway/internal/settings"
	"archway/internal/strict"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// DeliveryProps describes what a pipeline delivers.
type DeliveryProps struct {
	// PipelineName is the pipeline's name. The functions ask CodePipeline about it, so it can't be
	// generated. Required.
	PipelineName string

	// Source is the repository whose commits are built. Required.
	Source Source

	// Branch is the branch that is built where no rules name others.
	// Default: "main".
	Branch string

	// Images are the images of the repository. At least one is required. Either all of them are
	// promoted, or none.
	Images []PipelineImage

	// Rules are the build rules, which say by which names of branches and tags runs are started,
	// and what is different in them. Every build has what a rule changes.
	// Default: none, every run is for Branch, and builds alike.
	Rules []Rule

	DeliveryGates
}

// Delivery is what a pipeline delivers, by which rules and under which names. The pipeline, its
// trigger and its functions are made of the same one. To the functions it travels as a file in
// their packages (see internal/settings): what runs through the pipeline can change nothing of it.
// It is no construct, and adds nothing to a stack.
type Delivery struct {
	DeliveryProps

	settings settings.Pipeline
	file     []byte
}

// NewDelivery checks the props as a whole. It panics if they are wrong, as constructors of
// constructs do; scope only says where.
func NewDelivery(scope constructs.Construct, props *DeliveryProps) *Delivery {
	check("Delivery", scope, "Delivery", props.Validate())
	d := &Delivery{DeliveryProps: *props}
	fill(&d.Branch, DefaultBranch)
	d.Images = slices.Clone(d.Images)
	for i := range d.Images {
		d.Images[i].rules = d.Rules
	}
	d.settings = d.describe()
	d.file = d.settings.Encode()
	return d
}

// Validate reports everything that is wrong with the props.
func (p *DeliveryProps) Validate() error {
	if p == nil {
		return errNoProps
	}
	errs := []error{
		missing(p.PipelineName == "", "PipelineName", "the pipeline's name"),
		missing(p.Source == nil, "Source", "the repository that holds the source"),
		missing(len(p.Images) == 0, "Images", "at least one image"),
	}
	if p.PipelineName != "" && !pipelineName.MatchString(p.PipelineName) {
		errs = append(errs,
			wrong("PipelineName", "is %q: CodePipeline allows 1 to 100 letters, digits, and the characters . @ _ -",
				p.PipelineName))
	}
	_, err := compile(p.Rules)
	errs = append(errs, err)
	seen := map[string]int{}
	actions := 0
	for i, image := range p.Images {
		image.rules = p.Rules
		for _, err := range append(image.problems(), image.ruleProblems()...) {
			errs = append(errs, fmt.Errorf("%s.%w", at("Images", i), err))
		}
		if first, twice := seen[image.Name]; twice {
			errs = append(errs,
				wrong(at("Images", i)+".Name", "is %q, as that of %s: names must differ", image.Name,
					at("Images", first)))
		} else {
			seen[image.Name] = i
		}
		if first := p.Images[0]; image.Repositories != nil && first.Repositories != nil &&
			(image.Repositories.Release == nil) != (first.Repositories.Release == nil) {
			errs = append(errs,
				wrong(at("Images", i)+".Repositories",
					"and those of %s differ in NeverPromoted: a pipeline promotes all of its images, or none",
					at("Images", 0)))
		}
		// A day more than that, as everything else takes its time, too.
		if least := p.holdMinutes()/(24*60) + 1; image.Repositories != nil && image.Repositories.StagingDays < least {
			errs = append(errs,
				wrong(at("Images", i)+".Repositories",
					"keep what was built for %d days, and an execution may be held up for longer by approvals and scans: give them StagingDays of at least %d",
					image.Repositories.StagingDays, least))
		}
		actions += len(image.Builds)
	}
	if actions > maxActionsPerStage {
		errs = append(errs,
			wrong("Images",
				"have %d builds in all: CodePipeline allows %d actions in a stage, so make several pipelines", actions,
				maxActionsPerStage))
	}
	return errors.Join(append(errs, p.Approval.problems()...)...)
}

// Promotes reports whether the pipeline promotes anything.
func (d *Delivery) Promotes() bool { return d.Images[0].Repositories.Release != nil }

// Settings is the file that the functions get.
func (d *Delivery) Settings() string { return string(d.file) }

// settingsMetadata is the file as it reads in a template.
func (d *Delivery) settingsMetadata() map[string]any {
	var object map[string]any
	if err := json.Unmarshal(d.file, &object); err != nil {
		panic(err) // it was just written
	}
	return object
}

// describe writes down what the functions must know.
func (d *Delivery) describe() settings.Pipeline {
	p := settings.Pipeline{
		Name:   d.PipelineName,
		Source: d.Source.settings(d.Branch),
		Rules:  d.Rules,

		HoldMinutes: d.holdMinutes(),
	}
	build, merge := settings.Stage{Name: StageBuild}, settings.Stage{Name: StageMerge}
	validate := settings.Stage{Name: StageValidate}
	for _, image := range d.Images {
		p.Images = append(p.Images, image.describe())
		merge.Actions = append(merge.Actions, image.Name)
		validate.Actions = append(validate.Actions, image.Name)
		for _, b := range image.Builds {
			build.Actions = append(build.Actions, image.actionName(b.Platform))
		}
	}
	p.Stages = append([]settings.Stage{
		{Name: StageSource, Actions: []string{StageSource}}, build, merge, validate,
	}, describeGates(&d.DeliveryProps)...)
	return p
}

func (i PipelineImage) describe() settings.Image {
	image := settings.Image{
		Name:        i.Name,
		Staging:     settings.Staging(i.Repositories.Name),
		StagingDays: i.Repositories.StagingDays,
		Tags:        rule.Tags{Immutable: i.ImmutableTags, Moving: i.MovingTags},
		Validation:  i.Validation,
	}
	if i.Repositories.Release != nil {
		image.Release = i.Repositories.Name
	}
	for _, g := range gates {
		if g.describe != nil {
			g.describe(i, &image)
		}
	}
	for _, b := range i.Builds {
		build := settings.Build{Platform: b.Platform.String(), Action: i.actionName(b.Platform)}
		for _, r := range i.rules {
			if b.rules[r.Name].Skip {
				build.Skip = append(build.Skip, r.Name)
			}
		}
		image.Builds = append(image.Builds, build)
	}
	return image
}

// buildActionName is the name of the action in the stage Build that builds an image for one
// architecture, by the image's name.
func buildActionName(image string, of Platform) string {
	return image + "-" + of.Name()
}

// actionName names the actions of an image that there is one of for each architecture.
func (i PipelineImage) actionName(of Platform) string {
	return buildActionName(i.Name, of)
}

// parameters are what an action hands to a function: which settings it was made with, which
// execution it is, and which image it is about, if it is about one. Nothing in them is put in by
// CodePipeline but the execution's id: a variable is pasted into the text as it is, so that its
// value could be the end of one parameter and the beginning of another.
func (d *Delivery) parameters(image string) string {
	return strict.Encode(settings.Parameters{Settings: settings.Sum(d.file), Execution: executionVariable,
		Image: image})
}

// files are what every function of the pipeline finds beside its program.
func (d *Delivery) files() map[string][]byte { return map[string][]byte{settings.File: d.file} }

// pipelineARN is put together from the name: that a pipeline has an attribute "Arn" is new, and may
// not be so in every partition. And the pipeline refers to the functions, which then can't refer to
// it.
func pipelineARN(scope constructs.Construct, name string) *string {
	return awscdk.Stack_Of(scope).FormatArn(&awscdk.ArnComponents{Service: jsii.String("codepipeline"),
		Resource: &name})
}

// registryHost is the host of the account's registry, in the Region and partition of the stack.
func registryHost() string {
	return strings.Join([]string{*awscdk.Aws_ACCOUNT_ID(), "dkr", "ecr", *awscdk.Aws_REGION(),
		*awscdk.Aws_URL_SUFFIX()}, ".")
}

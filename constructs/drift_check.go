package constructs

import (
	"errors"
	"slices"

	"archway/internal/rule"
	"archway/internal/settings"
	"archway/internal/strict"
	"archway/internal/tag"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// DriftCheckProps describes a scheduled check of what the public tags of images serve.
type DriftCheckProps struct {
	// Delivery says which images there are, and by which tags people pull them. Images without a
	// moving tag that is always called the same are left out, as there is nothing to look at; one
	// such tag must be there. Required.
	Delivery *Delivery

	// Validator is the function of [NewValidator], with a topic to tell. Required.
	Validator awslambda.IFunction

	// Schedule is when, as an expression of EventBridge in UTC, e.g. "cron(0 6 * * ? *)".
	// Default: "rate(1 day)".
	Schedule string
}

// Validate reports everything that is wrong with the props.
func (p *DriftCheckProps) Validate() error {
	if p == nil {
		return errNoProps
	}
	errs := []error{
		missing(p.Validator == nil, "Validator", "the function that checks an index"),
		missing(p.Delivery == nil, "Delivery", "what the pipeline delivers"),
	}
	errs = append(errs, named("Schedule", "schedule", p.Schedule))
	if p.Delivery != nil && len(p.Delivery.public()) == 0 {
		errs = append(errs,
			wrong("Delivery",
				`has no moving tag that is always called the same, such as "latest": there is nothing to look at`))
	}
	return errors.Join(errs...)
}

// public are the images that people pull by a tag whose name is known before anything is pushed.
func (d *Delivery) public() []PipelineImage {
	if !d.Promotes() {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(d.Images), func(i PipelineImage) bool {
		if len(d.Rules) == 0 {
			return !anyFixedTag(i.MovingTags)
		}
		public, err := rule.Publics(d.Rules, i.Name)
		return err != nil || len(public) == 0
	})
}

// anyFixedTag reports whether some template always gives the same tag.
func anyFixedTag(templates []string) bool {
	return slices.ContainsFunc(templates, func(text string) bool {
		t, err := tag.Parse(text)
		return err == nil && !t.Varies()
	})
}

// DriftCheck has the validator look on a schedule whether the public tags of images still serve
// what is whole, and tell a topic if a part of an image is gone or a platform is lost. That a tag
// serves what was promoted need not be looked at: nothing else gets into the release repository.
type DriftCheck struct {
	constructs.Construct

	// Rules are the schedules, one for each image.
	Rules []awsevents.CfnRule
}

// NewDriftCheck adds a schedule for each image to scope.
func NewDriftCheck(scope constructs.Construct, id string, props *DriftCheckProps) *DriftCheck {
	check("DriftCheck", scope, id, props.Validate())
	p := *props
	fill(&p.Schedule, "rate(1 day)")

	this := &DriftCheck{Construct: constructs.NewConstruct(scope, &id)}
	for _, image := range p.Delivery.public() {
		this.add(&p, image.Name)
	}
	return this
}

// add makes one rule of EventBridge: a rule takes five targets.
func (d *DriftCheck) add(p *DriftCheckProps, name string) {
	scope := constructs.NewConstruct(d.Construct, &name)
	rule := awsevents.NewCfnRule(scope, jsii.String("Schedule"), &awsevents.CfnRuleProps{
		Description:        jsii.String("Looks what the public tags of " + name + " serve"),
		State:              jsii.String("ENABLED"),
		ScheduleExpression: &p.Schedule,
		Targets: []any{&awsevents.CfnRule_TargetProperty{
			Id:  jsii.String("Validator"),
			Arn: p.Validator.FunctionArn(),
			Input: jsii.String(strict.Encode(
				settings.DriftEvent{Check: settings.DriftCheck{Settings: settings.Sum(p.Delivery.file), Image: name}})),
		}},
	})
	mayInvoke(scope, rule, p.Validator)
	d.Rules = append(d.Rules, rule)
}

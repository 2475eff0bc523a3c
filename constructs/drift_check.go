package constructs

import (
	"errors"
	"fmt"
	"strings"

	"archway/internal/parameters"
	"archway/internal/tag"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// DriftCheckProps describes a scheduled check of what the public tags of images serve.
type DriftCheckProps struct {
	// Validator is the function of [NewValidator], which must be allowed to notify Topic. Required.
	Validator awslambda.IFunction

	// Topic is told if something is wrong. Required.
	Topic awssns.ITopic

	// Images are the images to check. At least one is required. Each needs a moving tag that is always called the same, to look
	// at, and an immutable one that differs from commit to commit, by which the check knows what was validated.
	Images []PipelineImage

	// Schedule is when, as an expression of EventBridge in UTC, e.g. "cron(0 6 * * ? *)".
	// Default: "rate(1 day)".
	Schedule string

	// Branch is the branch that tags may be named after.
	// Default: "main".
	Branch string
}

// Validate reports everything that is wrong with the props.
func (p *DriftCheckProps) Validate() error {
	if p == nil {
		return errNoProps
	}
	errs := []error{
		missing(p.Validator == nil, "Validator", "the function that checks an index"),
		missing(p.Topic == nil, "Topic", "the SNS topic to tell"),
		missing(len(p.Images) == 0, "Images", "at least one image"),
	}
	if s := p.Schedule; s != "" && !unresolved(s) && !strings.HasPrefix(s, "rate(") && !strings.HasPrefix(s, "cron(") {
		errs = append(errs, wrong("Schedule", `is %q: give an expression of EventBridge such as "rate(1 day)" or "cron(0 6 * * ? *)"`, s))
	}
	for i, image := range p.Images {
		if !anyTag(image.MovingTags, false) {
			errs = append(errs, wrong(at("Images", i)+".MovingTags", `has no tag that is always called the same, such as "latest": there is nothing to look at`))
		}
		if !anyTag(image.ImmutableTags, true) {
			errs = append(errs, wrong(at("Images", i)+".ImmutableTags", `has no tag that differs from commit to commit, such as "{commit:12}": nothing tells what was validated`))
		}
	}
	return errors.Join(errs...)
}

// anyTag tells whether some template varies, or doesn't.
func anyTag(templates []string, varies bool) bool {
	for _, text := range templates {
		if t, err := tag.Parse(text); err == nil && t.Varies() == varies {
			return true
		}
	}
	return false
}

// DriftCheck has the validator look on a schedule whether the public tags of images still serve what a run of the pipeline has
// validated, and tell a topic if a part of an image is gone, a platform is lost, or a tag serves what no run has promoted.
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
	fill(&p.Branch, DefaultBranch)

	this := &DriftCheck{Construct: constructs.NewConstruct(scope, &id)}
	for i, image := range p.Images {
		name := image.Name
		if name == "" {
			name = fmt.Sprint(i)
		}
		scope := constructs.NewConstruct(this.Construct, &name)
		// One rule for each image: a rule takes five targets, and each image has its own parameters.
		rule := awsevents.NewCfnRule(scope, jsii.String("Schedule"), &awsevents.CfnRuleProps{
			Description:        jsii.String("Looks what the public tags of " + name + " serve"),
			State:              jsii.String("ENABLED"),
			ScheduleExpression: &p.Schedule,
			Targets: []any{&awsevents.CfnRule_TargetProperty{
				Id:    jsii.String("Validator"),
				Arn:   p.Validator.FunctionArn(),
				Input: jsii.String(image.drift(p.Branch, *p.Topic.TopicArn())),
			}},
		})
		awslambda.NewCfnPermission(scope, jsii.String("Permission"), &awslambda.CfnPermissionProps{
			Action:       jsii.String("lambda:InvokeFunction"),
			FunctionName: p.Validator.FunctionArn(),
			Principal:    jsii.String("events.amazonaws.com"),
			SourceArn:    rule.AttrArn(),
		})
		this.Rules = append(this.Rules, rule)
	}
	return this
}

// drift is the event that a schedule sends to the validator.
func (i PipelineImage) drift(branch, topic string) string {
	type drift struct {
		Repository string   `json:"repository"`
		Branch     string   `json:"branch"`
		Moving     []string `json:"moving"`
		Immutable  []string `json:"immutable"`
		Platforms  []string `json:"platforms"`
		Topic      string   `json:"topic"`
		parameters.Policy
	}
	p := drift{
		Repository: *RepositoryURI(i.Repository), Branch: branch, Topic: topic,
		Moving: i.MovingTags, Immutable: i.ImmutableTags, Policy: i.Validation.policy(),
	}
	for _, build := range i.Builds {
		p.Platforms = append(p.Platforms, build.Architecture.Platform())
	}
	return compactJSON(map[string]any{"archway.driftCheck": p})
}

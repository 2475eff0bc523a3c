package constructs

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"archway/internal/parameters"
	"archway/internal/rule"
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

	// Rules are the build rules of the pipeline, with the tags that they give to each image. Every rule that writes a moving tag
	// which is always called the same needs such an immutable one; tags that are called after what is pushed are not looked at.
	// Default: none, the images have the tags.
	Rules []Rule

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
	_, err := compile(p.Rules)
	errs = append(errs, err)
	for i, image := range p.Images {
		if len(p.Rules) > 0 {
			if err == nil {
				errs = append(errs, p.ruleProblems(at("Images", i), image))
			}
			continue
		}
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
		for _, look := range p.looks(image) {
			name := look.name
			if name == "" {
				name = fmt.Sprint(i)
			}
			this.add(&p, name, look)
		}
	}
	return this
}

// add makes one rule of EventBridge: a rule takes five targets, and each look has its own parameters.
func (d *DriftCheck) add(p *DriftCheckProps, name string, look look) {
	scope := constructs.NewConstruct(d.Construct, &name)
	rule := awsevents.NewCfnRule(scope, jsii.String("Schedule"), &awsevents.CfnRuleProps{
		Description:        jsii.String("Looks what the public tags of " + name + " serve"),
		State:              jsii.String("ENABLED"),
		ScheduleExpression: &p.Schedule,
		Targets: []any{&awsevents.CfnRule_TargetProperty{
			Id:    jsii.String("Validator"),
			Arn:   p.Validator.FunctionArn(),
			Input: jsii.String(look.event(p.Branch, *p.Topic.TopicArn())),
		}},
	})
	awslambda.NewCfnPermission(scope, jsii.String("Permission"), &awslambda.CfnPermissionProps{
		Action:       jsii.String("lambda:InvokeFunction"),
		FunctionName: p.Validator.FunctionArn(),
		Principal:    jsii.String("events.amazonaws.com"),
		SourceArn:    rule.AttrArn(),
	})
	d.Rules = append(d.Rules, rule)
}

// look is what one schedule looks at: tags that are written together, and what they must serve.
type look struct {
	name, repository             string
	moving, immutable, platforms []string
	policy                       parameters.Policy
}

// looks are the looks at an image: one, or one for each set of rules that write the same tags.
func (p *DriftCheckProps) looks(image PipelineImage) []look {
	whole := look{
		name: image.Name, repository: *RepositoryURI(image.Repository),
		moving: image.MovingTags, immutable: image.ImmutableTags, policy: image.Validation.policy(),
	}
	if len(p.Rules) == 0 {
		for _, build := range image.Builds {
			whole.platforms = append(whole.platforms, build.Architecture.Platform())
		}
		return []look{whole}
	}
	public, _ := rule.Publics(tagged(p.Rules), image.Name)
	var all []look
	for _, tags := range public {
		one := whole
		one.name = strings.Join(append([]string{image.Name}, tags.Writers...), "-")
		one.moving = tags.Tags
		one.policy.Allow = slices.Clone(one.policy.Allow)
		for _, build := range image.Builds {
			platform := build.Architecture.Platform()
			skips := func(name string) bool { return build.rules[name].Skip }
			switch {
			case !slices.ContainsFunc(tags.Writers, skips):
				one.platforms = append(one.platforms, platform)
			case !slices.Contains(one.policy.Allow, platform): // which of them wrote the tag last is not known
				one.policy.Allow = append(one.policy.Allow, platform)
			}
		}
		all = append(all, one)
	}
	return all
}

// ruleProblems are the problems of an image's tags under the rules.
func (p *DriftCheckProps) ruleProblems(where string, image PipelineImage) error {
	public, err := rule.Publics(tagged(p.Rules), image.Name)
	if err != nil {
		return wrong("Rules", "%v", err)
	}
	if len(public) == 0 {
		return wrong(where, `has no moving tag under any of the Rules that is always called the same, such as "latest": there is nothing to look at`)
	}
	var errs []error
	for _, tags := range public {
		if skipped := func(b *NativeBuild) bool {
			return slices.ContainsFunc(tags.Writers, func(name string) bool { return b.rules[name].Skip })
		}; len(image.Builds) > 0 && !slices.ContainsFunc(image.Builds, func(b *NativeBuild) bool { return !skipped(b) }) {
			errs = append(errs, wrong(where, "gets %s by the rules %s, which build no platform in common: nothing is sure to be there", strings.Join(tags.Tags, ", "), strings.Join(tags.Writers, ", ")))
		}
	}
	return errors.Join(errs...)
}

// event is what a schedule sends to the validator.
func (l look) event(branch, topic string) string {
	type event struct {
		Repository string   `json:"repository"`
		Branch     string   `json:"branch"`
		Moving     []string `json:"moving"`
		Immutable  []string `json:"immutable"`
		Platforms  []string `json:"platforms"`
		Topic      string   `json:"topic"`
		parameters.Policy
	}
	return compactJSON(map[string]any{"archway.driftCheck": event{
		Repository: l.repository, Branch: branch, Topic: topic,
		Moving: l.moving, Immutable: l.immutable, Platforms: l.platforms, Policy: l.policy,
	}})
}

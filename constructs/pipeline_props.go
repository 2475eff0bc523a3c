package constructs

import (
	"errors"
	"regexp"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
)

// PipelineProps describes the way from a commit to promoted images.
type PipelineProps struct {
	// Delivery says what is delivered. Required.
	Delivery *Delivery

	// Artifacts is the artifact bucket. Required.
	Artifacts awss3.IBucket

	// Validator is the function that checks an index, of [NewValidator]. Required.
	Validator awslambda.IFunction

	// Promoter is what promotes, of [NewPromoter]. Required, unless the images are never promoted.
	Promoter *Promoter

	GateFunctions

	// RollbackOnFailure puts the moving tags back when something in the stage Promote fails, such
	// as the promotion of one of several images. CodePipeline then runs the stage again with what
	// the latest execution had that succeeded in it. Default: the tags stay until somebody retries
	// the stage or rolls it back.
	RollbackOnFailure bool

	// Execution decides what happens to a push while another one is on its way.
	// Default: Queued.
	Execution Execution
}

// PipelineImage is one image and how it is built.
type PipelineImage struct {
	// Name tells this image from the others of the pipeline, and names its actions. Required.
	Name string

	// Repositories are where the image is kept. Required.
	Repositories *Repositories

	// Builds build the image, one for each architecture. At least one is required.
	Builds []*NativeBuild

	// Merge makes an index of what was built. Required.
	Merge *Merge

	ImageGates

	// ImmutableTags are templates of the tags that stay as they are once they are written, e.g.
	// "{commit:12}". Default: none.
	ImmutableTags []string

	// MovingTags are templates of the tags that follow the newest image, e.g. "latest".
	// Default: none.
	MovingTags []string

	// Validation says how the image's index is judged.
	// Default: everything that the checks call an error stops the pipeline.
	Validation Validation

	rules []Rule // of the pipeline
}

// Execution decides what happens to a push while another one is on its way. CodePipeline's third
// mode, PARALLEL, is left out on purpose: in it, a source action builds the newest commit instead
// of the pushed one, and a stage can't be rolled back.
type Execution string

const (
	// Queued builds every pushed commit, in the order of the pushes.
	Queued Execution = "QUEUED"

	// Superseded leaves out commits that were overtaken while they waited for a stage.
	Superseded Execution = "SUPERSEDED"
)

// CodePipeline's limits: https://docs.aws.amazon.com/codepipeline/latest/userguide/limits.html
const maxActionsPerStage = 50

var (
	pipelineName = regexp.MustCompile(`^[A-Za-z0-9.@_-]{1,100}$`)

	// An image's name is part of names of actions (up to 100 characters) and of variables'
	// namespaces.
	imageName = regexp.MustCompile(`^[A-Za-z0-9@_-]{1,80}$`)
)

// Validate reports everything that is wrong with the props.
func (p *PipelineProps) Validate() error {
	if p == nil {
		return errNoProps
	}
	errs := []error{
		missing(p.Delivery == nil, "Delivery", "what the pipeline delivers"),
		missing(p.Artifacts == nil, "Artifacts", "a bucket for the artifacts"),
		missing(p.Validator == nil, "Validator", "the function that checks an index"),
	}
	switch p.Execution {
	case "", Queued, Superseded:
	default:
		errs = append(errs, wrong("Execution", "is %q: allowed are %s and %s", p.Execution, Queued, Superseded))
	}
	if p.Delivery == nil {
		return errors.Join(errs...)
	}
	switch promotes := p.Delivery.Promotes(); {
	case promotes:
		errs = append(errs, missing(p.Promoter == nil, "Promoter", "what points tags at an index"))
	case p.Promoter != nil || p.RollbackOnFailure:
		errs = append(errs,
			wrong("Promoter and RollbackOnFailure",
				"have nothing to do: no image of the pipeline is promoted, so leave them out"))
	}
	for _, g := range gates {
		if g.lacks != nil {
			errs = append(errs, g.lacks(p))
		}
	}
	return errors.Join(errs...)
}

func (i PipelineImage) problems() []error {
	var errs []error
	add := func(err error) {
		if err != nil {
			errs = append(errs, err)
		}
	}
	if !imageName.MatchString(i.Name) {
		add(wrong("Name", "is %q: give 1 to 80 letters, digits, and the characters @ _ -", i.Name))
	}
	add(missing(i.Repositories == nil, "Repositories", "where the image is kept"))
	add(missing(i.Merge == nil, "Merge", "the project that merges the builds"))
	add(missing(len(i.Builds) == 0, "Builds", "a build for each architecture"))
	seen := map[Platform]bool{}
	for n, build := range i.Builds {
		switch {
		case build == nil:
			add(wrong(at("Builds", n), "is nil: leave it out"))
		case seen[build.Platform]:
			add(wrong(at("Builds", n), "builds %s once more: give one build for each architecture",
				build.Platform.Name()))
		default:
			seen[build.Platform] = true
		}
	}
	for _, g := range gates {
		if g.problems != nil {
			errs = append(errs, g.problems(i)...)
		}
	}
	return append(errs, specProblems("Validation", i.Validation)...)
}

// ruleProblems are the problems of an image that has other build rules than its pipeline.
func (i PipelineImage) ruleProblems() []error {
	rules := i.rules
	var errs []error
	if len(rules) > 0 && len(i.ImmutableTags)+len(i.MovingTags) > 0 {
		errs = append(errs,
			wrong("ImmutableTags and MovingTags", "stand beside the pipeline's rules: give each rule its tags"))
	}
	for n, build := range i.Builds {
		if build == nil {
			continue
		}
		for k, r := range rules {
			if _, known := build.rules[r.Name]; !known {
				errs = append(errs,
					wrong(at("Builds", n),
						"has nothing for the rule %q at %s: add it to the build's Rules, even if it changes nothing",
						r.Name, at("Rules", k)))
			}
		}
		if len(build.rules) > 0 && len(rules) == 0 {
			errs = append(errs, wrong(at("Builds", n), "has rules, and the pipeline has none: give both the same"))
		}
	}
	for _, r := range rules {
		if len(i.Builds) > 0 &&
			!slices.ContainsFunc(i.Builds, func(b *NativeBuild) bool { return b != nil && !b.rules[r.Name].Skip }) {
			errs = append(errs, wrong("Builds", "are all left out by the rule %q: build at least one", r.Name))
		}
	}
	return errs
}

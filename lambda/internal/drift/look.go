package drift

import (
	"slices"

	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/internal/rule"
	"archway/internal/settings"
	"archway/lambda/internal/pipeline/job"
	"archway/lambda/internal/validation"
	"archway/lambda/internal/verdict/check"
)

// look is at public tags that the same rules write, and at what they must serve.
type look struct {
	tags []string
	want check.Want
}

// looks are those at an image. The tags are those whose names are the same whatever is pushed, such
// as latest.
func looks(p *settings.Pipeline, image *settings.Image) ([]look, error) {
	rules := p.Rules
	if len(rules) == 0 { // then everything is built from one branch
		rules = []rule.Tagged{{
			Rule:   rule.Rule{Type: rule.Branch, Exact: p.Source.Branch},
			Images: map[string]rule.Tags{image.Name: image.Tags},
		}}
	}
	public, err := rule.Publics(rules, image.Name)
	if err != nil {
		return nil, job.Misconfigured("The settings of the image %s: %s.", image.Name, err)
	}
	if len(public) == 0 {
		return nil,
			job.Misconfigured("The settings of the image %s name no moving tag that is always called the same, "+
				"such as latest: there is nothing to check.", image.Name)
	}
	want, err := validation.Want(image)
	if err != nil {
		return nil, err
	}
	// What a tag serves was promoted, and read before that: a digest keeps naming the same bytes.
	// What can have changed since is what is there, and where the tags point. Reading all of it
	// again at each time would cost as much as the image is large, and prove nothing about it.
	want.Deep = false
	var all []look
	for _, tags := range public {
		one := look{tags: tags.Tags, want: want}
		// Which of the rules wrote the tag last is not known: what only some of them build may be
		// there.
		var some []specs.Platform
		if one.want.Platforms, some, err = built(image, tags.Writers); err != nil {
			return nil, err
		}
		one.want.Allowed = append(slices.Clone(want.Allowed), some...)
		all = append(all, one)
	}
	return all, nil
}

// built are the platforms of an image that all of these rules build, and those that only some do.
func built(image *settings.Image, rules []string) (all, some []specs.Platform, err error) {
	for _, b := range image.Builds {
		platform, err := validation.Platforms(image, []string{b.Platform})
		if err != nil {
			return nil, nil, err
		}
		if slices.ContainsFunc(rules, func(name string) bool { return slices.Contains(b.Skip, name) }) {
			some = append(some, platform...)
		} else {
			all = append(all, platform...)
		}
	}
	return all, some, nil
}

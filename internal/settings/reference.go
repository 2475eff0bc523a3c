package settings

import (
	"fmt"
	"slices"
	"strings"

	"archway/internal/rule"
	"archway/internal/semver"
	"archway/internal/tag"
)

// Reference is what a run builds: a branch or a git tag, and the rule by which it was started.
type Reference struct {
	// Rule is empty in a pipeline without rules.
	Rule string
	Type rule.Type
	// Name is that of the branch or tag, without refs/heads/ or refs/tags/.
	Name string

	values  tag.Values
	matcher *rule.Matcher
	images  map[string]rule.Tags
}

// Tags are the templates of an image's tags, and what they are filled with. Commit and time are
// still missing in Values.
type Tags struct {
	Immutable, Moving []tag.Template
	// Held are moving tags that stay where they are, because this is a prerelease.
	Held   []tag.Template
	Values tag.Values
	// Version is the one that the git tag is called after, if the rule's tags are: then it decides
	// which of two images a moving tag serves.
	Version *semver.Version
}

func (r Reference) String() string { return fmt.Sprintf("the %s %q", r.Type, r.Name) }

// Reference reads the variables of a run. Without rules it is for the source's branch, whatever
// they say; with rules they must name a rule and a reference that it matches.
func (p *Pipeline) Reference(variables map[string]string) (Reference, error) {
	if len(p.Rules) == 0 {
		return Reference{Type: rule.Branch, Name: p.Source.Branch, values: tag.Values{Branch: p.Source.Branch}}, nil
	}
	name, ref := variables[RuleVariable], variables[RefVariable]
	at := slices.IndexFunc(p.Rules, func(r rule.Tagged) bool { return r.Name == name })
	if at < 0 {
		var known []string
		for _, r := range p.Rules {
			known = append(known, r.Name)
		}
		return Reference{},
			fmt.Errorf("this execution was started for the build rule %q, expected one of %s: start builds by a push, or by the trigger function",
				name, strings.Join(known, ", "))
	}
	m, err := rule.Compile(p.Rules[at].Rule)
	if err != nil {
		return Reference{}, err
	}
	values, ok := m.Values(ref)
	if !ok {
		return Reference{},
			fmt.Errorf("the rule %s does not match the %s %q: start builds by a push, or by the trigger function", m,
				m.Type, ref)
	}
	return Reference{name, m.Type, ref, values, m, p.Rules[at].Images}, nil
}

// Tags gives the templates of an image's tags for the reference.
func (r Reference) Tags(image *Image) (Tags, error) {
	tags := image.Tags
	if r.Rule != "" {
		var ok bool
		if tags, ok = r.images[image.Name]; !ok {
			return Tags{}, fmt.Errorf("the rule %s has no tags for the image %s", r.Rule, image.Name)
		}
	}
	filled := Tags{Values: r.values}
	var names []string
	if r.matcher != nil {
		names = r.matcher.Names()
	}
	for _, list := range []struct {
		from []string
		to   *[]tag.Template
	}{{tags.Immutable, &filled.Immutable}, {tags.Moving, &filled.Moving}} {
		for _, text := range list.from {
			template, err := tag.Parse(text, names...)
			if err != nil {
				return Tags{}, fmt.Errorf("image %s: %w", image.Name, err)
			}
			*list.to = append(*list.to, template)
		}
	}
	filled.hold(r.matcher)
	return filled, nil
}

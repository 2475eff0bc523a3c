package constructs

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"archway/internal/rule"
	"archway/internal/strict"
)

// Rule says which references of the repository are built, and how their images are tagged. Give the
// rules to the pipeline's [Delivery], and to its builds what is different for them.
type Rule = rule.Tagged

// References are those that a [Rule] is about. Its name is the value of the pipeline variable
// [RuleVariable].
type References = rule.Rule

// RefType is a kind of reference.
type RefType = rule.Type

// The kinds of references.
const (
	BranchRef = rule.Branch
	TagRef    = rule.Tag
)

// Tags are templates of the tags of an image.
type Tags = rule.Tags

// compile gives the rules in the form in which they match, and all their problems.
func compile(rules []Rule) ([]*rule.Matcher, error) {
	var all []*rule.Matcher
	var errs []error
	for i, r := range rules {
		if !ruleName.MatchString(r.Name) {
			errs = append(errs,
				wrong(at("Rules", i)+".Name", "is %q: give 1 to 80 letters, digits, and the characters @ _ -", r.Name))
		}
		m, err := rule.Compile(r.Rule)
		if err != nil {
			errs = append(errs, wrong(at("Rules", i), "%v", err))
			continue
		}
		for k, other := range all {
			if other.Name == r.Name {
				errs = append(errs,
					wrong(at("Rules", i)+".Name", "is %q, as that of %s: names must differ", r.Name, at("Rules", k)))
			}
			if name, both := rule.Overlap(other, m); both {
				errs = append(errs,
					wrong(at("Rules", i), "overlaps with %s, as both match %q: change one so that no name fits both",
						at("Rules", k), name))
			}
		}
		all = append(all, m)
	}
	return all, errors.Join(errs...)
}

var ruleName = imageName

// BuildRule is what a rule changes of a build.
type BuildRule struct {
	// Context is the folder of the source that the Dockerfile may copy from.
	// Default: that of the build.
	Context string `json:"context,omitempty"`

	// Dockerfile is the Dockerfile's path inside of the context.
	// Default: that of the build.
	Dockerfile string `json:"dockerfile,omitempty"`

	// BuildArgs are added to those of the build; one of the same name replaces it.
	// Default: none.
	BuildArgs map[string]string `json:"buildArgs,omitempty"`

	// NoCache builds without the layer cache of earlier builds.
	// Default: false.
	NoCache bool `json:"noCache,omitempty"`

	// Skip leaves this architecture out: the build does nothing, and the index is made of the
	// others. Default: false.
	Skip bool `json:"skip,omitempty"`
}

// maxVariable is how many characters CodeBuild takes in the value of an environment variable.
// https://github.com/wolfeidau/buildkite-serverless-agent/issues/35
const maxVariable = 4096

func buildRuleProblems(rules map[string]BuildRule) error {
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(rules)) {
		errs = append(errs,
			insideSource(fmt.Sprintf("Rules[%q].Context", name), rules[name].Context),
			insideSource(fmt.Sprintf("Rules[%q].Dockerfile", name), rules[name].Dockerfile))
	}
	if n := len(strict.Encode(rules)); len(rules) > 0 && n > maxVariable {
		errs = append(errs,
			wrong("Rules",
				"take %d characters: CodeBuild takes %d in an environment variable, so give fewer rules, or fewer build arguments",
				n, maxVariable))
	}
	return errors.Join(errs...)
}

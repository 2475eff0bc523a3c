// Package ruled gives actions the tags of the build rule by which an execution was started.
package ruled

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"archway/internal/rule"
	"archway/internal/tag"
	"archway/lambda/internal/job"
)

// Promotion are the parameters that a promotion needs, and Validation those of a validation.
var (
	Promotion  = []string{"branch", "immutable", "moving"}
	Validation = []string{"branch", "moving", "rule"}
)

// Work does work with the tags of the build rule that the action's parameters name, for the reference that they name:
//
//	{…, "rule": "release", "ref": "release-1.2", "image": "web"}
//
// The work itself sees the branch and tag templates in which the values of the rule are filled in, as far as it needs them.
// Without rules it is done as it is.
func Work(rules []rule.Tagged, needs []string, work job.Work) job.Work {
	if len(rules) == 0 {
		return work
	}
	return func(ctx context.Context, j job.Job) (map[string]string, error) {
		parameters, err := apply(rules, needs, j.Parameters)
		if err != nil {
			return nil, err
		}
		j.Parameters = parameters
		return work(ctx, j)
	}
}

// apply replaces rule, ref and image by branch, immutable and moving.
func apply(rules []rule.Tagged, needs []string, userParameters string) (string, error) {
	var fields map[string]json.RawMessage
	if strings.Contains(userParameters, "#{") || json.Unmarshal([]byte(userParameters), &fields) != nil {
		return userParameters, nil // the work says what is wrong
	}
	if _, ok := fields["ref"]; !ok && !slices.Contains(needs, "immutable") {
		return userParameters, nil // a validation that only needs to know which platforms are built
	}
	of := map[string]string{}
	for _, name := range []string{"rule", "ref", "image"} {
		var text string
		if err := json.Unmarshal(fields[name], &text); err != nil || text == "" {
			return "", job.Misconfigured("No tag was moved: UserParameters of this action lack %s, a text.", name)
		}
		of[name] = text
		delete(fields, name)
	}
	tags, branch, err := tagsOf(rules, of["rule"], of["ref"], of["image"])
	if err != nil {
		return "", err
	}
	for name, value := range map[string]any{"branch": branch, "immutable": tags.Immutable, "moving": tags.Moving, "rule": of["rule"]} {
		if !slices.Contains(needs, name) {
			continue
		}
		text, err := json.Marshal(value)
		if err != nil {
			return "", err
		}
		fields[name] = text
	}
	text, err := json.Marshal(fields)
	return string(text), err
}

// tagsOf gives the templates of an image under a rule, with the values of the reference filled in.
func tagsOf(rules []rule.Tagged, name, ref, image string) (rule.Tags, string, error) {
	var filled rule.Tags
	var known []string
	for _, r := range rules {
		known = append(known, r.Name)
		if r.Name != name {
			continue
		}
		m, err := rule.Compile(r.Rule)
		if err != nil {
			return filled, "", job.Misconfigured("No tag was moved: %s.", err)
		}
		named, ok := m.Match(ref)
		if !ok {
			return filled, "", job.Misconfigured("No tag was moved: the rule %s does not match the %s %q. Start the pipeline with variables that belong together.", m, m.Type, ref)
		}
		tags, ok := r.Images[image]
		if !ok {
			return filled, "", job.Misconfigured("No tag was moved: the rule %s has no tags for the image %q.", name, image)
		}
		for _, list := range []struct{ from, to *[]string }{{&tags.Immutable, &filled.Immutable}, {&tags.Moving, &filled.Moving}} {
			for _, text := range *list.from {
				t, err := fill(m, text, named)
				if err != nil {
					return filled, "", job.Misconfigured("No tag was moved: the rule %s gives the %s %q no valid tag: %s.", name, m.Type, ref, err)
				}
				*list.to = append(*list.to, t)
			}
		}
		// The name stands in for the branch that a git tag doesn't have; its templates can't use it.
		return filled, ref, nil
	}
	return filled, "", job.Misconfigured("No tag was moved: there is no build rule %q; expected one of %s.", name, strings.Join(known, ", "))
}

func fill(m *rule.Matcher, text string, named map[string]string) (string, error) {
	t, err := tag.Parse(text, m.Names()...)
	if err != nil {
		return "", err
	}
	filled := t.Fill(named)
	if _, err := tag.Parse(filled); err != nil {
		if filled == "" {
			filled = "an empty tag"
		}
		return "", &tag.Error{Template: text, Reason: "gives " + filled + ": a tag has 1 to 128 letters, digits, \"_\", \".\" and \"-\", and does not begin with \".\" or \"-\""}
	}
	return filled, nil
}

// Rules reads the rules of the function's environment; there need not be any.
func Rules(getenv func(string) string) ([]rule.Tagged, error) {
	text := getenv(rule.Environment)
	if text == "" {
		return nil, nil
	}
	return rule.Decode[rule.Tagged](text)
}

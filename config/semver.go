package config

import (
	"fmt"
	"slices"

	"archway/internal/rule"
	"archway/internal/tag"
)

// versionPattern is the one for git tags that are versions, as it stands in docs/rules.md.
const versionPattern = `v\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?`

// checkVersions reports tags that are called after versions under a rule that matches more than
// versions, or whose order the promotion could not know.
func (r *reader) checkVersions(c checked, immutable, moving []ruleTag) {
	versioned := func(t ruleTag) bool { return rule.Versioned(t.Template) }
	if !slices.ContainsFunc(slices.Concat(immutable, moving), versioned) {
		return
	}
	if name, found := c.NoVersion(); found {
		key, value := "pattern", c.Pattern
		if c.Exact != "" {
			key, value = "exact", c.Exact
		}
		r.report(below(c.at, key), value,
			"matches %q, which is no version, so that {semver.…} would stand for nothing: write %q, "+
				`or put the version into a group called semver, (?<semver>…)`, name, versionPattern)
		return
	}
	known := slices.ContainsFunc(immutable, func(t ruleTag) bool { return t.Uses(rule.Version) })
	releases := c.Releases()
	for _, t := range moving {
		switch {
		case rule.Floating(t.Template) && !releases:
			r.report(t.at, t.String(),
				"would never move: the rule matches prereleases alone, and they move no tag that releases share: remove it")
		case !known:
			r.report(t.at, t.String(),
				`can't be kept from going back to an older version: the promotion knows by an immutable tag which version `+
					`a tag serves: add "{semver.version}" under "immutable"`)
		}
	}
}

// apart says how two tags of one image can be told apart by the registry's wildcards, a moving one
// and an immutable one that its filter covers.
func (r *reader) apart(moving, covered ruleTag, immutable []ruleTag) string {
	const general = "change one so that no tag fits both"
	if !rule.Versioned(moving.Template) {
		return general
	}
	const version = "{" + rule.Version + "}"
	instead, err := tag.Parse(version, covered.by.Names()...)
	if err == nil && covered.String() != version &&
		!covers(moving, ruleTag{expression: covered.by.TagExpression(instead)}) {
		return fmt.Sprintf("the registry's wildcards can't tell them apart: write %q there", version)
	}
	for _, prefix := range []string{"v", "release-"} {
		text := prefix + moving.String()
		other, err := tag.Parse(text, moving.by.Names()...)
		if err == nil && !covers(ruleTag{template: template{Template: other}, by: moving.by}, immutable...) {
			return fmt.Sprintf("the registry's wildcards can't tell them apart: write %q", text)
		}
	}
	return general
}

// covers reports whether a filter of a moving tag covers one of these immutable ones.
func covers(moving ruleTag, immutable ...ruleTag) bool {
	filters, err := moving.Filters(moving.by.Filters)
	return err != nil || slices.ContainsFunc(filters, func(filter string) bool {
		return slices.ContainsFunc(immutable, func(i ruleTag) bool {
			_, both := rule.CommonTag(tag.GlobExpression(filter), i.expression)
			return both
		})
	})
}

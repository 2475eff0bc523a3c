package settings

import (
	"regexp"
	"slices"

	"archway/internal/rule"
	"archway/internal/semver"
	"archway/internal/tag"
)

// hold takes from the moving tags of a prerelease those that it does not move: what several
// versions share, such as v{semver.major}, always, and all, such as latest, under a rule that
// matches releases as well.
func (t *Tags) hold(m *rule.Matcher) {
	all := slices.Concat(t.Immutable, t.Moving)
	if m == nil || !slices.ContainsFunc(all, rule.Versioned) {
		return
	}
	version, ok := m.Version(t.Values)
	if !ok {
		return // rendering says so
	}
	t.Version = &version
	if version.Prerelease == "" {
		return
	}
	mixed := m.Releases()
	var moving []tag.Template
	for _, template := range t.Moving {
		if rule.Floating(template) || mixed && !template.Uses(rule.Version) {
			t.Held = append(t.Held, template)
		} else {
			moving = append(moving, template)
		}
	}
	t.Moving = moving
}

// VersionOf gives a function that reads from an immutable tag of an image the version that it was
// called after. Only the promotion writes these tags.
func (p *Pipeline) VersionOf(image string) (func(name string) (semver.Version, bool), error) {
	var forms []*regexp.Regexp
	for _, r := range p.Rules {
		m, err := rule.Compile(r.Rule)
		if err != nil {
			return nil, err
		}
		for _, text := range r.Images[image].Immutable {
			template, err := tag.Parse(text, m.Names()...)
			if err != nil {
				return nil, err
			}
			if !template.Uses(rule.Version) {
				continue
			}
			form, err := regexp.Compile(`\A` + template.Expression(func(value string) string {
				if value == rule.Version {
					return "(" + semver.Prerelease + "|" + semver.Release + ")"
				}
				return ".*"
			}) + `\z`)
			if err != nil {
				return nil, err
			}
			forms = append(forms, form)
		}
	}
	return func(name string) (semver.Version, bool) {
		for _, form := range forms {
			if found := form.FindStringSubmatch(name); found != nil {
				return semver.Parse(found[1])
			}
		}
		return semver.Version{}, false
	}, nil
}

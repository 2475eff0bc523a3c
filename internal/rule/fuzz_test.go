package rule_test

import (
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"archway/internal/rule"
	"archway/internal/tag"
)

// What is said about a pattern before a deployment holds for every name afterwards: filters and
// expressions cover every tag, an overlap is one, and a name that takes a tag gets it.
func FuzzRule(f *testing.F) {
	for _, pattern := range []string{
		`release-(?<v>\d+\.\d+)`, `(?<v>.*)`, `main|develop`, `v(?<v>[^/]*)(?:-rc)?`, `(?i)(?<v>MAIN)`, `a(?<v>b|c)*d`,
		`^(?<v>x.*)$`, `(?<v>\+?.*)`, `(?<v>[äöü]+)`, `a$b`, `(?<v>)`,
	} {
		for _, name := range []string{"main", "release-1.2", "v1-rc", "ä/b", "x", "abcd", "+1", ""} {
			f.Add(pattern, name, "x{v}")
			f.Add(pattern, name, "{v}-{branch}")
		}
	}
	f.Fuzz(func(t *testing.T, pattern, name, text string) {
		if len(pattern) > 40 || strings.ContainsAny(name, "\n*\\?[") || name == "" {
			return // no reference
		}
		m, err := rule.Compile(rule.Rule{Name: "r", Type: rule.Branch, Pattern: pattern})
		if err != nil {
			return
		}
		values, matches := m.Values(name)
		if example, ok := m.Example(); ok {
			if _, ok := m.Match(example); !ok {
				t.Errorf("%q does not match its example %q", pattern, example)
			}
			if other, ok := rule.Overlap(m, m); !ok || other != example {
				t.Errorf("%q overlaps with itself at %q, its example is %q", pattern, other, example)
			}
		}
		template, err := tag.Parse(text, m.Names()...)
		if err != nil || !matches {
			return
		}
		values.Commit = strings.Repeat("0", 40)
		rendered, err := template.Render(values)
		if err != nil {
			return
		}
		if !tag.Valid(rendered) {
			t.Fatalf("%q of %q gives %q, which is no tag", text, name, rendered)
		}
		if taking, ok := m.Taking(template, rendered); ok && !template.Varies() {
			others, _ := m.Values(taking)
			if again, err := template.Render(others); err != nil || again != rendered {
				t.Errorf("%q: %q should also give %q for %q, but gives %q, %v", pattern, text, rendered, taking, again,
					err)
			}
		}
		if filled, err := tag.Parse(template.Fill(values.Named)); err != nil {
			t.Errorf("%q of %q is filled as %q: %v", text, name, template.Fill(values.Named), err)
		} else if again, err := filled.Render(values); err != nil || again != rendered {
			t.Errorf("%q of %q gives %q, filled first %q, %v", text, name, rendered, again, err)
		}
		if strings.ContainsAny(tag.Fit(values.Named["v"] + " " + name)[:1], ".-") || tag.Branch(name) != tag.Fit(name) {
			return // cut at the beginning: filters don't know that
		}
		if !regexp.MustCompile(`\A(?:` + m.TagExpression(template) + `)\z`).MatchString(rendered) {
			t.Errorf("%q: %q of %q gives %q, which does not fit %s", pattern, text, name, rendered,
				m.TagExpression(template))
		}
		filters, err := template.Filters(m.Filters)
		if err != nil {
			return
		}
		if !slices.ContainsFunc(filters,
			func(filter string) bool { ok, _ := path.Match(filter, rendered); return ok }) {
			t.Errorf("%q: %q of %q gives %q, which the filters %q don't match", pattern, text, name, rendered, filters)
		}
	})
}

package rule

import (
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"

	"archway/internal/tag"
)

// Taking gives the name of a branch or tag that the rule matches, and for which the template can
// yield this very tag. It is false if there is none, or if none is found: where several values
// stand in one template, only one way to part the tag among them is tried. CommonTag knows no
// names, but misses none of those, except for what is cut from the beginning of a tag, which is
// found here.
func (m *Matcher) Taking(t tag.Template, want string) (string, bool) {
	var names []string
	form, err := regexp.Compile(`\A` + t.Expression(func(name string) string {
		names = append(names, name)
		return "(.*)"
	}) + `\z`)
	if err != nil {
		return "", false
	}
	values := form.FindStringSubmatch(want)
	if values == nil {
		return "", false
	}
	expressions := []string{m.expression(), gitName}
	for i, name := range names {
		expressions = append(expressions, m.with(name, before(values[i+1])))
	}
	found, ok := common(badRune, expressions...)
	return found, ok && m.yields(t, found, want)
}

// before is the expression of all that becomes this text in a tag, or at its beginning.
func before(text string) string {
	var b strings.Builder
	b.WriteString("[^A-Za-z0-9_]*")
	for _, r := range text {
		if r == '-' {
			b.WriteString("[^A-Za-z0-9_.]")
			continue
		}
		b.WriteString(regexp.QuoteMeta(string(r)))
	}
	return b.String()
}

// with is the rule's expression with another one in the place of a value.
func (m *Matcher) with(name, other string) string {
	if name == "branch" || name == "tag" {
		return other
	}
	if slices.Contains(versionNames, name) {
		return m.withVersion(name, other)
	}
	tree, err := syntax.Parse(other, syntax.Perl)
	if err != nil {
		return other
	}
	return replace(m.tree, name, tree).String()
}

func replace(tree *syntax.Regexp, name string, other *syntax.Regexp) *syntax.Regexp {
	if tree.Op == syntax.OpCapture && tree.Name == name {
		return other
	}
	copied := *tree
	copied.Sub = nil
	for _, sub := range tree.Sub {
		copied.Sub = append(copied.Sub, replace(sub, name, other))
	}
	return &copied
}

// yields reports whether a reference can get this tag, whatever commit and date are.
func (m *Matcher) yields(t tag.Template, name, want string) bool {
	values, ok := m.Values(name)
	if !ok {
		return false
	}
	first := strings.HasPrefix(t.String(), "{")
	expression := t.Expression(func(of string) string {
		fit := tag.Fit(values.Named[of])
		if of == "branch" {
			fit = tag.Branch(name)
		}
		if first {
			fit, first = strings.TrimLeft(fit, ".-"), false
		}
		return regexp.QuoteMeta(fit)
	})
	return regexp.MustCompile(`\A` + expression + `\z`).MatchString(want)
}

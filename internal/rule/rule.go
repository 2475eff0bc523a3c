// Package rule decides which git references are built: by branches or tags, an exact name or a
// regular expression.
//
// The configuration checks rules before anything is deployed, the trigger function starts runs by
// them, and the promotion names tags after what they matched. All must read them alike, so it is
// one package. It is imported by the Lambda functions and stays free of the CDK.
package rule

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"slices"

	"archway/internal/tag"
)

// Type is the kind of a reference.
type Type string

// The kinds of references.
const (
	Branch Type = "branch"
	Tag    Type = "tag"
)

// Choices are the kinds of references.
func (Type) Choices() []string { return []string{string(Branch), string(Tag)} }

// Rule matches references of one type.
type Rule struct {
	Name string `json:"name"`
	Type Type   `json:"type"`
	// Exact is the name of the only reference that matches; or
	Exact string `json:"exact,omitempty"`
	// Pattern is a regular expression (RE2) that the whole name must match. Its named groups,
	// (?<name>…) or (?P<name>…), are values for tags.
	Pattern string `json:"pattern,omitempty"`
}

// Matcher is a compiled rule.
type Matcher struct {
	Rule
	whole *regexp.Regexp
	tree  *syntax.Regexp
}

// Error says why a pattern was refused.
type Error struct {
	Pattern string
	// Reason is what is wrong and how to cure it, without the pattern.
	Reason string
}

func (e *Error) Error() string { return fmt.Sprintf("pattern %q: %s", e.Pattern, e.Reason) }

var groupName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// reserved names are those of the placeholders that every tag template has.
var reserved = []string{"commit", "branch", "tag", "date"}

// Compile checks a rule. Every error about the pattern is of type *Error.
func Compile(r Rule) (*Matcher, error) {
	if r.Type != Branch && r.Type != Tag {
		return nil, fmt.Errorf("rule %s: the type is %q, want %q or %q", r.Name, r.Type, Branch, Tag)
	}
	if (r.Exact == "") == (r.Pattern == "") {
		return nil, fmt.Errorf("rule %s: give either an exact name or a pattern", r.Name)
	}
	m := &Matcher{Rule: r}
	source := r.Pattern
	if source == "" {
		source = regexp.QuoteMeta(r.Exact)
	}
	fail := func(format string, args ...any) (*Matcher, error) {
		return nil, &Error{Pattern: r.Pattern, Reason: fmt.Sprintf(format, args...)}
	}
	tree, err := syntax.Parse(source, syntax.Perl)
	if err != nil {
		return fail("%s", refused(source, err))
	}
	for _, name := range tree.CapNames() {
		switch {
		case name == "":
		case slices.Contains(reserved, name):
			return fail("the group %q would hide the placeholder {%s}: name it otherwise, such as \"version\"", name,
				name)
		case !groupName.MatchString(name):
			return fail(
				"the group %q can't be a placeholder: use letters, digits and \"_\", not beginning with a digit", name)
		}
	}
	if holds(tree, syntax.OpWordBoundary, syntax.OpNoWordBoundary) {
		return fail(`\b and \B are not supported: the whole name is matched, so say what stands around`)
	}
	m.tree = tree
	if m.whole, err = regexp.Compile(`\A(?:` + source + `)\z`); err != nil {
		return fail("is too large: use a shorter one")
	}
	return m, nil
}

func holds(tree *syntax.Regexp, ops ...syntax.Op) bool {
	return slices.Contains(ops, tree.Op) ||
		slices.ContainsFunc(tree.Sub, func(sub *syntax.Regexp) bool { return holds(sub, ops...) })
}

// Names are the values that a reference of this rule gives to tags: the named groups of its
// pattern, and, if it is one for tags, "tag" and those of a version.
func (m *Matcher) Names() []string {
	var names []string
	if m.Type == Tag {
		names = append(names, "tag")
	}
	for _, name := range m.tree.CapNames() {
		if name != "" {
			names = append(names, name)
		}
	}
	if m.Type == Tag {
		names = append(names, versionNames...)
	}
	return names
}

// Match reports whether the rule matches the whole name of a reference, without refs/heads/ or
// refs/tags/, and gives the values of Names. A group that took no part in the match is empty; those
// of a version are missing if the name is none.
func (m *Matcher) Match(name string) (map[string]string, bool) {
	found := m.whole.FindStringSubmatch(name)
	if found == nil {
		return nil, false
	}
	values := map[string]string{}
	for i, group := range m.whole.SubexpNames() {
		if group != "" {
			values[group] = found[i]
		}
	}
	if m.Type == Tag {
		values["tag"] = name
		m.addVersion(values)
	}
	return values, true
}

// Values are what a tag template is filled with, but for commit and time.
func (m *Matcher) Values(name string) (tag.Values, bool) {
	named, ok := m.Match(name)
	if !ok {
		return tag.Values{}, false
	}
	values := tag.Values{Named: named}
	if m.Type == Branch {
		values.Branch = name
	}
	return values, true
}

// String names the rule and what it matches, for messages.
func (m *Matcher) String() string {
	what := m.Exact
	if what == "" {
		what = "/" + m.Pattern + "/"
	}
	return fmt.Sprintf("%s (%s %s)", m.Name, m.Type, what)
}

// Find gives the rule that matches a reference, and what a template is filled with. Rules that the
// configuration accepts don't overlap, so there is no more than one.
func Find(rules []*Matcher, t Type, name string) (*Matcher, bool) {
	for _, m := range rules {
		if m.Type != t {
			continue
		}
		if _, ok := m.Match(name); ok {
			return m, true
		}
	}
	return nil, false
}

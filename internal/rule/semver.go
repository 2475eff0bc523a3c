package rule

import (
	"regexp/syntax"
	"slices"
	"strings"

	"archway/internal/semver"
	"archway/internal/tag"
)

// Values of a git tag that is called after a version.
const (
	Version = "semver.version"
	Major   = "semver.major"
	Minor   = "semver.minor"
	Patch   = "semver.patch"
)

var versionNames = []string{Version, Major, Minor, Patch}

// versionGroup is the named group of a pattern that is the version, where the git tag has more than
// that, such as api/v1.2.3. Without it the whole name is.
const versionGroup = "semver"

// Versioned reports whether a template is called after a version.
func Versioned(t tag.Template) bool { return slices.ContainsFunc(versionNames, t.Uses) }

// Floating reports whether a template gives several versions the same tag, as {semver.major} does.
func Floating(t tag.Template) bool {
	return !t.Uses(Version) && Versioned(t) && !(t.Uses(Major) && t.Uses(Minor) && t.Uses(Patch))
}

// Version gives the version that a reference is called after. It is false if it is none.
func (m *Matcher) Version(values tag.Values) (semver.Version, bool) {
	name, grouped := values.Named[versionGroup]
	if !grouped {
		name = values.Named["tag"]
	}
	if m.Type != Tag {
		return semver.Version{}, false
	}
	return semver.Parse(name)
}

// addVersion adds the values of a version, if it is one.
func (m *Matcher) addVersion(values map[string]string) {
	if v, ok := m.Version(tag.Values{Named: values}); ok {
		values[Version], values[Major], values[Minor], values[Patch] = v.String(), v.Major, v.Minor, v.Patch
	}
}

// NoVersion gives a name that the rule matches and that is called after no version. It is false if
// there is none.
func (m *Matcher) NoVersion() (string, bool) {
	if part := group(m.tree, versionGroup); part != nil {
		return except(badRune, semver.Name, part.String())
	}
	return except(badRune, semver.Name, m.expression(), gitName)
}

// Releases reports whether the rule matches a release, and Prereleases whether it matches one of
// what comes before.
func (m *Matcher) Releases() bool {
	_, ok := common(badRune, m.versions().String(), `v?`+semver.Release+`(?:\+.*)?`)
	return ok
}

// Prereleases reports whether the rule matches what comes before a release, such as v1.0.0-rc.1.
func (m *Matcher) Prereleases() bool {
	_, ok := common(badRune, m.versions().String(), `v?`+semver.Prerelease+`(?:\+.*)?`)
	return ok
}

// versions is the part of the pattern that matches the version.
func (m *Matcher) versions() *syntax.Regexp {
	if part := group(m.tree, versionGroup); part != nil {
		return part
	}
	return m.trimmed()
}

// versionPart is the expression of a value of a version.
func (m *Matcher) versionPart(name string) *syntax.Regexp {
	if name != Version {
		return parsed(semver.Number)
	}
	// As narrow as the pattern is, if it begins with the "v" that is left off, or can't.
	narrow := *m.versions()
	if first, ok := literal(&narrow); ok && first.Rune[0] == 'v' {
		first.Rune = slices.Clone(first.Rune[1:])
	}
	_, prefixed := common(badRune, narrow.String(), `v.*`)
	_, built := common(badRune, narrow.String(), `.*\+.*`)
	switch releases, prereleases := m.Releases(), m.Prereleases(); {
	case !prefixed && !built:
		return &narrow
	case !prereleases:
		return parsed(semver.Release)
	case !releases:
		return parsed(semver.Prerelease)
	}
	return parsed(semver.Release + `|` + semver.Prerelease)
}

// literal gives the text with which an expression begins, in a copy that may be changed.
func literal(tree *syntax.Regexp) (*syntax.Regexp, bool) {
	switch {
	case tree.Op == syntax.OpLiteral && tree.Flags&syntax.FoldCase == 0:
		return tree, true
	case tree.Op == syntax.OpConcat && len(tree.Sub) > 0:
		tree.Sub = slices.Clone(tree.Sub)
		first := *tree.Sub[0]
		tree.Sub[0] = &first
		return literal(&first)
	}
	return nil, false
}

// parsed is an expression that is compiled in, or made of what is.
func parsed(expression string) *syntax.Regexp {
	tree, err := syntax.Parse(expression, syntax.Perl)
	if err != nil {
		panic(err)
	}
	return tree
}

// withVersion is the rule's expression with another one in the place of a value of the version.
func (m *Matcher) withVersion(name, other string) string {
	numbers := map[string]string{Major: semver.Number, Minor: semver.Number, Patch: semver.Number}
	version := `v?(?:` + other + `)`
	if name != Version {
		numbers[name] = `(?:` + other + `)`
		version = `v?` + strings.Join([]string{numbers[Major], numbers[Minor], numbers[Patch]}, `\.`)
	}
	tree, err := syntax.Parse(version, syntax.Perl)
	if err != nil || group(m.tree, versionGroup) == nil {
		return version
	}
	return replace(m.tree, versionGroup, tree).String()
}

package rule_test

import (
	"strings"
	"testing"

	"archway/internal/rule"
	"archway/internal/tag"

	"github.com/google/go-cmp/cmp"
)

const versions = `v\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?`

// A git tag that is a version gives its parts, and another one is told to be none.
func TestVersionValues(t *testing.T) {
	const all = "{semver.version} {semver.major} {semver.minor} {semver.patch}"
	for _, test := range []struct{ pattern, name, want string }{
		{versions, "v1.2.3", "1.2.3 1 2 3"},
		{`.*`, "10.20.30", "10.20.30 10 20 30"},
		{versions, "v1.2.3-rc.1", "1.2.3-rc.1 1 2 3"},
		{`v.*`, "v1.2.3+build.5", "1.2.3 1 2 3"},
		{`(?<app>[a-z]+)/(?<semver>v.*)`, "api/v1.2.3", "1.2.3 1 2 3"},
		{`.*`, "v1.2", `the git tag "v1.2" is called after no version`},
		{versions, "v01.2.3", `the git tag "v01.2.3" is called after no version`},
		{`(?<semver>[^-]*)-v1.2.3`, "x-v1.2.3", `the git tag "x-v1.2.3" is called after no version`},
	} {
		m := compile(t, rule.Tag, test.pattern)
		values, ok := m.Values(test.name)
		if !ok {
			t.Fatalf("%s does not match %s", test.pattern, test.name)
		}
		var got []string
		for template := range strings.SplitSeq(all, " ") {
			parsed, err := tag.Parse(template, m.Names()...)
			if err != nil {
				t.Fatal(err)
			}
			rendered, err := parsed.Render(values)
			if err != nil {
				rendered = err.Error()
			}
			got = append(got, rendered)
		}
		if said := strings.Join(got, " "); said != test.want &&
			(test.want[0] != 't' || !strings.Contains(said, test.want)) {
			t.Errorf("%s of %s gives %s, want %s", test.name, test.pattern, said, test.want)
		}
	}
	if m := compile(t, rule.Branch, versions); strings.Contains(strings.Join(m.Names(), " "), "semver") {
		t.Errorf("a branch has the values %q", m.Names())
	}
}

// What a pattern takes besides versions is found, if there is anything.
func TestNoVersion(t *testing.T) {
	for pattern, want := range map[string]string{
		versions: "", `v?\d+\.\d+\.\d+`: "", `v1\.2\.\d+`: "", `(?<app>.*)/(?<semver>v?\d+\.\d+\.\d+)`: "",
		`\d+\.\d+\.\d+\+[a-z]+`: "",
		`v.*`:                   "v", `v\d+`: "v0", `v\d+\.\d+\.\d+.*`: "v0.0.0a", `v\d+\.\d+\.\d+-.*`: "v0.0.0-",
		`.*`:                    "a",
		`v\d+\.\d+\.\d+|latest`: "latest",
		`(?<semver>.*)-api`:     "", // an empty group has no example
	} {
		got, found := compile(t, rule.Tag, pattern).NoVersion()
		if pattern == `(?<semver>.*)-api` {
			if !found {
				t.Error("a group of anything is a version")
			}
			continue
		}
		if found != (want != "") || len(got) != len(want) {
			t.Errorf("%s: %q, %v, want one such as %q", pattern, got, found, want)
		}
	}
}

func TestReleases(t *testing.T) {
	for pattern, want := range map[string][2]bool{
		versions: {true, true}, `v\d+\.\d+\.\d+`: {true, false}, `v\d+\.\d+\.\d+-.+`: {false, true},
		`v.*`:                    {true, true},
		`v\d+\.\d+\.\d+-rc\.\d+`: {false, true}, `api/(?<semver>v\d+\.\d+\.\d+)`: {true, false},
		`v1\.0\.0\+x`: {true, false},
	} {
		m := compile(t, rule.Tag, pattern)
		if got := [2]bool{m.Releases(), m.Prereleases()}; got != want {
			t.Errorf("%s: releases and prereleases %v, want %v", pattern, got, want)
		}
	}
}

// The tags of two rules for versions are told apart where the patterns do.
func TestVersionTags(t *testing.T) {
	for _, test := range []struct {
		a, templateA, b, templateB string
		common                     bool
	}{
		{`v\d+\.\d+\.\d+`, "{semver.version}", `v\d+\.\d+\.\d+-.+`, "{semver.version}", false},
		{`v1\.\d+\.\d+`, "{semver.version}", `v2\.\d+\.\d+`, "{semver.version}", false},
		{versions, "{semver.version}", `v1\.\d+\.\d+`, "{semver.version}", true},
		{versions, "{semver.version}", versions, "v{semver.major}", false},
		{versions, "{semver.version}", versions, "{semver.major}.{semver.minor}", false},
		{versions, "{tag}", versions, "v{semver.version}", true},
		{`v.*`, "{semver.version}", `.*\+.*`, "{semver.version}", true},
	} {
		expression := func(pattern, template string) string {
			m := compile(t, rule.Tag, pattern)
			parsed, err := tag.Parse(template, m.Names()...)
			if err != nil {
				t.Fatal(err)
			}
			return m.TagExpression(parsed)
		}
		a, b := expression(test.a, test.templateA), expression(test.b, test.templateB)
		if got, ok := rule.CommonTag(a, b); ok != test.common {
			t.Errorf("%s of %s and %s of %s: %q, %v", test.templateA, test.a, test.templateB, test.b, got, ok)
		}
	}
}

func TestVersionFilters(t *testing.T) {
	for template, want := range map[string][]string{
		"v{semver.major}": {"v*"}, "v{semver.major}.{semver.minor}": {"v*.*"}, "{semver.major}": {"*"},
		"{semver.major}-stable": {"*-stable"},
	} {
		m := compile(t, rule.Tag, versions)
		parsed, err := tag.Parse(template, m.Names()...)
		if err != nil {
			t.Fatal(err)
		}
		got, err := parsed.Filters(m.Filters)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v\n%s", template, err, diff)
		}
	}
}

// A git tag is named by which a version takes another rule's tag.
func TestVersionThatTakesATag(t *testing.T) {
	for _, test := range []struct{ pattern, template, tag, want string }{
		{versions, "v{semver.major}", "v1", "v1.0.0"},
		{versions, "v{semver.major}.{semver.minor}", "v1.2", "v1.2.0"},
		{versions, "{semver.version}", "1.2.3", "v1.2.3"},
		{`api/(?<semver>` + versions + `)`, "v{semver.major}", "v7", "api/v7.0.0"},
		{versions, "v{semver.major}", "vx", ""},
		{versions, "v{semver.major}", "latest", ""},
	} {
		m := compile(t, rule.Tag, test.pattern)
		template, err := tag.Parse(test.template, m.Names()...)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := m.Taking(template, test.tag); got != test.want || ok != (test.want != "") {
			t.Errorf("%s of %s: %q, %v, takes %s, want %q", test.template, test.pattern, got, ok, test.tag, test.want)
		}
	}
}

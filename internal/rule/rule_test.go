package rule_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"archway/internal/rule"
	"archway/internal/tag"
)

func compile(t *testing.T, kind rule.Type, pattern string) *rule.Matcher {
	t.Helper()
	m, err := rule.Compile(rule.Rule{Name: "r", Type: kind, Pattern: pattern})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// The whole name must match, and groups become values.
func TestMatch(t *testing.T) {
	for _, test := range []struct {
		kind          rule.Type
		pattern, name string
		want          map[string]string // nil: no match
	}{
		{rule.Branch, `release-(?<version>\d+\.\d+)`, "release-1.2", map[string]string{"version": "1.2"}},
		{rule.Branch, `release-(?P<version>\d+\.\d+)`, "release-1.2", map[string]string{"version": "1.2"}},
		{rule.Branch, `release-(?<version>\d+\.\d+)`, "release-1.2.3", nil},
		{rule.Branch, `release-(?<version>\d+\.\d+)`, "old/release-1.2", nil},
		{rule.Branch, `^release-(?<imageTag>v\d)$`, "release-v1", map[string]string{"imageTag": "v1"}},
		{rule.Branch, `a|ab`, "ab", map[string]string{}},
		{rule.Branch, `(?<x>a|ab)(?<y>b?)`, "ab", map[string]string{"x": "a", "y": "b"}},
		{rule.Branch, `v(?<major>\d+)(?:-(?<pre>rc\d+))?`, "v2", map[string]string{"major": "2", "pre": ""}},
		{rule.Branch, `(?i)Main`, "main", map[string]string{}},
		{rule.Tag, `v.*`, "v1", map[string]string{"tag": "v1"}},
		{rule.Tag, `v(?<n>\d)`, "v1", map[string]string{"tag": "v1", "n": "1"}},
	} {
		t.Run(test.pattern+" "+test.name, func(t *testing.T) {
			got, ok := compile(t, test.kind, test.pattern).Match(test.name)
			if ok != (test.want != nil) {
				t.Fatalf("Match = %v, %v, want %v", got, ok, test.want)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestExactNameIsNoPattern(t *testing.T) {
	m, err := rule.Compile(rule.Rule{Name: "r", Type: rule.Branch, Exact: "release/1.0"})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{"release/1.0": true, "release/1x0": false} {
		if _, got := m.Match(name); got != want {
			t.Errorf("Match(%q) = %v, want %v", name, got, want)
		}
	}
}

func TestCompileRefuses(t *testing.T) {
	for pattern, want := range map[string]string{
		`a(`: `pattern "a(": is no regular expression of RE2 (missing closing ): ` + "`a(`" +
			`): see https://github.com/google/re2/wiki/Syntax`,
		`a)|(b`: `pattern "a)|(b": is no regular expression of RE2 (unexpected ): ` + "`a)|(b`" +
			`): see https://github.com/google/re2/wiki/Syntax`,
		`(?!x)`:     `pattern "(?!x)": RE2 has no look-ahead, (?!…): write what the names look like that are meant, and give the others a rule of their own, or none`,
		`(?!ab$).*`: `pattern "(?!ab$).*": RE2 has no look-ahead, (?!…): write "[^a].*|a(?:[^b].*|b.+)?", which matches the same`,
		`(a)\1`:     `pattern "(a)\\1": RE2 has no \1, which repeats what a group has matched: write what the names look like that are meant`,
		`rel/**`: `pattern "rel/**": is no regular expression of RE2 (invalid nested repetition operator: ` +
			"`**`" + `), in which ".*" is any text: write "rel/.*"`,
		`(?<tag>v.*)`: `pattern "(?<tag>v.*)": the group "tag" would hide the placeholder {tag}: name it otherwise, such as "version"`,
		`\bv`:         `pattern "\\bv": \b and \B are not supported: the whole name is matched, so say what stands around`,
		`(?<größe>.+)`: `pattern "(?<größe>.+)": is no regular expression of RE2 (invalid named capture: ` +
			"`(?<größe>`" + `): see https://github.com/google/re2/wiki/Syntax`,
		`(?<1st>.+)`: `pattern "(?<1st>.+)": the group "1st" can't be a placeholder: use letters, digits and "_", not beginning with a digit`,
	} {
		_, err := rule.Compile(rule.Rule{Name: "r", Type: rule.Branch, Pattern: pattern})
		if err == nil {
			t.Errorf("Compile(%q) accepts", pattern)
			continue
		}
		if diff := cmp.Diff(want, err.Error()); diff != "" {
			t.Errorf("%s\n%s", pattern, diff)
		}
	}
}

func TestFiltersOfAPattern(t *testing.T) {
	for pattern, want := range map[string][]string{
		`main`:                        {"main"},
		`^main$`:                      {"main"},
		`main|develop`:                {"develop", "main"},
		`release-(?<version>.*)`:      {"release-*"},
		`v[12]`:                       {"v1", "v2"},
		`v[13]`:                       {"v1", "v3"},
		`v[1-3]`:                      {"v*"},
		`v[135]`:                      {"v*"},
		`v[1-27]`:                     {"v*"},
		`v1(?:\.0)?`:                  {"v1", "v1.0"},
		`.*-rc.*`:                     {"*-rc*"},
		`(?:a|b).*`:                   {"a*", "b*"},
		`(?i)main`:                    {"*"},
		`(?i)\d-1`:                    {"*-1"},
		`a.c`:                         {"a*c"},
		`a/b`:                         {"a-b"},
		`(?:a|b)(?:c|d)(?:e|f)g`:      {"aceg", "acfg", "adeg", "adfg", "bceg", "bcfg", "bdeg", "bdfg"},
		`(?:(?:a|b)?(?:c|d)?){2}`:     {"*"},
		`(?:a|b)(?:a|b)(?:a|b)[ab]`:   nil, // 16
		`(?:a|b)(?:a|b)(?:a|b)[ab]x?`: {"*"},
	} {
		got := compile(t, rule.Branch, pattern).Filters("branch")
		if want == nil && len(got) == 16 {
			continue
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("filters of %q (-want +got):\n%s", pattern, diff)
		}
	}
}

func TestOverlapGivesANameThatBothMatch(t *testing.T) {
	for _, test := range []struct{ a, b, want string }{
		{`main`, `main`, "main"},
		{`main`, `develop`, ""},
		{`release-.*`, `.*-rc`, "release-rc"},
		{`release-\d+`, `release-[a-z]+`, ""},
		{`v\d+\.\d+`, `v1\..*`, "v1.0"},
		{`v\d+`, `v\d+\.\d+`, ""},
		{`(?i)MAIN`, `main`, "main"},
		{`a.*`, `b.*`, ""},
		{`.* .*`, `.*`, ""}, // no name has a space
		{`[^a-z]+`, `[^A-Z]+`, "0"},
		{`ä+`, `[^\x00-\x7f]+`, "ä"},
	} {
		got, ok := rule.Overlap(compile(t, rule.Branch, test.a), compile(t, rule.Branch, test.b))
		if ok != (test.want != "") || got != test.want {
			t.Errorf("Overlap(%q, %q) = %q, %v, want %q", test.a, test.b, got, ok, test.want)
		}
	}
	if got, ok := rule.Overlap(compile(t, rule.Branch, `v1`), compile(t, rule.Tag, `v1`)); ok {
		t.Errorf("a branch and a tag overlap: %q", got)
	}
}

// An example is a name that Git takes.
func TestExampleIsAGitName(t *testing.T) {
	for pattern, want := range map[string]string{
		`release-\d+\.\d+`:   "release-0.0",
		`.*`:                 "a",
		`a b`:                "",
		`x\*`:                "",
		`a\.\.b`:             "",
		`/.*`:                "",
		`.*/`:                "",
		`-.*`:                "",
		`a^b`:                "",
		``:                   "",
		`(?:)`:               "",
		`[^\x00-\x{10FFFF}]`: "",
	} {
		if pattern == "" {
			continue
		}
		if got, _ := compile(t, rule.Branch, pattern).Example(); got != want {
			t.Errorf("Example of %q = %q, want %q", pattern, got, want)
		}
	}
}

func TestTagsOfARule(t *testing.T) {
	when := time.Date(2026, time.January, 2, 15, 4, 5, 0, time.UTC)
	const commit = "0123456789abcdef0123456789abcdef01234567"
	for _, test := range []struct {
		kind                    rule.Type
		pattern, name, template string
		want                    string
		filters                 []string
	}{
		{rule.Branch, `release-(?<imageTag>v\d+)`, "release-v1", "{imageTag}", "v1", []string{"v*"}},
		{rule.Branch, `release-(?<version>\d+\.\d+)`, "release-1.2", "{version}", "1.2", []string{"*.*"}},
		{rule.Branch, `release-(?<version>\d+\.\d+)`, "release-1.2", "v{version}-{commit:6}", "v1.2-012345", nil},
		{rule.Branch, `main`, "main", "{date:20060102}", "20260102", []string{"*"}},
		{rule.Branch, `main`, "main", "{date:200601021504}", "202601021504", []string{"*"}},
		{rule.Branch, `main`, "main", "{date:200601021504,Asia/Shanghai}", "202601022304", []string{"*"}},
		{rule.Branch, `main`, "main", "{commit:6}", "012345", []string{"*"}},
		{rule.Branch, `feature/.*`, "feature/login#2", "{branch}", "feature-login-2", []string{"feature-*"}},
		{rule.Branch, `main|develop`, "main", "{branch}", "main", []string{"develop", "main"}},
		{rule.Tag, `v.*`, "v1.0+build.5", "{tag}", "v1.0-build.5", []string{"v*"}},
		{rule.Tag, `(?<v>\d+)(?<pre>-.*)?`, "1", "{v}{pre}", "1", []string{"*", "*-*"}},
		{rule.Tag, `(?<v>\d+)(?<pre>-.*)?`, "1-rc", "{v}{pre}", "1-rc", nil},
		{rule.Tag, `x(?<pre>\+.*)`, "x+a", "{pre}", "a", nil},
	} {
		t.Run(test.name+" "+test.template, func(t *testing.T) {
			m := compile(t, test.kind, test.pattern)
			template, err := tag.Parse(test.template, m.Names()...)
			if err != nil {
				t.Fatal(err)
			}
			values, ok := m.Values(test.name)
			if !ok {
				t.Fatalf("%q does not match", test.name)
			}
			values.Commit, values.Time = commit, when
			got, err := template.Render(values)
			if err != nil || got != test.want {
				t.Errorf("Render = %q, %v, want %q", got, err, test.want)
			}
			if test.filters == nil {
				return
			}
			filters, err := template.Filters(m.Filters)
			if err != nil || cmp.Diff(test.filters, filters) != "" {
				t.Errorf("Filters = %q, %v, want %q", filters, err, test.filters)
			}
		})
	}
}

// A tag that can't be stops with the reason.
func TestTagThatCanNotBe(t *testing.T) {
	m := compile(t, rule.Tag, `x(?<rest>.*)`)
	for name, want := range map[string]string{
		"x":   `tag template "{rest}": gives "" (0 characters): a tag has 1 to 128 letters, digits, "_", "." and "-", and does not begin with "." or "-"`,
		"x//": `tag template "{rest}": gives "" (0 characters): a tag has 1 to 128 letters, digits, "_", "." and "-", and does not begin with "." or "-"`,
	} {
		template, err := tag.Parse("{rest}", m.Names()...)
		if err != nil {
			t.Fatal(err)
		}
		values, _ := m.Values(name)
		if _, err := template.Render(values); err == nil || err.Error() != want {
			t.Errorf("%s: got %v, want %s", name, err, want)
		}
	}
}

func TestCommonTagOfTwoRules(t *testing.T) {
	for _, test := range []struct {
		a, templateA, b, templateB string
		want                       bool
	}{
		{`main`, "{commit:12}", `develop`, "{commit:12}", true},
		{`main`, "{branch}-{commit:12}", `develop`, "{branch}-{commit:12}", false},
		{`main`, "{commit:12}", `v\d+`, "{branch}", false},
		{`release-(?<v>\d+)`, "{v}", `v(?<v>\d+)`, "{v}", true},
		{`release-(?<v>\d+)`, "r{v}", `v(?<v>\d+)`, "v{v}", false},
		{`main`, "{commit:6}", `r-(?<v>[a-f]+)`, "{v}", true},
		{`main`, "{commit:6}", `r-(?<v>[a-z]+\.[a-z]+)`, "{v}", false},
		{`main`, "{date:20060102}", `r-(?<v>\d{8})`, "{v}", true},
		{`main`, "{date:20060102}", `r-(?<v>\d{7})`, "{v}", false},
		{`a/b`, "{branch}", `a-b`, "{branch}", true}, // both become a-b
	} {
		expression := func(pattern, template string) string {
			m := compile(t, rule.Branch, pattern)
			parsed, err := tag.Parse(template, m.Names()...)
			if err != nil {
				t.Fatal(err)
			}
			return m.TagExpression(parsed)
		}
		got, ok := rule.CommonTag(expression(test.a, test.templateA), expression(test.b, test.templateB))
		if ok != test.want {
			t.Errorf("%s %s, %s %s: got %q, %v, want %v", test.a, test.templateA, test.b, test.templateB, got, ok,
				test.want)
		}
	}
}

func TestNameThatTakesATag(t *testing.T) {
	for _, test := range []struct{ pattern, template, tag, want string }{
		{`.*`, "{branch}", "latest", "latest"},
		{`.*`, "x-{branch}", "latest", ""},
		{`[^a-z].*`, "{branch}", "latest", "-"}, // see below: cut from the beginning
		{`\+.*`, "{branch}", "latest", "+latest"},
		{`team/.*`, "{branch}", "team-latest", "team/latest"},
		{`feature/.*`, "{branch}", "latest", ""},
		{`release-(?<v>.*)`, "{v}", "latest", "release-latest"},
		{`release-(?<v>\d+)`, "{v}", "latest", ""},
		{`release-(?<v>\d+)`, "v{v}", "v1", "release-1"},
		{`(?<a>[a-z]+)/(?<b>[a-z]+)`, "{b}-{a}", "x-y", "y/x"},
		{`(?<a>[a-z])/(?<b>.*)`, "{a}-{b}", "x-y-z", ""}, // the other way to part it
		{`x(?<a>-?y)`, "{a}", "y", "xy"},
		{`x(?<a>-y)`, "{a}", "y", "x-y"},
		{`x(?<a>-y)`, "1{a}", "1y", ""},
		{`m.*`, "{date:20060102}", "20260102", "m"},
		{`m.*`, "{branch}-{date:2006}", "main-2026", "main"},
		{`m.*`, "{branch}-{branch}", "ma-mb", ""},
	} {
		m := compile(t, rule.Branch, test.pattern)
		template, err := tag.Parse(test.template, m.Names()...)
		if err != nil {
			t.Fatal(err)
		}
		got, ok := m.Taking(template, test.tag)
		if test.want == "-" {
			if ok = ok && tag.Branch(got) == test.tag; !ok {
				t.Errorf("%s: no branch, or %q, takes %s", test.pattern, got, test.tag)
			}
			continue
		}
		if ok != (test.want != "") || ok && got != test.want {
			t.Errorf("%s %s: %q takes %s, %v, want %q", test.pattern, test.template, got, test.tag, ok, test.want)
		}
	}
}

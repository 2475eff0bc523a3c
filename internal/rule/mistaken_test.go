package rule_test

import (
	"regexp"
	"testing"

	"archway/internal/rule"
)

func TestWildcard(t *testing.T) {
	for text, want := range map[string]string{
		"release/*": "release/.*", "*": ".*", "**": ".*", "release/**": "release/.*", "v*": "v.*", "*-rc?": ".*-rc.",
		"v1.*": "", "v1.2": "", `v\d*`: "", "[a-z]*": "", "(a)*": "", "feature/.*": "", "a?": "", ".*-x*": "",
		"v1.2.x*": `v1\.2\.x.*`,
	} {
		if got, is := rule.Wildcard(text); got != want || is != (want != "") {
			t.Errorf("Wildcard(%q) = %q, %v, want %q", text, got, is, want)
		}
	}
}

// What is written instead of a look-ahead matches the same names.
func TestWithout(t *testing.T) {
	names := []string{"main", "mainline", "main/x", "m", "ma", "mai", "mix", "x", "xmain", "release/1", "release",
		"release/", "rel-1", "rel-", "rel-2", "re", "rel"}
	for pattern, excluded := range map[string]string{
		`(?!main$).*`: "^main$", `^(?!main).*$`: "^main", `(?!release/).+`: "^release/", `(?!rel-1\z).*`: "^rel-1$",
		`(?!m).*`:  "^m",
		`(?!m$).*`: "^m$", `(?!main.*).*`: "^main",
	} {
		instead, ok := rule.Without(pattern)
		if !ok {
			t.Errorf("%s: nothing is given instead", pattern)
			continue
		}
		m := compile(t, rule.Branch, instead)
		for _, name := range names {
			if _, got := m.Match(name); got == regexp.MustCompile(excluded).MatchString(name) {
				t.Errorf("%s instead of %s: %q matches: %v", instead, pattern, name, got)
			}
		}
	}
	for _, pattern := range []string{`(?!main|develop).*`, `(?=a).*`, `a(?!b)`, `(?<!a)b`, `main`} {
		if got, ok := rule.Without(pattern); ok {
			t.Errorf("%s: %q is given instead", pattern, got)
		}
	}
}

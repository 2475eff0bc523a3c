package tag_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"archway/internal/tag"
)

func TestParseRefuses(t *testing.T) {
	const known = "use {commit}, {commit:12}, {branch} or {date:20060102}"
	const length = "the length is a number from 4 to 40, such as {commit:12}"
	const layout = "write a layout of Go's time package, such as {date:20060102} or {date:20060102-1504}"
	const characters = `use letters, digits, "_", "." and "-"`
	const zone = "use a name of the IANA database, such as Europe/Berlin or Asia/Shanghai, or leave it out for UTC"
	const begin = `begin with a letter, a digit or "_"`
	for in, want := range map[string]string{
		"":               `is empty: write a tag such as "latest" or "{commit:12}"`,
		"{sha}":          "unknown placeholder {sha}: " + known,
		"{}":             "unknown placeholder {}: " + known,
		"{Commit}":       "unknown placeholder {Commit}: " + known,
		"{commit:3}":     "{commit:3}: " + length,
		"{commit:41}":    "{commit:41}: " + length,
		"{commit:}":      "{commit:}: " + length,
		"{commit:+7}":    "{commit:+7}: " + length,
		"{commit:07}":    "{commit:07}: " + length,
		"{branch:short}": "{branch:short}: the branch takes no argument: write {branch}",
		"{date}":         "{date}: the layout is missing: " + layout,
		"{date:}":        "{date:}: the layout is missing: " + layout,
		"{date:YYYY}":    `{date:YYYY}: "YYYY" names no part of a date: ` + layout,
		"{date:MST}":     `{date:MST}: "MST" names no part of a date: ` + layout,
		"{date:2006/01}": `{date:2006/01}: gives "2001/01", and a tag can't hold "/": ` + layout,
		"{date:15:04}":   `{date:15:04}: gives "04:05", and a tag can't hold ":": ` + layout,
		"{date:2006_2}":  `{date:2006_2}: gives "2001 3", and a tag can't hold " ": ` + layout,
		"{date:2006-01-02-0700}": `{date:2006-01-02-0700}: gives "2001-01-03+0000", and a tag can't hold "+": ` +
			layout,
		"{date:.999}":                       `{date:.999}: gives nothing at 2001-01-03T04:05:06Z: ` + layout,
		"{date:2006,}":                      `{date:2006,}: there is no time zone "": ` + zone,
		"{date:2006,Local}":                 `{date:2006,Local}: there is no time zone "Local": ` + zone,
		"{date:2006,Nowhere}":               `{date:2006,Nowhere}: there is no time zone "Nowhere": ` + zone,
		"{date:2006,../UTC}":                `{date:2006,../UTC}: there is no time zone "../UTC": ` + zone,
		"{date:.000}":                       `a tag can't begin with ".": ` + begin,
		"{date:-2006}":                      `a tag can't begin with "-": ` + begin,
		"latest}":                           `"}" without "{" before it: a placeholder is written like {commit}`,
		"{commit":                           `"{" without "}" after it: a placeholder is written like {commit}`,
		"a b":                               `a tag can't hold " ": ` + characters,
		"v1+build":                          `a tag can't hold "+": ` + characters,
		"größe":                             `a tag can't hold "ö": ` + characters,
		"nightly-*":                         `a tag can't hold "*": ` + characters,
		".hidden":                           `a tag can't begin with ".": ` + begin,
		"-{commit}":                         `a tag can't begin with "-": ` + begin,
		strings.Repeat("a", 129):            `yields tags of 129 characters or more: a tag has at most 128`,
		"{commit}{commit}{commit}123456789": `yields tags of 129 characters or more: a tag has at most 128`,
	} {
		t.Run(in, func(t *testing.T) {
			_, err := tag.Parse(in)
			var refused *tag.Error
			if !errors.As(err, &refused) {
				t.Fatalf("Parse(%q) = %v, want a *tag.Error", in, err)
			}
			if diff := cmp.Diff(&tag.Error{Template: in, Reason: want}, refused); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestErrorNamesTheTemplate(t *testing.T) {
	_, err := tag.Parse("{commit")
	const want = `tag template "{commit": "{" without "}" after it: a placeholder is written like {commit}`
	if diff := cmp.Diff(want, err.Error()); diff != "" {
		t.Error(diff)
	}
}

func TestTemplateKeepsItsText(t *testing.T) {
	const in = "{branch}-{commit:7}"
	if got := mustParse(t, in).String(); got != in {
		t.Errorf("String() = %q, want %q", got, in)
	}
}

func TestVaries(t *testing.T) {
	for in, want := range map[string]bool{
		"latest":           false,
		"{branch}":         false,
		"v1-{branch}":      false,
		"{commit}":         true,
		"v1-{date:2006}":   true,
		"{branch}{commit}": true,
	} {
		t.Run(in, func(t *testing.T) {
			if got := mustParse(t, in).Varies(); got != want {
				t.Errorf("Varies() = %v, want %v", got, want)
			}
		})
	}
}

func mustParse(t *testing.T, s string) tag.Template {
	t.Helper()
	template, err := tag.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return template
}

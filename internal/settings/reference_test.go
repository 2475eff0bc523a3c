package settings_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"archway/internal/rule"
	"archway/internal/settings"
	"archway/internal/tag"
)

var web = &settings.Image{Name: "web",
	Tags: rule.Tags{Immutable: []string{"{commit:12}"}, Moving: []string{"latest", "{branch}"}}}

var ruled = &settings.Pipeline{Source: settings.Source{Branch: "main"}, Rules: []rule.Tagged{
	{Rule: rule.Rule{Name: "main", Type: rule.Branch, Exact: "main"},
		Images: map[string]rule.Tags{"web": {Immutable: []string{"{commit:12}"},
			Moving: []string{"latest", "{branch}"}}}},
	{Rule: rule.Rule{Name: "release", Type: rule.Branch, Pattern: `release-(?<version>\d+\.\d+)`},
		Images: map[string]rule.Tags{"web": {Immutable: []string{"{commit:6}-{version}"},
			Moving: []string{"r{version}", "{branch}"}}}},
	{Rule: rule.Rule{Name: "tag", Type: rule.Tag, Pattern: `v(?<rest>.*)`},
		Images: map[string]rule.Tags{
			"web": {Immutable: []string{"{tag}", "{rest}", "{date:20060102,Asia/Shanghai}-{rest}"}}}},
}}

func variables(name, ref string) map[string]string {
	return map[string]string{"rule": name, "ref": ref}
}

func TestReferenceGivesTags(t *testing.T) {
	for name, test := range map[string]struct {
		pipeline          *settings.Pipeline
		variables         map[string]string
		immutable, moving string
	}{
		"without rules": {&settings.Pipeline{Source: settings.Source{Branch: "feature/x"}}, nil, "0123456789ab",
			"latest feature-x"},
		"no variables": {&settings.Pipeline{Source: settings.Source{Branch: "b"}}, variables("main", "main"),
			"0123456789ab", "latest b"},
		"branch":         {ruled, variables("main", "main"), "0123456789ab", "latest main"},
		"named group":    {ruled, variables("release", "release-1.2"), "012345-1.2", "r1.2 release-1.2"},
		"git tag":        {ruled, variables("tag", "v1.0+b"), "v1.0-b 1.0-b 20260305-1.0-b", ""},
		"cut at the top": {ruled, variables("tag", "v-/x"), "v--x x 20260305---x", ""},
	} {
		t.Run(name, func(t *testing.T) {
			reference, err := test.pipeline.Reference(test.variables)
			if err != nil {
				t.Fatal(err)
			}
			tags, err := reference.Tags(web)
			if err != nil {
				t.Fatal(err)
			}
			tags.Values.Commit = "0123456789abcdef0123456789abcdef01234567"
			tags.Values.Time = time.Date(2026, 3, 4, 20, 0, 0, 0, time.UTC)
			render := func(all []tag.Template) string {
				var names []string
				for _, one := range all {
					name, err := one.Render(tags.Values)
					if err != nil {
						t.Error(err)
					}
					names = append(names, name)
				}
				return strings.Join(names, " ")
			}
			if diff := cmp.Diff([]string{test.immutable, test.moving},
				[]string{render(tags.Immutable), render(tags.Moving)}); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestReferenceRefuses(t *testing.T) {
	for name, test := range map[string]struct {
		variables map[string]string
		want      string
	}{
		"no variables": {nil,
			`the build rule "", expected one of main, release, tag: ` +
				`start builds by a push, or by the trigger function`},
		"no rule": {variables("none", "x"), `the build rule "none", expected one of main`},
		"another ref": {variables("release", "main"),
			`the rule release (branch /release-(?<version>\d+\.\d+)/) does not match the branch "main"`},
		"a hostile ref": {variables("main", `main","digest":"sha256:0`),
			`the rule main (branch main) does not match the branch "main\",\"digest\":\"sha256:0"`},
		"a hostile rule": {variables(`main","x":"`, "main"), `the build rule "main\",\"x\":\""`},
	} {
		if _, err := ruled.Reference(test.variables); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want %s", name, err, test.want)
		}
	}
	reference, err := ruled.Reference(variables("main", "main"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := reference.Tags(&settings.Image{Name: "job"}); err == nil ||
		err.Error() != "the rule main has no tags for the image job" {
		t.Errorf("error %v", err)
	}
}

// A reference with an empty group gives no tag.
func TestReferenceWithEmptyGroup(t *testing.T) {
	reference, err := ruled.Reference(variables("tag", "v"))
	if err != nil {
		t.Fatal(err)
	}
	tags, err := reference.Tags(web)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tags.Immutable[1].Render(tags.Values); err == nil ||
		!strings.Contains(err.Error(), `tag template "{rest}": gives ""`) {
		t.Errorf("error %v", err)
	}
}

// Decode refuses a limit of a severity that doesn't exist.
func TestDecodeWrongLimit(t *testing.T) {
	_, err := settings.Decode([]byte(`{"images": [{"scan": {"limits": {"CRITICAL": 0, "SEVERE": 0}, "minutes": 30}}]}`))
	if err == nil || !strings.Contains(err.Error(), "SEVERE") {
		t.Errorf("error %v, want one about SEVERE", err)
	}
}

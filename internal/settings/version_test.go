package settings_test

import (
	"strings"
	"testing"

	"archway/internal/rule"
	"archway/internal/settings"
	"archway/internal/tag"

	"github.com/google/go-cmp/cmp"
)

// A prerelease moves no tag that releases share.
func TestHeldTags(t *testing.T) {
	const release, both, before = `v\d+\.\d+\.\d+`, `v\d+\.\d+\.\d+(-.+)?`, `v\d+\.\d+\.\d+-.+`
	for _, test := range []struct {
		pattern, immutable, moving, ref string
		moves, held                     string
	}{
		{both, "{semver.version}", "v{semver.major} latest", "v1.2.3", "v{semver.major} latest", ""},
		{both, "{semver.version}", "v{semver.major} latest", "v1.2.3-rc.1", "", "v{semver.major} latest"},
		{both, "{semver.version}", "x-{semver.version} x-{semver.major}.{semver.minor}.{semver.patch}", "v1.2.3-rc.1",
			"x-{semver.version}", "x-{semver.major}.{semver.minor}.{semver.patch}"},
		{release, "{semver.version}", "v{semver.major} latest", "v1.2.3", "v{semver.major} latest", ""},
		{before, "{semver.version}", "v{semver.major} next", "v1.2.3-rc.1", "next", "v{semver.major}"},
		{both, "{tag}", "latest", "v1.2.3-rc.1", "latest", ""}, // nothing speaks of versions
		{`v.*`, "{semver.version}", "latest", "v1.2", "latest", ""},
	} {
		p := &settings.Pipeline{Rules: []rule.Tagged{{Rule: rule.Rule{Name: "r", Type: rule.Tag, Pattern: test.pattern},
			Images: map[string]rule.Tags{"web": {Immutable: []string{test.immutable},
				Moving: strings.Fields(test.moving)}}}}}
		reference, err := p.Reference(variables("r", test.ref))
		if err != nil {
			t.Fatal(err)
		}
		tags, err := reference.Tags(web)
		if err != nil {
			t.Fatal(err)
		}
		texts := func(all []tag.Template) string {
			var names []string
			for _, one := range all {
				names = append(names, one.String())
			}
			return strings.Join(names, " ")
		}
		want := []string{test.moves, test.held}
		if diff := cmp.Diff(want, []string{texts(tags.Moving), texts(tags.Held)}); diff != "" {
			t.Errorf("%s of %s: %s", test.ref, test.pattern, diff)
		}
	}
}

// The version of an image is read from its immutable tags, and from nothing else.
func TestVersionOf(t *testing.T) {
	p := &settings.Pipeline{Rules: []rule.Tagged{
		{Rule: rule.Rule{Name: "r", Type: rule.Tag, Pattern: `v.*`},
			Images: map[string]rule.Tags{
				"web": {Immutable: []string{"web-{semver.version}", "{semver.version}-{commit:6}", "{tag}"},
					Moving: []string{"v{semver.major}"}}}},
		{Rule: rule.Rule{Name: "main", Type: rule.Branch, Exact: "main"},
			Images: map[string]rule.Tags{"web": {Immutable: []string{"{commit:12}"}}}},
	}}
	of, err := p.VersionOf("web")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"web-1.2.3": "1.2.3", "web-1.2.3-rc.1": "1.2.3-rc.1", "1.2.3-0123ab": "1.2.3",
		"v1": "", "v1.2.3": "", "latest": "", "0123456789ab": "", "web-1.2": "", "1.2.3": "",
	} {
		got, ok := of(name)
		if ok != (want != "") || ok && got.String() != want {
			t.Errorf("%s: %v, %v, want %q", name, got, ok, want)
		}
	}
	none, err := p.VersionOf("job")
	if _, ok := none("1.2.3"); ok || err != nil {
		t.Errorf("of an image without tags: %v", err)
	}
}

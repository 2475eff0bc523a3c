package rule_test

import (
	"testing"

	"archway/internal/rule"

	"github.com/google/go-cmp/cmp"
)

// Public tags are those whose names are known before a push.
func TestPublicTags(t *testing.T) {
	rules := []rule.Tagged{
		{Rule: rule.Rule{Name: "main", Type: rule.Branch, Exact: "team/main"}, Images: map[string]rule.Tags{
			"web": {Immutable: []string{"{commit:12}", "{branch}-{date:20060102}", "fixed"},
				Moving: []string{"latest", "{branch}", "night-{date:20060102}", "both"}},
		}},
		{Rule: rule.Rule{Name: "release", Type: rule.Branch, Pattern: `release-(?<version>\d+)`},
			Images: map[string]rule.Tags{
				"web": {Immutable: []string{"{commit:12}-{version}", "{commit:12}-release"},
					Moving: []string{"v{version}", "{branch}", "stable", "both"}},
			}},
		{Rule: rule.Rule{Name: "version", Type: rule.Tag, Pattern: `v(?<version>.*)`}, Images: map[string]rule.Tags{
			"web": {Immutable: []string{"{version}"}, Moving: []string{"newest"}},
		}},
		{Rule: rule.Rule{Name: "gold", Type: rule.Tag, Exact: "gold"}, Images: map[string]rule.Tags{
			"web":   {Immutable: []string{"{tag}-{commit}"}, Moving: []string{"{tag}"}},
			"other": {Moving: []string{"latest"}},
		}},
	}
	got, err := rule.Publics(rules, "web")
	if err != nil {
		t.Fatal(err)
	}
	want := []rule.Public{
		{Tags: []string{"latest", "team-main"}, Writers: []string{"main"}},
		{Tags: []string{"both"}, Writers: []string{"main", "release"}},
		{Tags: []string{"stable"}, Writers: []string{"release"}},
		{Tags: []string{"newest"}, Writers: []string{"version"}},
		{Tags: []string{"gold"}, Writers: []string{"gold"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

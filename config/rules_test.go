package config_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"archway/config"
	"archway/internal/platform"
	"archway/internal/rule"

	"github.com/google/go-cmp/cmp"
)

func rulesWith(rules string) string { return pipelineWith(`"rules": [` + rules + `]`) }

// Rules say what is built for each image.
func TestRulesAndImages(t *testing.T) {
	cfg := load(t, `{"pipelines": [{"name": "shop",
		"images": [{"name": "web", "buildArgs": {"A": "1", "B": "1"}}, {"name": "job", "context": "job"}],
		"rules": [
			{"name": "main", "type": "branch", "exact": "main"},
			{"name": "release", "type": "branch", "pattern": "release-(?<version>\\d+\\.\\d+)",
			 "dockerfile": "Dockerfile.release", "buildArgs": {"B": "2", "C": "3"}, "noCache": true,
			 "tags": {"immutable": ["{commit:6}-{version}"], "moving": ["r{version}"]},
			 "images": {"job": {"context": "release/job", "noCache": false, "platforms": ["linux/arm64"]}}},
			{"name": "version", "type": "tag", "pattern": "v.*"}
		]}]}`)
	both := platform.All()
	all := []config.Settings{
		{Context: ".", Dockerfile: "Dockerfile", BuildArgs: map[string]string{"A": "1", "B": "1"}, Platforms: both,
			Tags: rule.Tags{Immutable: []string{"{commit:12}"}, Moving: []string{"latest", "{branch}"}}},
		{Context: "job", Dockerfile: "Dockerfile", BuildArgs: map[string]string{}, Platforms: both,
			Tags: rule.Tags{Immutable: []string{"{commit:12}"}, Moving: []string{"latest", "{branch}"}}},
		{Context: ".", Dockerfile: "Dockerfile.release", BuildArgs: map[string]string{"A": "1", "B": "2", "C": "3"},
			NoCache: true, Platforms: both,
			Tags: rule.Tags{Immutable: []string{"{commit:6}-{version}"}, Moving: []string{"r{version}"}}},
		{Context: "release/job", Dockerfile: "Dockerfile.release", BuildArgs: map[string]string{"B": "2", "C": "3"},
			Platforms: both[1:],
			Tags:      rule.Tags{Immutable: []string{"{commit:6}-{version}"}, Moving: []string{"r{version}"}}},
		{Context: ".", Dockerfile: "Dockerfile", BuildArgs: map[string]string{"A": "1", "B": "1"}, Platforms: both,
			Tags: rule.Tags{Immutable: []string{"{tag}"}}},
		{Context: "job", Dockerfile: "Dockerfile", BuildArgs: map[string]string{}, Platforms: both,
			Tags: rule.Tags{Immutable: []string{"{tag}"}}},
	}
	for i, want := range all {
		one := cfg.Pipelines[0].Rules[i/2]
		image := cfg.Pipelines[0].Images[i%2].Name
		if diff := cmp.Diff(want, cfg.Pipelines[0].Settings[one.Name][image]); diff != "" {
			t.Errorf("%s of %s (-want +got):\n%s", image, one.Name, diff)
		}
	}
	// Only what changes is a wildcard, so that no immutable tag is covered.
	if diff := cmp.Diff([]string{"latest", "main", "r*.*"},
		cfg.Pipelines[0].Filters[cfg.Pipelines[0].Images[0].Name]); diff != "" {
		t.Errorf("filters (-want +got):\n%s", diff)
	}
}

// Rules that couldn't work are reported.
func TestWrongRules(t *testing.T) {
	const main = `{"name": "main", "type": "branch", "exact": "main"}`
	tests := []struct{ name, config string }{
		{"none", rulesWith(``)},
		{"unfinished",
			rulesWith(`{}, {"name": "a b", "type": "head", "exact": "main"}, {"name": "x", "type": "tag", "exact": "v1", "pattern": "v1"}, {"name": "x", "type": "tag", "pattern": ""}`)},
		{"names that git does not take",
			rulesWith(`{"name": "a", "type": "branch", "exact": "refs/heads/main"}, {"name": "b", "type": "tag", "exact": "v..1"}`)},
		{"patterns that are none",
			rulesWith(`{"name": "a", "type": "branch", "pattern": "v("}, {"name": "b", "type": "branch", "pattern": "(?<commit>.*)"}, {"name": "c", "type": "branch", "pattern": "release (?<v>.*)"}`)},
		{"overlap",
			rulesWith(main +
				`, {"name": "all", "type": "branch", "pattern": ".*a.*", "tags": {"moving": ["{branch}"]}}`)},
		{"no overlap of a branch and a tag of the same name",
			rulesWith(main + `, {"name": "tag", "type": "tag", "exact": "main"}`)},
		{"the same immutable tag", rulesWith(main + `, {"name": "dev", "type": "branch", "exact": "dev"}`)},
		{"the same immutable tag by a group",
			rulesWith(`{"name": "r", "type": "branch", "pattern": "r-(?<v>\\d+)", "tags": {"immutable": ["{v}-{commit:4}"]}}, {"name": "t", "type": "tag", "pattern": "\\d+-.*"}`)},
		{"immutable tags that can't follow",
			rulesWith(`{"name": "r", "type": "branch", "pattern": "r-(?<v>\\d+)", "tags": {"immutable": ["{v}"]}}, {"name": "t", "type": "tag", "pattern": "v.*", "tags": {"immutable": ["stable"]}}`)},
		{"unknown placeholders",
			rulesWith(`{"name": "r", "type": "branch", "pattern": "r-(?<v>\\d+)", "tags": {"moving": ["{tag}", "{version}"]}}, {"name": "t", "type": "tag", "pattern": "v.*", "tags": {"moving": ["{branch}"]}}`)},
		{"a moving tag that covers an immutable one",
			rulesWith(main +
				`, {"name": "r", "type": "branch", "pattern": "r-(?<v>.*)", "tags": {"moving": ["{v}"]}}`)},
		{"a moving tag that a branch can take",
			rulesWith(main +
				`, {"name": "any", "type": "branch", "pattern": "[^m].*", "tags": {"moving": ["{branch}"]}}`)},
		{"a moving tag that a branch can take by what is cut off",
			rulesWith(`{"name": "stable", "type": "branch", "exact": "stable", "tags": {"moving": ["latest"]}}, {"name": "plus", "type": "branch", "pattern": "\\+.*", "tags": {"moving": ["{branch}"]}}`)},
		{"a moving tag that a git tag can take",
			rulesWith(`{"name": "stable", "type": "branch", "exact": "stable", "tags": {"moving": ["{branch}"]}}, {"name": "tags", "type": "tag", "pattern": "s.*", "tags": {"moving": ["{tag}"]}}`)},
		{"a moving tag that two groups can be",
			rulesWith(`{"name": "v1", "type": "branch", "exact": "v1", "tags": {"moving": ["x-y-z"]}}, {"name": "two", "type": "branch", "pattern": "(?<a>[a-z])/(?<b>.*)", "tags": {"moving": ["{a}-{b}"]}}`)},
		{"moving tags that nobody can take",
			rulesWith(`{"name": "a", "type": "branch", "exact": "a", "tags": {"moving": ["latest"]}}, {"name": "b", "type": "branch", "pattern": "b/.*", "tags": {"moving": ["{branch}", "latest"]}}, {"name": "c", "type": "branch", "pattern": "c/(?<v>.*)", "tags": {"moving": ["c-{v}"]}}`)},
		{"too many filters",
			rulesWith(
				`{"name": "r", "type": "branch", "pattern": "(?<v>uu|vv|ww|xx|yy|zz)", "tags": {"moving": ["{v}"]}}`)},
		{"a platform that the image lacks",
			`{"pipelines": [{"name": "hello", "images": [{"name": "hello", "platforms": ["linux/arm64"]}], "rules": [{"name": "r", "type": "branch", "exact": "r", "platforms": ["linux/amd64"]}]}]}`},
		{"an image that is none", rulesWith(`{"name": "r", "type": "branch", "exact": "r", "images": {"helo": {}}}`)},
		{"twice the same tag",
			rulesWith(`{"name": "r", "type": "branch", "exact": "r", "tags": {"immutable": ["{commit}", "{commit:40}"], "moving": ["r", "{branch}"]}}`)},
		{"a time zone that is none",
			rulesWith(
				`{"name": "r", "type": "branch", "exact": "r", "tags": {"immutable": ["{date:20060102,Berlin}"]}}`)},
		{"a Dockerfile that the seed lacks",
			pipelineWith(`"source": {"seed": "testdata/seed"}, "rules": [{"name": "r", "type": "branch", "exact": "main", "dockerfile": "Dockerfile.r"}]`)},
	}
	checkGolden(t, "testdata/wrong-rules.txt", tests)
}

// checkGolden compares all that is wrong with some configurations to a file.
func checkGolden(t *testing.T, golden string, tests []struct{ name, config string }) {
	t.Helper()
	var got strings.Builder
	for _, test := range tests {
		fmt.Fprintf(&got, "# %s\n", test.name)
		for _, line := range lines(config.Load(json.RawMessage(test.config), "")) {
			fmt.Fprintln(&got, line)
		}
	}
	if flag.Lookup("update").Value.String() == "true" {
		if err := os.WriteFile(golden, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

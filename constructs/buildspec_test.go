package constructs_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"archway/buildspecs"
	archway "archway/constructs"

	"github.com/google/go-cmp/cmp"
)

// A buildspec is the file, with its comments.
func TestBuildspecText(t *testing.T) {
	for project, want := range map[string]string{
		"Amd64Project": buildspecs.Build.Text,
		"Arm64Project": buildspecs.Build.Text,
		"MergeProject": buildspecs.Merge.Text,
	} {
		got := resources(t, builds, codeBuildProject)[project].Properties["Source"].(map[string]any)["BuildSpec"]
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", project, diff)
		}
	}
}

// What a buildspec requires is what the projects and the pipeline's actions set.
func TestBuildspecRequirements(t *testing.T) {
	for project, test := range map[string]struct {
		spec   buildspecs.Spec
		action []string
	}{
		"Amd64Project": {buildspecs.Build, nil},
		"MergeProject": {buildspecs.Merge, []string{archway.ExecutionEnvironment}},
	} {
		set := test.action
		for name := range variables(t, builds, project) {
			if name != "BUILDKIT_IMAGES" && name != "BUILDKITD_CONFIG" { // one of two, and what only this one needs
				set = append(set, name)
			}
		}
		required := regexp.MustCompile(`for name in ([A-Z_ ]+); do`).FindStringSubmatch(test.spec.Text)
		want := strings.Fields(required[1])
		slices.Sort(set)
		slices.Sort(want)
		if diff := cmp.Diff(want, set); diff != "" {
			t.Errorf("%s (-required +set):\n%s", project, diff)
		}
	}
}

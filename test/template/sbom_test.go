package template_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Of all images, only api of everything.json has a bill of materials: for both architectures, and
// it must be there.
func TestSBOMs(t *testing.T) {
	const generator = "docker.io/docker/buildkit-syft-scanner:stable-1@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	for stack, want := range map[string][]string{asCommitted: nil, everything: {generator, generator}, ruled: nil} {
		var got []string
		for _, r := range template(t, stack)["Resources"].(map[string]any) {
			resource := r.(map[string]any)
			if resource["Type"] != "AWS::CodeBuild::Project" {
				continue
			}
			environment := resource["Properties"].(map[string]any)["Environment"].(map[string]any)
			for _, v := range listOf(environment["EnvironmentVariables"]) {
				if variable := v.(map[string]any); variable["Name"] == "SBOM_GENERATOR" {
					got = append(got, variable["Value"].(string))
				}
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: generators (-want +got):\n%s", stack, diff)
		}
		var required []string
		for _, image := range settingsOf(t, stack).Images {
			if image.Validation.RequireSBOM {
				required = append(required, image.Name)
			}
		}
		if diff := cmp.Diff(want != nil, slices.Equal(required, []string{"api"})); diff != "" {
			t.Errorf("%s: required of %q", stack, required)
		}
	}
}

package template_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// reach is everything that a stack names as its own or may do something with, as it reads after the
// deployment.
func reach(t *testing.T, stack string) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	for id, r := range template(t, stack)["Resources"].(map[string]any) {
		found[stack+"/"+id] = true
		properties, _ := r.(map[string]any)["Properties"].(map[string]any)
		for name, value := range properties {
			// A policy's name is one within its role, and a metric's that of a service.
			own := strings.HasSuffix(name, "Name") && name != "PolicyName" && name != "MetricName"
			if text, ok := value.(string); ok && own {
				found[text] = true
			}
		}
		if r.(map[string]any)["Type"] == "AWS::CodeBuild::Project" {
			for _, v := range listOf(properties["Environment"].(map[string]any)["EnvironmentVariables"]) {
				switch v := v.(map[string]any); {
				case v["Type"] != "PLAINTEXT",
					slices.Contains([]any{"CACHE_REF", "REPOSITORY_URI", "PIPELINE"}, v["Name"]):
					found[resolved(t, stack, v["Value"])] = true
				}
			}
		}
	}
	for _, who := range identities(t, stack) {
		for _, statement := range who.statements {
			for _, resource := range listOf(statement["Resource"]) {
				found[resolved(t, stack, resource)] = true
			}
		}
	}
	return found
}

// Who may push what one class builds reaches nothing of another: no project, role, repository,
// cache or secret, but the source.
func TestClassesShareNothing(t *testing.T) {
	const source = "arn:‹Partition›:codecommit:‹Region›:‹AccountId›:shop"
	secret := []string{"/build/ca", "arn:‹Partition›:ssm:‹Region›:‹AccountId›:parameter/build/ca"}
	for _, pair := range []struct {
		one, other string
		shared     []string
	}{
		{shop, previews, []string{"*", source}},
		{nightly, previews, []string{"*", source}},
		// This class lists the secret.
		{shop, nightly, append([]string{"*", source}, secret...)},
	} {
		one, other := reach(t, pair.one), reach(t, pair.other)
		maps.DeleteFunc(one, func(name string, _ bool) bool { return !other[name] })
		got := slices.Sorted(maps.Keys(one))
		slices.Sort(pair.shared)
		if diff := cmp.Diff(pair.shared, got); diff != "" {
			t.Errorf("%s and %s share (-want +got):\n%s", pair.one, pair.other, diff)
		}
	}
	for _, stack := range []string{shop, nightly, previews} {
		if text := asJSON(template(t, stack)); strings.Contains(text, "Fn::ImportValue") {
			t.Errorf("%s takes something from another stack", stack)
		}
	}
	if text := asJSON(template(t, previews)); strings.Contains(text, "build/npm") ||
		strings.Contains(text, "build/ca") {
		t.Errorf("%s knows a secret that it doesn't list", previews)
	}
}

// A class that is never promoted has nothing to promote with, and asks nobody.
func TestPreviewsHaveNoRelease(t *testing.T) {
	if got := releasesOf(t, previews); len(got) > 0 {
		t.Errorf("it has the releases %q", got)
	}
	for _, who := range identities(t, previews) {
		if who.program == promoter {
			t.Errorf("%s is a promoter", who.role)
		}
	}
	var stages []string
	for _, stage := range pipelineOf(t, previews)["Properties"].(map[string]any)["Stages"].([]any) {
		stages = append(stages, stage.(map[string]any)["Name"].(string))
	}
	if diff := cmp.Diff([]string{"Source", "Build", "Merge", "Validate", "ScanGate"}, stages); diff != "" {
		t.Errorf("stages (-want +got):\n%s", diff)
	}
}

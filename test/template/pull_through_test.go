package template_test

import (
	"fmt"
	"strings"
	"testing"

	"archway/config"

	"github.com/google/go-cmp/cmp"
)

// registryHost is how a template writes the address of the account's registry.
var registryHost = []any{map[string]any{"Ref": "AWS::AccountId"}, ".dkr.ecr.", map[string]any{"Ref": "AWS::Region"},
	".", map[string]any{"Ref": "AWS::URLSuffix"}}

func TestCachesThatExistAreNotCreated(t *testing.T) {
	var prefixes []any
	for _, rule := range partsOf(t, config.RegistryStack, "AWS::ECR::PullThroughCacheRule") {
		prefixes = append(prefixes, rule.properties["EcrRepositoryPrefix"])
	}
	if diff := cmp.Diff([]any{"docker-hub"}, prefixes); diff != "" {
		t.Errorf("rules (-want +got):\n%s", diff)
	}
}

func TestBuildsAskTheCachesFirst(t *testing.T) {
	want := map[string]any{"Fn::Join": []any{"",
		append(append(append([]any{"[frontend.\"gateway.v0\"]\n  allowedRepositories = [\"docker.io/docker/dockerfile\", \"mirror.gcr.io/docker/dockerfile\"]\n" +
			"[registry.\"docker.io\"]\n  mirrors = [\""}, registryHost...),
			append([]any{"/docker-hub\"]\n[registry.\"quay.io\"]\n  mirrors = [\""}, registryHost...)...),
			"/mirrors/quay.io\"]\n")}}
	configured := map[string]int{}
	for _, stack := range all {
		for _, p := range partsOf(t, stack, "AWS::CodeBuild::Project") {
			for _, variable := range p.properties["Environment"].(map[string]any)["EnvironmentVariables"].([]any) {
				variable := variable.(map[string]any)
				if variable["Name"] != "BUILDKITD_CONFIG" ||
					!strings.Contains(fmt.Sprint(variable["Value"]), "[registry.") {
					continue
				}
				configured[stack]++
				if diff := cmp.Diff(want, variable["Value"]); diff != "" {
					t.Errorf("%s: %s (-want +got):\n%s", stack, p.id, diff)
				}
			}
		}
	}
	if diff := cmp.Diff(map[string]int{everything: 3}, configured); diff != "" {
		t.Errorf("builds with caches, by stack (-want +got):\n%s", diff)
	}
}

// Who may create repositories may do it under the prefixes of caches only.
func TestOnlyBuildsPullThroughTheCaches(t *testing.T) {
	arn := func(prefix string) any {
		return map[string]any{"Fn::Join": []any{"",
			[]any{"arn:", map[string]any{"Ref": "AWS::Partition"}, ":ecr:", map[string]any{"Ref": "AWS::Region"}, ":",
				map[string]any{"Ref": "AWS::AccountId"}, ":repository/" + prefix + "/*"}}}
	}
	want := map[string]any{
		"Effect": "Allow",
		"Action": []any{"ecr:BatchGetImage", "ecr:BatchImportUpstreamImage", "ecr:CreateRepository",
			"ecr:GetDownloadUrlForLayer"},
		"Resource": []any{arn("docker-hub"), arn("mirrors/quay.io")},
	}
	found := map[string]bool{}
	for _, stack := range append(all, config.RegistryStack) {
		for _, p := range append(partsOf(t, stack, "AWS::IAM::Policy"), partsOf(t, stack, "AWS::IAM::Role")...) {
			for _, statement := range statementsIn(p.properties) {
				if actions := asJSON(statement["Action"]); !strings.Contains(actions, "ecr:BatchImportUpstreamImage") &&
					!strings.Contains(actions, "ecr:CreateRepository") {
					continue
				}
				id, _, _ := strings.Cut(p.id, "Role")
				found[stack+"/"+id] = true
				if diff := cmp.Diff(want, statement); diff != "" {
					t.Errorf("%s: %s (-want +got):\n%s", stack, p.id, diff)
				}
			}
		}
	}
	wantRoles := map[string]bool{everything + "/apiBuildAmd64": true, everything + "/apiBuildArm64": true,
		everything + "/webuiBuildArm64": true}
	if diff := cmp.Diff(wantRoles, found); diff != "" {
		t.Errorf("roles (-want +got):\n%s", diff)
	}
}

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"archway/test/rehearse/internal/aws/cloudformation"
	"archway/test/rehearse/internal/aws/codebuild"
	"archway/test/rehearse/internal/aws/codepipeline"
	"archway/test/rehearse/internal/aws/iam/iamtest"
	"archway/test/rehearse/internal/rehearsal"
)

// BuildKit goes on to the registry itself where a cache refuses, and the build is as good. The
// rehearsal says what is missing.
func TestBuildsThatMayNotFillTheCache(t *testing.T) {
	needsMachine(t)
	const action = "ecr:BatchImportUpstreamImage"
	changed := stacks(t, "internal/scenarios/testdata/signed/cdk.json")
	for _, role := range []string{"webBuildAmd64Role", "webBuildArm64Role", "workerBuildAmd64Role",
		"workerBuildArm64Role"} {
		permission, err := iamtest.Find(changed, role, action, 0)
		if err == nil {
			changed, err = iamtest.Without(changed, permission)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	r := deployLacking(t, changed)
	buildxTakes(t, r, "signed")
	push, err := r.PushSeed(t.Context(), "signed", nil)
	if result := only(t, push, err); result.Status != codepipeline.Succeeded {
		t.Errorf("%s: the registry itself was not asked", result.Status)
	}
	refused := r.Permissions().Refused
	want := "is not authorized to perform: " + action +
		" on resource: arn:aws:ecr:eu-west-1:111122223333:repository/mirrors/hub/library/debian"
	if len(refused) == 0 {
		t.Errorf("nothing was refused, want %s", want)
	}
	for _, got := range refused {
		if !strings.Contains(got, want) {
			t.Errorf("refused was %s, want %s", got, want)
		}
	}
}

// apiVersion is the engine's: buildx does not ask for it, and speaks a newer one than Debian's
// engine.
func apiVersion(t *testing.T, r *rehearsal.Rehearsal) string {
	t.Helper()
	ask := exec.CommandContext(t.Context(), "docker", "version", "--format", "{{.Server.APIVersion}}")
	ask.Env = append(os.Environ(), "DOCKER_HOST="+r.Machine().DockerHost)
	out, err := ask.Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// buildxTakes: here the builds' builder is there already, so this is what creating one with their
// configuration comes to, but for its start, which would pull BuildKit's image.
func buildxTakes(t *testing.T, r *rehearsal.Rehearsal, name string) {
	t.Helper()
	for _, stack := range r.Stacks() {
		for _, project := range cloudformation.Of[*codebuild.Project](stack) {
			for _, variable := range project.Environment.Variables {
				if variable.Name != "BUILDKITD_CONFIG" {
					continue
				}
				dir := t.TempDir()
				config := filepath.Join(dir, "buildkitd.toml")
				if err := os.WriteFile(config, []byte(variable.Value), 0o600); err != nil {
					t.Fatal(err)
				}
				create := exec.CommandContext(t.Context(), r.Machine().BuildxPlugin, "create", "--name", name,
					"--driver", "docker-container",
					"--driver-opt", "image=example.test/buildkit:1", "--buildkitd-config", config)
				create.Env = append(os.Environ(), "BUILDX_CONFIG="+dir, "DOCKER_HOST="+r.Machine().DockerHost,
					"DOCKER_API_VERSION="+apiVersion(t, r))
				if out, err := create.CombinedOutput(); err != nil {
					t.Fatalf("%v: %s", err, out)
				}
				kept, err := os.ReadFile(filepath.Join(dir, "instances", name))
				if err != nil {
					t.Fatal(err)
				}
				if !strings.Contains(string(kept), "buildkitd.toml") {
					t.Errorf("the builder has no configuration: %s", kept)
				}
				return
			}
		}
	}
	t.Error("no build configures its builder")
}

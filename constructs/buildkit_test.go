package constructs

import (
	"strings"
	"testing"

	"archway/scripts"

	"github.com/google/go-cmp/cmp"
)

func TestEveryMirrorHasTheSameBuildKit(t *testing.T) {
	for _, image := range DefaultBuildKitImages {
		if !strings.HasSuffix(image, "/moby/buildkit@"+buildKit) {
			t.Errorf("%s is another image", image)
		}
	}
	if got := *buildKitImages("example.test/buildkit:1"); got != "example.test/buildkit:1" {
		t.Errorf("an image of one's own gives %s", got)
	}
}

// The rehearsal has the BuildKit of the builds. What is rehearsed is what builds.
func TestRehearsalsBuildKit(t *testing.T) {
	if !strings.Contains(scripts.Setup, "BUILDKIT_VERSION="+buildKitVersion+"\n") {
		t.Errorf("scripts/setup.sh builds another version than %s", buildKitVersion)
	}
}

// Frontends are names of repositories.
func TestFrontendRepositories(t *testing.T) {
	if err := frontendProblems("Frontends", append(DefaultFrontends, "localhost:5000/a/b_c")); err != nil {
		t.Error(err)
	}
	for _, bad := range []string{
		"", "docker/dockerfile:1", "docker.io/docker/dockerfile:1", "docker.io/docker/dockerfile@sha256:0",
		"Docker.io/x", "dockerfile",
		"docker.io/a\"]\n[worker.oci]\n", "docker.io/*", "docker.io/",
	} {
		if frontendProblems("Frontends", []string{bad}) == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

// A Dockerfile may name only the frontends of these repositories.
func TestFrontendsOfADockerfile(t *testing.T) {
	want := "[frontend.\"gateway.v0\"]\n" +
		"  allowedRepositories = [\"docker.io/docker/dockerfile\", \"mirror.gcr.io/docker/dockerfile\"]\n"
	if diff := cmp.Diff(want, frontends(DefaultFrontends)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

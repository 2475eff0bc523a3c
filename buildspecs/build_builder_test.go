package buildspecs_test

import (
	"slices"
	"strings"
	"testing"

	"archway/buildspecs"

	"github.com/google/go-cmp/cmp"
)

// A build creates a builder that can export a cache.
func TestBuildCreatesBuilder(t *testing.T) {
	r := run(t, buildspecs.Build, buildEnvironment)
	want := []string{"--name", "archway", "--driver", "docker-container", "--driver-opt",
		"image=example.test/buildkit:1", "--bootstrap"}
	if diff := cmp.Diff(want, r.command(t, "docker", "buildx", "create")); diff != "" {
		t.Errorf("docker buildx create (-want +got):\n%s", diff)
	}
}

// The builder comes from the first mirror that answers. A mirror that fails, or lacks the image,
// must not fail the build.
func TestBuilderMirrors(t *testing.T) {
	const first, second, third = "a.test/buildkit@sha256:1", "b.test/buildkit@sha256:1", "c.test/buildkit@sha256:1"
	for unreachable, want := range map[string]string{"": first, first: second, first + " " + second: third} {
		r := run(t, buildspecs.Build, with(buildEnvironment, map[string]string{
			"BUILDKIT_IMAGES": first + " " + second + " " + third, "STUB_UNREACHABLE": unreachable,
		}))
		got := valuesOf(r.command(t, "docker", "buildx", "create"), "--driver-opt")
		if diff := cmp.Diff([]string{"image=" + want}, got); diff != "" || !r.succeeded {
			t.Errorf("without %q: succeeded %v (-want +got):\n%s", unreachable, r.succeeded, diff)
		}
		if !strings.Contains(r.log, "The builder is "+want+"\n") {
			t.Errorf("the log does not say which answered:\n%s", r.log)
		}
	}
	all := first + " " + second
	r := run(t, buildspecs.Build,
		with(buildEnvironment, map[string]string{"BUILDKIT_IMAGES": all, "STUB_UNREACHABLE": all}))
	if r.succeeded || r.command(t, "docker", "buildx", "build") != nil ||
		!strings.Contains(r.log, "pulled from nowhere: tried "+all+"; set") {
		t.Errorf("succeeded %v, calls %q:\n%s", r.succeeded, r.calls, r.log)
	}
}

func TestBuildConfiguresItsBuilder(t *testing.T) {
	const config = "[registry.\"docker.io\"]\n  mirrors = [\"111122223333.dkr.ecr.eu-west-1.example.test/docker-hub\"]\n"
	r := run(t, buildspecs.Build, with(buildEnvironment, map[string]string{"BUILDKITD_CONFIG": config}))
	if !r.succeeded || strings.TrimSpace(r.builder) != strings.TrimSpace(config) {
		t.Errorf("the builder's configuration is\n%s\nwant\n%s\nlog:\n%s", r.builder, config, r.log)
	}
	if !strings.Contains(r.log, config) {
		t.Errorf("the log does not say which caches are asked:\n%s", r.log)
	}
	got := r.command(t, "docker", "buildx", "create")
	want := []string{"--name", "archway", "--driver", "docker-container", "--driver-opt",
		"image=example.test/buildkit:1", "--buildkitd-config", "FILE", "--bootstrap"}
	if i := slices.Index(got, "--buildkitd-config"); i >= 0 && i+1 < len(got) {
		got[i+1] = "FILE"
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("docker buildx create (-want +got):\n%s", diff)
	}
}

// A build uses the builder that the environment names.
func TestBuildUsesNamedBuilder(t *testing.T) {
	r := run(t, buildspecs.Build,
		with(buildEnvironment, map[string]string{"BUILDX_BUILDER": "mine", "BUILDKIT_IMAGES": ""}))
	if !r.succeeded {
		t.Fatalf("the build failed:\n%s", r.log)
	}
	if call := r.command(t, "docker", "buildx", "create"); call != nil {
		t.Errorf("a builder is created although one is named: %q", call)
	}
}

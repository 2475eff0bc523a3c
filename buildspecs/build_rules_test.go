package buildspecs_test

import (
	"slices"
	"strings"
	"testing"

	"archway/buildspecs"

	"github.com/google/go-cmp/cmp"
)

func TestBuildFollowsItsRule(t *testing.T) {
	environment := with(buildEnvironment, map[string]string{"RULES": rules, "BUILD_ARGS": `{"A": "1", "B": "1"}`})
	for rule, want := range map[string]struct{ file, context, cache, arguments string }{
		"main":    {"./Dockerfile", "./.", "--cache-from", "A=1|B=1"},
		"release": {"./services/api/docker/Dockerfile.prod", "./services/api", "--no-cache", `A=1|B=2|C=it's "3"`},
	} {
		t.Run(rule, func(t *testing.T) {
			r := run(t, buildspecs.Build, with(environment, map[string]string{"STUB_EXECUTION": started(rule)}))
			if !r.succeeded || r.exported["IMAGE_DIGEST"] != digest("a") {
				t.Fatalf("the build failed:\n%s", r.log)
			}
			call := r.command(t, "docker", "buildx", "build")
			got := []string{valuesOf(call, "--file")[0], call[len(call)-1],
				strings.Join(valuesOf(call, "--build-arg"), "|")}
			if diff := cmp.Diff([]string{want.file, want.context, want.arguments}, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if !slices.Contains(call, want.cache) || valuesOf(call, "--cache-to") == nil {
				t.Errorf("%s or --cache-to is not in %q", want.cache, call)
			}
		})
	}
}

// A build does nothing for a platform that the rule leaves out.
func TestBuildOfLeftOutPlatform(t *testing.T) {
	r := run(t, buildspecs.Build,
		with(buildEnvironment,
			map[string]string{"RULES": rules, "STUB_EXECUTION": started("pr"), "DOCKERFILE": "Dockerfile.missing"}))
	if !r.succeeded || len(r.calls) != 1 {
		t.Fatalf("succeeded %v, calls %q\n%s", r.succeeded, r.calls, r.log)
	}
	if diff := cmp.Diff(map[string]string{"IMAGE_DIGEST": "none"}, r.exported); diff != "" {
		t.Errorf("exported variables (-want +got):\n%s", diff)
	}
	if !strings.Contains(r.log, "Nothing to do: the build rule pr leaves out linux/arm64") {
		t.Errorf("the log does not say why:\n%s", r.log)
	}
}

func TestBuildRefusesARuleThatIsNone(t *testing.T) {
	for _, rule := range []string{"", "none", "Main"} {
		r := run(t, buildspecs.Build,
			with(buildEnvironment, map[string]string{"RULES": rules, "STUB_EXECUTION": started(rule)}))
		want := `ERROR: there is no build rule ["` + rule +
			`"]: start the pipeline with the variable rule set to one of ["main","pr","release"]`
		if r.succeeded || len(r.calls) != 1 || !strings.Contains(r.log, want) {
			t.Errorf("succeeded %v, calls %q, want %s in\n%s", r.succeeded, r.calls, want, r.log)
		}
	}
}

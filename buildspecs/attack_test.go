package buildspecs_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"archway/buildspecs"

	"github.com/google/go-cmp/cmp"
)

// hostile are values that somebody chose: who may start the pipeline, or who took over a build.
// Each tries to be more than a value. They take turns with the models of the shell.
var hostile = []string{
	"$(touch taken)",
	"`touch taken`",
	`"; touch taken; "`,
	`"},{"name":"BASH_ENV","value":"$(touch taken)`,
	"BASH_ENV=$(touch taken)",
	"--help",
	"-f/dev/null",
	"@/etc/passwd",
	`") | input_filename | halt_error #`,
	"\\(env)",
	"a[$(touch taken)]",
	"*",
	"main\nsha256:" + strings.Repeat("a", 64),
	"sha256:" + strings.Repeat("a", 64) + "\n",
	"sha256:" + strings.Repeat("a", 64) + "\nnone",
	"sha256:" + strings.Repeat("a", 64) + " registry.example.test/evil@sha256:" + strings.Repeat("b", 64),
	"linux/amd64,$(touch taken)",
	"\u009b2J\u202e",
	strings.Repeat("x", 200_000),
}

// nothingHappened tells that the value did nothing but end the build with an error.
func nothingHappened(t *testing.T, r result) {
	t.Helper()
	if r.succeeded || len(r.exported) > 0 || r.manifest != "" {
		t.Errorf("succeeded %v, exported %v, put %q", r.succeeded, r.exported, r.manifest)
	}
	if slices.Contains(r.files, "taken") {
		t.Errorf("the value was run:\n%s", r.log)
	}
	for _, call := range r.calls {
		if call[0] == "docker" && call[1] != "login" || call[0] == "sleep" {
			t.Errorf("%q was called", call)
		}
	}
	if !strings.Contains(r.log, "ERROR: ") || len(r.log) > 2000 || strings.ContainsAny(r.log, "\u009b\u202e") {
		t.Errorf("the log is not what a person can read: %.2000q", r.log)
	}
}

func TestHostileRuleIsNoRule(t *testing.T) {
	values := []any{nil, 1, true, []string{"main"}, map[string]string{"main": ""}, "main\n", " main", "main "}
	for _, value := range hostile {
		values = append(values, value)
	}
	for i, value := range values {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			dir := t.TempDir()
			write(t, filepath.Join(dir, "execution"), started(value), 0o644)
			nothingHappened(t, start(t, i%len(models), buildspecs.Build, with(buildEnvironment, map[string]string{
				"RULES": rules, "STUB_EXECUTION_FILE": filepath.Join(dir, "execution"),
			}))())
		})
	}
}

func TestRuleThatIsGivenTwiceIsNoRule(t *testing.T) {
	twice := strings.Replace(started("main"), `"name":"ref"`, `"name":"rule"`, 1)
	environment := with(buildEnvironment, map[string]string{"RULES": rules, "STUB_EXECUTION": twice})
	nothingHappened(t, run(t, buildspecs.Build, environment))
}

func TestHostileDigestIsNotMerged(t *testing.T) {
	values := []any{nil, 1, false, []string{digest("a")}, map[string]string{"digest": digest("a")}, "", "None"}
	for _, value := range hostile {
		values = append(values, value)
	}
	for i, value := range values {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			nothingHappened(t, start(t, i%len(models), buildspecs.Merge, merging(t, value, digest("b")))())
		})
	}
}

func TestHostileValidationIsNotTested(t *testing.T) {
	values := []any{nil, 1, []string{both}, ""}
	for _, value := range hostile {
		values = append(values, value)
	}
	for i, value := range values {
		for name, outputs := range map[string][]attempt{
			"digest": validated(value, both), "platforms": validated(digest("c"), value),
		} {
			t.Run(fmt.Sprint(name, i), func(t *testing.T) {
				environment := with(smokeEnvironment, map[string]string{"STUB_HISTORY": history(t, outputs)})
				nothingHappened(t, start(t, i%len(models), buildspecs.SmokeTest, environment)())
			})
		}
	}
}

func TestHostileCommitIsNone(t *testing.T) {
	for _, value := range []string{"$(touch taken)", commit + "\n", commit + ",x", "HEAD", strings.ToUpper(commit)} {
		for _, spec := range []buildspecs.Spec{buildspecs.Build, buildspecs.Merge} {
			environment := with(with(merging(t, digest("a"), digest("b")), buildEnvironment), map[string]string{
				"CODEBUILD_RESOLVED_SOURCE_VERSION": value,
			})
			nothingHappened(t, start(t, 0, spec, environment)())
		}
	}
}

// Links don't lead out of the source. What lies outside of the source is another's: credentials, or
// what an earlier command left on this machine.
func TestLinkOutOfTheSource(t *testing.T) {
	outside := t.TempDir()
	write(t, filepath.Join(outside, "Dockerfile"), "FROM scratch\n", 0o644)
	for name, test := range map[string]struct{ link, to, context, dockerfile string }{
		"context":                  {"link", outside, "link", "Dockerfile"},
		"folder above the context": {"link", filepath.Dir(outside), "link/" + filepath.Base(outside), "Dockerfile"},
		"Dockerfile": {"services/Dockerfile", filepath.Join(outside, "Dockerfile"), "services",
			"Dockerfile"},
		"folder of the Dockerfile": {"services/docker", outside, "services", "docker/Dockerfile"},
		"by the parent":            {"services/link", "../..", "services/link/sibling", "Dockerfile"},
	} {
		t.Run(name, func(t *testing.T) {
			environment := with(buildEnvironment,
				map[string]string{"BUILD_CONTEXT": test.context, "DOCKERFILE": test.dockerfile})
			r := run(t, buildspecs.Build, environment,
				func(source string) {
					write(t, filepath.Join(filepath.Dir(source), "sibling", "Dockerfile"), "FROM scratch\n", 0o644)
					if err := os.Symlink(test.to, filepath.Join(source, test.link)); err != nil {
						t.Fatal(err)
					}
				})
			nothingHappened(t, r)
			if !strings.Contains(r.log, "is outside of the source") {
				t.Errorf("the log does not say why:\n%s", r.log)
			}
		})
	}
}

// A symbolic link inside of the source is followed.
func TestLinkInsideTheSource(t *testing.T) {
	environment := with(buildEnvironment,
		map[string]string{"BUILD_CONTEXT": "api", "DOCKERFILE": "docker/Dockerfile.prod"})
	r := run(t, buildspecs.Build, environment,
		func(source string) {
			if err := os.Symlink("services/api", filepath.Join(source, "api")); err != nil {
				t.Fatal(err)
			}
		})
	if !r.succeeded {
		t.Fatalf("the build failed:\n%s", r.log)
	}
	call := r.command(t, "docker", "buildx", "build")
	got := []string{valuesOf(call, "--file")[0], call[len(call)-1]}
	if diff := cmp.Diff([]string{"./services/api/docker/Dockerfile.prod", "./services/api"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

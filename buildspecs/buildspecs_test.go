package buildspecs_test

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"archway/buildspecs"

	"github.com/google/go-cmp/cmp"
)

var specs = map[string]buildspecs.Spec{"build.yml": buildspecs.Build, "merge.yml": buildspecs.Merge,
	"smoke-test.yml": buildspecs.SmokeTest}

func TestTextIsTheFileItself(t *testing.T) {
	for name, spec := range specs {
		file, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(file), spec.Text); diff != "" {
			t.Errorf("%s (-file +embedded):\n%s", name, diff)
		}
	}
}

// CloudFormation replaces other characters by question marks.
func TestTextIsASCII(t *testing.T) {
	for name, spec := range specs {
		if bad := regexp.MustCompile(`[^\n -~]`).FindString(spec.Text); bad != "" {
			t.Errorf("%s holds %q", name, bad)
		}
	}
}

func TestExportedVariables(t *testing.T) {
	got := map[string][]string{}
	for name, spec := range specs {
		got[name] = spec.Env.ExportedVariables
	}
	if diff := cmp.Diff(map[string][]string{"build.yml": {"IMAGE_DIGEST"}, "merge.yml": {"INDEX_DIGEST"},
		"smoke-test.yml": nil}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestSpecsRunInOneBash(t *testing.T) {
	for name, spec := range specs {
		if got := fmt.Sprint(spec.Version); got != "0.2" {
			t.Errorf("%s has version %s: only in 0.2 the commands share one shell", name, got)
		}
		if spec.Env.Shell != "bash" {
			t.Errorf("%s runs in %q, but is written for bash", name, spec.Env.Shell)
		}
	}
}

func TestEveryBlockIsStrict(t *testing.T) {
	for name, spec := range specs {
		for phase, p := range spec.Phases {
			for i, command := range p.Commands {
				lines := strings.Split(command, "\n")
				if len(lines) < 2 || lines[1] != "set -euo pipefail" {
					t.Errorf("%s: command %d of %s does not begin with a title and set -euo pipefail", name, i, phase)
				}
			}
		}
	}
}

// CodeBuild runs post_build and "finally" after a failure as well.
func TestNothingRunsAfterAFailure(t *testing.T) {
	for name, spec := range specs {
		for phase, p := range spec.Phases {
			if phase != "pre_build" && phase != "build" {
				t.Errorf("%s has a phase %s", name, phase)
			}
			if p.OnFailure != "ABORT" {
				t.Errorf("%s: after a failure in %s the build goes on (%q)", name, phase, p.OnFailure)
			}
		}
	}
}

// What a buildspec sends anywhere goes by digest.
func TestNoTagIsWritten(t *testing.T) {
	for name, spec := range specs {
		if option := regexp.MustCompile(`--image-tag|--tag\b|\s-t\s`).FindString(spec.Text); option != "" {
			t.Errorf("%s writes a tag: %s", name, option)
		}
	}
}

func TestShellcheckIsClean(t *testing.T) {
	shellcheck, err := exec.LookPath("shellcheck")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("shellcheck is not installed, and CI requires it: apt-get install shellcheck")
		}
		t.Skip("NOT CHECKED: shellcheck is not installed: apt-get install shellcheck")
	}
	for name, spec := range specs {
		script := "#!/bin/bash\n"
		for _, phase := range []string{"install", "pre_build", "build", "post_build"} {
			script += strings.Join(spec.Phases[phase].Commands, "\n")
		}
		cmd := exec.Command(shellcheck, "--shell=bash", "--severity=style", "-")
		cmd.Stdin = strings.NewReader(script)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}

package main

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"archway/test/internal/assembly"
	"archway/test/internal/synth"
	"archway/test/rehearse/internal/assumptions"
	"archway/test/rehearse/internal/aws/codepipeline"
	"archway/test/rehearse/internal/rehearsal"
)

// root is the module's folder.
const root = "../.."

var (
	// programs are the functions' programs, and apps the synthesized apps, of all tests.
	programs *rehearsal.Programs
	apps     *synth.Shared
)

// helloGo is what cdk.json describes when nobody has changed it. That file is the user's.
const helloGo = root + "/test/testdata/hello-go/cdk.json"

func TestMain(m *testing.M) {
	temporary, err := os.MkdirTemp("", "archway-shared-")
	if err != nil {
		panic(err)
	}
	programs = &rehearsal.Programs{Dir: filepath.Join(temporary, "programs")}
	apps = &synth.Shared{Dir: temporary}
	code := m.Run()
	os.RemoveAll(temporary)
	os.Exit(code)
}

// synthesized is an app's assembly.
func synthesized(t *testing.T, cdkJSON string) *assembly.Assembly {
	t.Helper()
	made, err := apps.Assembly(cdkJSON)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func stacks(t *testing.T, cdkJSON string) []*assembly.Stack {
	t.Helper()
	return synthesized(t, cdkJSON).Stacks
}

// needsMachine skips a test where pipelines can't be rehearsed. In CI that is a
// failure, and what is missing is installed.
func needsMachine(t *testing.T) {
	t.Helper()
	inCI := os.Getenv("CI") == "true"
	var missing []string
	if os.Geteuid() != 0 {
		missing = append(missing, "root")
	}
	if _, err := exec.LookPath("docker"); err != nil && !inCI {
		// The set-up would install it, but a person should want that.
		missing = append(missing, "Docker")
	}
	if len(missing) == 0 {
		return
	}
	reason := "rehearsing needs " + strings.Join(missing, " and ")
	if inCI {
		t.Fatal(reason + ", and in CI it must not be left out")
	}
	t.Skip("NOT RUN: " + reason)
}

// rehearse deploys an app to this machine.
func rehearse(t *testing.T, cdkJSON string) *rehearsal.Rehearsal {
	t.Helper()
	needsMachine(t)
	return deploy(t, stacks(t, cdkJSON))
}

// deploy deploys stacks to this machine.
func deploy(t *testing.T, stacks []*assembly.Stack) *rehearsal.Rehearsal {
	t.Helper()
	r := deployLacking(t, stacks)
	t.Cleanup(func() {
		for _, refusal := range r.Permissions().Refused {
			t.Errorf("%s", refusal)
		}
	})
	return r
}

// deployLacking deploys stacks whose roles lack permissions. CodePipeline's history is prompt, for
// each look at one that lags is seconds of waiting, and the AWS CLI is the stand-in: the test of
// both examples waits, and the whole command has the machine's own.
func deployLacking(t *testing.T, stacks []*assembly.Stack) *rehearsal.Rehearsal {
	t.Helper()
	said := &strings.Builder{}
	r, err := rehearsal.New(t.Context(), stacks, rehearsal.Options{
		Dir: t.TempDir(), ModuleDir: root, Programs: programs, StandInCLI: true, OnlyStandIns: true,
		Progress: said,
		Readings: assumptions.Readings{PromptHistory: true},
	})
	if err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Errorf("closing the rehearsal: %v", err)
		}
	})
	return r
}

// only waits for the one execution that a push started.
func only(t *testing.T, push *rehearsal.Push, err error) codepipeline.Result {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	results := push.Wait()
	if len(results) != 1 {
		t.Fatalf("the push started %d executions, expected 1", len(results))
	}
	showLogs(t, results[0])
	return results[0]
}

// showLogs prints the logs of the failed actions if the test fails.
func showLogs(t *testing.T, result codepipeline.Result) {
	t.Helper()
	logs := map[string]string{}
	for _, stage := range result.Stages {
		for _, action := range stage.Actions {
			if content, err := os.ReadFile(action.Log); err == nil && action.Status == codepipeline.Failed {
				logs[stage.Name+"/"+action.Name+": "+action.Message] = string(content)
			}
		}
	}
	t.Cleanup(func() {
		if !t.Failed() {
			return
		}
		for _, name := range slices.Sorted(maps.Keys(logs)) {
			t.Logf("%s\n%s", name, logs[name])
		}
	})
}

// stages are the statuses of a result's stages.
func stages(result codepipeline.Result) map[string]codepipeline.Status {
	statuses := map[string]codepipeline.Status{}
	for _, s := range result.Stages {
		statuses[s.Name] = s.Status
	}
	return statuses
}

func wantStages(t *testing.T, result codepipeline.Result, want map[string]codepipeline.Status) {
	t.Helper()
	if diff := cmp.Diff(want, stages(result)); diff != "" {
		t.Errorf("stages (-want +got):\n%s", diff)
	}
}

// tags reads a repository's tags.
func tags(t *testing.T, r *rehearsal.Rehearsal, repository string) map[string]string {
	t.Helper()
	found, err := r.Tags(repository)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func wantTags(t *testing.T, r *rehearsal.Rehearsal, repository string, want map[string]string) {
	t.Helper()
	if diff := cmp.Diff(want, tags(t, r, repository)); diff != "" {
		t.Errorf("tags of %s (-want +got):\n%s", repository, diff)
	}
}

// write returns a change that writes a file.
func write(name, content string) func(dir string) error {
	return func(dir string) error {
		return os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644)
	}
}

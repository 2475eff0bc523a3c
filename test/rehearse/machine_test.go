package main

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"archway/test/internal/assembly"
	"archway/test/internal/synth"
	"archway/test/rehearse/internal/aws/codepipeline"
	"archway/test/rehearse/internal/rehearsal"
)

// root is the module's folder.
const root = "../.."

// helloGo is what cdk.json describes when nobody has changed it. That file is the user's.
const helloGo = root + "/test/testdata/hello-go/cdk.json"

// assemblies are the synthesized apps, by the path of their cdk.json.
var assemblies struct {
	sync.Mutex
	dir    string
	byPath map[string][]*assembly.Stack
}

func TestMain(m *testing.M) {
	code := m.Run()
	if assemblies.dir != "" {
		os.RemoveAll(assemblies.dir)
	}
	os.Exit(code)
}

// stacks synthesizes an app, once for all tests.
func stacks(t *testing.T, cdkJSON string) []*assembly.Stack {
	t.Helper()
	assemblies.Lock()
	defer assemblies.Unlock()
	if found, ok := assemblies.byPath[cdkJSON]; ok {
		return found
	}
	if assemblies.dir == "" {
		dir, err := os.MkdirTemp("", "archway-assemblies-")
		if err != nil {
			t.Fatal(err)
		}
		assemblies.dir, assemblies.byPath = dir, map[string][]*assembly.Stack{}
	}
	dir, err := os.MkdirTemp(assemblies.dir, "assembly-")
	if err != nil {
		t.Fatal(err)
	}
	if err := synth.Run(t.Context(), cdkJSON, dir); err != nil {
		t.Fatal(err)
	}
	a, err := assembly.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	assemblies.byPath[cdkJSON] = a.Stacks
	return a.Stacks
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

// withoutCLI hides the AWS CLI of this machine, so that the stand-in is used.
func withoutCLI(t *testing.T) {
	t.Helper()
	var kept []string
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		if _, err := os.Stat(filepath.Join(dir, "aws")); err != nil {
			kept = append(kept, dir)
		}
	}
	t.Setenv("PATH", strings.Join(kept, string(filepath.ListSeparator)))
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

// deployLacking deploys stacks whose roles lack permissions.
func deployLacking(t *testing.T, stacks []*assembly.Stack) *rehearsal.Rehearsal {
	t.Helper()
	said := &strings.Builder{}
	r, err := rehearsal.New(t.Context(), stacks, rehearsal.Options{Dir: t.TempDir(), ModuleDir: root, Progress: said})
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

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"archway/test/rehearse/internal/aws/codepipeline"
)

// An image that doesn't do what is expected is not promoted. The buildspec and Docker are real
// here; what a retry heals is shown in internal/scenarios.
func TestFailedSmokeTest(t *testing.T) {
	r := rehearse(t, helloGo)
	push, err := r.PushSeed(t.Context(), "hello-go", nil)
	if good := only(t, push, err); good.Status != codepipeline.Succeeded {
		t.Fatalf("the good commit: %s", good.Status)
	}
	before := tags(t, r, "hello-go")
	push, err = r.Push(t.Context(), "hello-go", "main", func(dir string) error {
		file := filepath.Join(dir, "main.go")
		source, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		return os.WriteFile(file, bytes.Replace(source, []byte("Hello, "), []byte("Goodbye, "), 1), 0o644)
	})
	result := only(t, push, err)
	wantStages(t, result, map[string]codepipeline.Status{
		"Source": codepipeline.Succeeded, "Build": codepipeline.Succeeded, "Merge": codepipeline.Succeeded,
		"Validate": codepipeline.Succeeded, "SmokeTest": codepipeline.Failed, "Promote": codepipeline.DidNotRun,
	})
	for _, architecture := range []string{"amd64", "arm64"} {
		action := result.Action("SmokeTest", "hello-go-"+architecture)
		if action.Status != codepipeline.Failed || !strings.Contains(action.Message, "Phase: BUILD") {
			t.Errorf("%s: %s, %q", architecture, action.Status, action.Message)
		}
		log, err := os.ReadFile(action.Log)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{
			"ERROR: the smoke test of linux/" + architecture + " failed: the output is another one",
			"  ran:      docker run --platform linux/" + architecture + " ",
			`  expected: exit code 0 within 60 s, and standard output "Hello, ` + architecture + `!"`,
			`  got:      exit code 0, and standard output "Goodbye, ` + architecture + `!`,
			"    Goodbye, " + architecture + "!", // the container's log
		} {
			if !strings.Contains(string(log), want) {
				t.Errorf("the log of %s does not say %q", architecture, want)
			}
		}
	}
	wantTags(t, r, "hello-go", before)
}

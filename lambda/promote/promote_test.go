package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"archway/lambda/internal/fixture"
)

var program string

func TestMain(m *testing.M) {
	built, folder, err := fixture.Build("archway/lambda/promote")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.RemoveAll(folder)
		os.Exit(1)
	}
	program = built
	code := m.Run()
	os.RemoveAll(folder)
	os.Exit(code)
}

func TestFunctionPromotesAndAnswersTheJob(t *testing.T) {
	s, store := fixture.Serve(t), fixture.New()
	old, root := store.Good(), store.Good()
	s.Push(t, "app", store)
	s.Tag(t, "app", "latest", store, old.Digest)
	f := fixture.Start(t, program, s)

	parameters := fmt.Sprintf(`{"repository":"%s/app","digest":%q,"commit":%q,"branch":"main","immutable":["{commit:12}"],"moving":["latest","{branch}"]}`,
		fixture.RegistryHost, root.Digest, fixture.Revision)
	conflict := strings.Replace(parameters, root.Digest.String(), old.Digest.String(), 1)
	for _, job := range []struct{ id, parameters string }{
		{"first", parameters}, {"again", parameters}, {"conflict", conflict}, {"tag", strings.Replace(parameters, root.Digest.String(), "latest", 1)},
	} {
		if result := f.Runtime.Invoke(t, fixture.JobEvent(job.id, job.parameters)); !strings.HasPrefix(result, "response") {
			t.Errorf("job %s: %s", job.id, result)
		}
	}
	answers := f.AWS.Answers()
	if len(answers) != 4 {
		t.Fatalf("%d answers, want 4\n%s", len(answers), f.Log())
	}
	want := map[string]string{"digest": root.Digest.String(), "tags": fixture.Revision[:12] + ",latest,main"}
	for _, answer := range answers[:2] {
		if diff := cmp.Diff(want, answer.OutputVariables); diff != "" {
			t.Errorf("variables of job %s:\n%s\n%s", answer.Job, diff, f.Log())
		}
	}
	if d := answers[2].FailureDetails; d.Type != "JobFailed" || !strings.HasPrefix(d.Message, "No tag was moved: an immutable tag serves another image already") {
		t.Errorf("answer %+v", answers[2])
	}
	if d := answers[3].FailureDetails; d.Type != "ConfigurationError" {
		t.Errorf("answer %+v", answers[3])
	}
	if n := s.Count("PUT /v2/app/manifests/latest"); n != 2 { // once by the test
		t.Errorf("latest was written %d times, want once by the function", n-1)
	}
}

func TestProgramOutsideOfLambdaSaysWhatItIs(t *testing.T) {
	cmd := exec.Command(program)
	cmd.Env = []string{"PATH=/none"}
	out, err := cmd.CombinedOutput()
	if err == nil || cmd.ProcessState.ExitCode() != 2 || !strings.Contains(string(out), "runs as a Lambda function only") {
		t.Errorf("error %v, output %s", err, out)
	}
}

func TestBinaryStaysSmall(t *testing.T) {
	info, err := os.Stat(program)
	if err != nil {
		t.Fatal(err)
	}
	if info.Size() > 15<<20 {
		t.Errorf("%d bytes, want at most 15 MiB", info.Size())
	}
}

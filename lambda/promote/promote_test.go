package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/lambda/internal/check"
	"archway/lambda/internal/fixture"
)

var program string

func TestMain(m *testing.M) { fixture.Main(m, "archway/lambda/promote", &program) }

func TestFunctionPromotesAndAnswersTheJob(t *testing.T) {
	s, store := fixture.Serve(t), fixture.New()
	older, newer := strings.Repeat("a", 40), fixture.Revision
	old, root := commit(store, older), store.Good()
	s.Push(t, "app", store)
	s.Tag(t, "app", "latest", store, old.Digest)
	f := fixture.Start(t, program, s)
	f.AWS.Line(older, newer)
	f.AWS.Rollback("back", "first")
	f.AWS.End("stale", "Stopped")

	parameters := func(execution, commit, digest string) string {
		return fmt.Sprintf(`{"repository":"%s/app","digest":%q,"commit":%q,"branch":"main","execution":%q,"immutable":["{commit:12}"],"moving":["latest","{branch}"]}`,
			fixture.RegistryHost, digest, commit, execution)
	}
	for _, job := range []struct{ id, parameters string }{
		{"first", parameters("first", newer, root.Digest.String())},
		{"again", parameters("first", newer, root.Digest.String())},
		{"overtaken", parameters("queued", older, old.Digest.String())},
		{"back", parameters("back", older, old.Digest.String())},
		{"stale", parameters("stale", newer, root.Digest.String())},
		{"tag", parameters("first", newer, "latest")},
	} {
		if result := f.Runtime.Invoke(t, fixture.JobEvent(job.id, job.parameters)); !strings.HasPrefix(result, "response") {
			t.Errorf("job %s: %s", job.id, result)
		}
	}
	answers := f.AWS.Answers()
	if len(answers) != 6 {
		t.Fatalf("%d answers, want 6\n%s", len(answers), f.Log())
	}
	new12, old12 := newer[:12], older[:12]
	for n, want := range []map[string]string{
		{"digest": root.Digest.String(), "tags": new12 + ",latest,main", "kept": "none", "summary": new12 + ", latest, main now at " + short(root)},
		{"digest": root.Digest.String(), "tags": new12 + ",latest,main", "kept": "none", "summary": new12 + ", latest, main already at " + short(root)},
		{"digest": old.Digest.String(), "tags": old12, "kept": "latest,main", "summary": old12 + " now at " + short(old) +
			"; latest was left where it is: it serves the newer commit " + new12 + "; main was left where it is: it serves the newer commit " + new12},
		{"digest": old.Digest.String(), "tags": "latest,main", "kept": "none", "summary": "Rollback: latest, main now at " + short(old)},
	} {
		if diff := cmp.Diff(want, answers[n].OutputVariables); diff != "" {
			t.Errorf("variables of job %s:\n%s\n%s", answers[n].Job, diff, f.Log())
		}
		if answers[n].ExecutionDetails.Summary != want["summary"] {
			t.Errorf("the console shows %q", answers[n].ExecutionDetails.Summary)
		}
	}
	for n, want := range map[int]string{4: "JobFailed: No tag was moved: execution stale is over (Stopped)", 5: "ConfigurationError: "} {
		if d := answers[n].FailureDetails; !strings.HasPrefix(d.Type+": "+d.Message, want) {
			t.Errorf("job %s: answer %+v, want %s", answers[n].Job, d, want)
		}
	}
}

func TestFunctionOfAnotherPipelineSaysSo(t *testing.T) {
	s, store := fixture.Serve(t), fixture.New()
	root := store.Good()
	s.Push(t, "app", store)
	f := fixture.Start(t, program, s)
	f.AWS.Refuse("GetPipelineExecution", "PipelineExecutionNotFoundException")
	f.Runtime.Invoke(t, fixture.JobEvent("job", fmt.Sprintf(`{"repository":"%s/app","digest":%q,"commit":%q,"branch":"main","execution":"x","moving":["latest"]}`,
		fixture.RegistryHost, root.Digest, fixture.Revision)))
	if d := f.AWS.Answers()[0].FailureDetails; d.Type != "ConfigurationError" || !strings.Contains(d.Message, "The pipeline app-pipeline has no execution x") {
		t.Errorf("answer %+v", d)
	}
	if n := s.Count("PUT /v2/app/manifests/latest"); n != 0 {
		t.Errorf("latest was written %d times", n)
	}
}

// commit stores a good index of a commit.
func commit(store *fixture.Store, revision string) specs.Descriptor {
	return store.IndexWith(func(doc map[string]any) {
		doc["annotations"].(map[string]any)[specs.AnnotationRevision] = revision
	}, store.Linux("amd64", ""), store.Linux("arm64", ""))
}

func short(d specs.Descriptor) string { return check.Short(d.Digest.String()) }

func TestProgramOutsideOfLambdaSaysWhatItIs(t *testing.T) {
	fixture.Ends(t, program, 2, "promote is the Promote action of a pipeline and runs as a Lambda function only")
}

func TestBinaryStaysSmall(t *testing.T) { fixture.Small(t, program) }

package scenarios_test

import (
	"errors"
	"testing"

	"archway/test/rehearse/internal/aws/codepipeline"
)

// A failing smoke test leaves every tag as it was, and a retry heals it.
func TestFailingSmokeTest(t *testing.T) {
	w := deploy(t, gates+queued)
	w.seed(queued)
	before, err := w.Tags(queued)
	if err != nil {
		t.Fatal(err)
	}
	var tested []string
	w.smokeTests(func(platform, index string) error {
		w.mu.Lock()
		defer w.mu.Unlock()
		tested = append(tested, platform+" "+index)
		if platform == "linux/arm64" {
			return errors.New("no answer")
		}
		return nil
	})
	push := w.commit(queued, "main", "2")
	x := push.Wait()[0]
	wantStatuses(t, x,
		"Source Succeeded, Build Succeeded, Merge Succeeded, Validate Succeeded, SmokeTest Failed, Approval DidNotRun, Promote DidNotRun")
	digest := validated(x, "app")
	if len(tested) != 2 || tested[0][len("linux/amd64 "):] != digest || tested[1][len("linux/amd64 "):] != digest {
		t.Errorf("tested %q, want both platforms of %s", tested, digest)
	}
	if got := x.Action("SmokeTest", "app-amd64").Status; got != codepipeline.Succeeded {
		t.Errorf("the other platform: %s", got)
	}
	w.wantTags(queued, before)

	tested = nil
	w.smokeTests(func(platform, _ string) error {
		tested = append(tested, platform)
		return nil
	})
	again, err := w.RetryStage(t.Context(), queued, "SmokeTest", x.Execution, codepipeline.FailedActions)
	if err != nil {
		t.Fatal(err)
	}
	w.succeeded(again.Wait())
	if len(tested) != 1 || tested[0] != "linux/arm64" {
		t.Errorf("tested %q, want what had failed only", tested)
	}
	before[push.Commit()[:12]], before["latest"], before["main"] = digest, digest, digest
	w.wantTags(queued, before)
}

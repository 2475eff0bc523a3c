package main

import (
	"strings"
	"testing"

	"archway/test/rehearse/internal/aws/codepipeline"
)

// What does not start a run, and what a second run of one commit does.
func TestRepeatedAndForeignPushes(t *testing.T) {
	r := rehearse(t, helloGo)
	push, err := r.PushSeed(t.Context(), "hello-go", nil)
	first := only(t, push, err)
	if first.Status != codepipeline.Succeeded {
		t.Fatalf("the first push: %s", first.Status)
	}
	commit := push.Commit()
	digest := first.Variables["Validate-hello-go"]["digest"]
	promoted := map[string]string{commit[:12]: digest, "latest": digest, "main": digest}
	wantTags(t, r, "hello-go", promoted)

	t.Run("pushing the same commit again starts nothing", func(t *testing.T) {
		again, err := r.Push(t.Context(), "hello-go", "main", nil)
		if err != nil || len(again.Changes) != 0 || len(again.Executions) != 0 {
			t.Errorf("got %d changes, %d executions, %v", len(again.Changes), len(again.Executions), err)
		}
	})
	t.Run("a push to another branch starts nothing", func(t *testing.T) {
		other, err := r.Push(t.Context(), "hello-go", "feature", write("note", "1"))
		if err != nil || len(other.Changes) != 1 || len(other.Executions) != 0 {
			t.Errorf("got %d changes, %d executions, %v, expected a change without an execution", len(other.Changes),
				len(other.Executions), err)
		}
	})
	t.Run("a tag that is called like the branch starts nothing", func(t *testing.T) {
		tag, err := r.PushTag(t.Context(), "hello-go", "main", commit)
		if err != nil || len(tag.Changes) != 1 || len(tag.Executions) != 0 {
			t.Errorf("got %d changes, %d executions, %v, expected a change without an execution", len(tag.Changes),
				len(tag.Executions), err)
		}
	})
	t.Run("a second run of the same commit moves nothing and says why", func(t *testing.T) {
		x, err := r.Start(t.Context(), "hello-go", codepipeline.StartInput{
			SourceRevisions: []codepipeline.SourceRevision{{ActionName: "Source", RevisionType: "COMMIT_ID",
				RevisionValue: commit}},
		})
		if err != nil {
			t.Fatal(err)
		}
		second := x.Wait()
		showLogs(t, second)
		// The index has another time, so another digest, and the commit's tag is taken.
		wantStages(t, second, map[string]codepipeline.Status{
			"Source": codepipeline.Succeeded, "Build": codepipeline.Succeeded, "Merge": codepipeline.Succeeded,
			"Validate": codepipeline.Succeeded, "SmokeTest": codepipeline.Succeeded, "Promote": codepipeline.Failed,
		})
		message := second.Action("Promote", "Promote").Message
		for _, want := range []string{commit[:12], digest[:len("sha256:")+12]} {
			if !strings.Contains(message, want) {
				t.Errorf("message: got %q, expected it to name %s", message, want)
			}
		}
		wantTags(t, r, "hello-go", promoted)
	})
	t.Run("the next commit moves the moving tags only", func(t *testing.T) {
		next, err := r.Push(t.Context(), "hello-go", "main", write("note", "2"))
		result := only(t, next, err)
		if result.Status != codepipeline.Succeeded {
			t.Fatalf("got %s", result.Status)
		}
		newest := result.Variables["Validate-hello-go"]["digest"]
		if newest == digest {
			t.Fatal("the two commits have the same digest")
		}
		wantTags(t, r, "hello-go", map[string]string{
			commit[:12]: digest, next.Commit()[:12]: newest, "latest": newest, "main": newest,
		})
	})
	// The second build has read the first one's cache.
	wantNeeded(t, r, "ecr:GetDownloadUrlForLayer", "codecommit:GetMergeOptions")
}

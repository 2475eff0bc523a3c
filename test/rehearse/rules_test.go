package main

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"archway/test/rehearse/internal/aws/codepipeline"
	"archway/test/rehearse/internal/aws/endpoint"
	"archway/test/rehearse/internal/rehearsal"
	"archway/test/rehearse/internal/report"
)

// decisions are what the trigger function recorded about a push.
func decisions(t *testing.T, push *rehearsal.Push) string {
	t.Helper()
	var all strings.Builder
	for _, file := range push.Logs {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(content)
	}
	return all.String()
}

func wantDecision(t *testing.T, push *rehearsal.Push, decision string) {
	t.Helper()
	if log := decisions(t, push); !strings.Contains(log, `"decision":"`+decision+`"`) {
		t.Errorf("the trigger function recorded no decision %q:\n%s", decision, log)
	}
}

// buildLog is the log of a build.
func buildLog(t *testing.T, result codepipeline.Result, action string) string {
	t.Helper()
	for _, a := range result.Stage("Build").Actions {
		if a.Name == action {
			content, err := os.ReadFile(a.Log)
			if err != nil {
				t.Fatal(err)
			}
			return string(content)
		}
	}
	t.Fatalf("there is no build %s", action)
	return ""
}

// Each push is built by the rule that matches it.
func TestRulesOfPushes(t *testing.T) {
	r := rehearse(t, "testdata/rules/cdk.json")
	const image = "rules"
	want := map[string]string{}
	succeed := func(push *rehearsal.Push, err error, tags ...string) codepipeline.Result {
		t.Helper()
		result := only(t, push, err)
		if result.Status != codepipeline.Succeeded {
			t.Fatalf("got %s", result.Status)
		}
		for _, tag := range tags {
			want[tag] = result.Variables["Validate-app"]["digest"]
		}
		if got := strings.Split(result.Variables["Promote-Promote"]["tags-app"], ","); !slices.Equal(got, tags) {
			t.Errorf("promoted %q, expected %q", got, tags)
		}
		wantTags(t, r, image, want)
		return result
	}

	// An exact branch.
	main, err := r.PushSeed(t.Context(), "rules", nil)
	succeed(main, err, main.Commit()[:6], "latest")
	wantDecision(t, main, "started")

	// A regular expression. Other Dockerfile, other build arguments, no cache, a date in another
	// time zone.
	push, err := r.Push(t.Context(), "rules", "release-v1", write("text", "release"))
	results := push.Wait()
	if len(results) != 1 {
		t.Fatalf("%d executions, %v", len(results), err)
	}
	dated, _, _ := strings.Cut(results[0].Variables["Promote-Promote"]["tags-app"], ",")
	result := succeed(push, err, dated, "v1")
	wantDecision(t, push, "started")
	if date, rest, _ := strings.Cut(dated, "-"); len(date) != len("202601021504") || rest != "v1" {
		t.Errorf("the dated tag is %q", dated)
	}
	if log := buildLog(t, result, "app-arm64"); !strings.Contains(log, "Dockerfile.release") {
		t.Errorf("the build did not use Dockerfile.release:\n%s", log)
	}

	// Fewer platforms.
	push, err = r.Push(t.Context(), "rules", "feature/login", write("text", "feature"))
	result = succeed(push, err, "feature-login")
	if got := result.Variables["Validate-app"]["platforms"]; got != "linux/amd64" {
		t.Errorf("validated %s, expected linux/amd64 alone", got)
	}
	if log := buildLog(t, result, "app-arm64"); !strings.Contains(log,
		"Nothing to do: the build rule feature leaves out linux/arm64") {
		t.Errorf("the build for arm64 does not say that it did nothing:\n%s", log)
	}
	registry, err := report.ReadRegistry(r, image)
	if err != nil {
		t.Fatal(err)
	}
	for _, index := range registry.Tagged {
		entries := 4 // two images and their attestations
		if slices.Contains(index.Tags, "feature-login") {
			entries = 2
		}
		if len(index.Entries) != entries {
			t.Errorf("%v has %d entries, expected %d", index.Tags, len(index.Entries), entries)
		}
	}

	// A git tag, with a character that an image's tag can't hold.
	push, err = r.PushTag(t.Context(), "rules", "v1.2.3+b7", main.Commit())
	succeed(push, err, "1.2.3-b7")

	// What nothing matches is recorded, and starts nothing.
	for _, name := range []string{"nightly", "release-1"} {
		push, err := r.Push(t.Context(), "rules", name, write("text", name))
		if err != nil || len(push.Executions) > 0 {
			t.Fatalf("%s: %d executions, %v", name, len(push.Executions), err)
		}
		wantDecision(t, push, "no rule matches")
	}
	push, err = r.PushTag(t.Context(), "rules", "release-v1", main.Commit())
	if err != nil || len(push.Executions) > 0 {
		t.Fatalf("a tag named like a branch: %d executions, %v", len(push.Executions), err)
	}
	wantDecision(t, push, "no rule matches")

	// Build now: what was pushed, by its name.
	started := buildNow(t, r, `{"build":{"type":"tag","name":"v1.2.3+b7"}}`)
	if started.Rule != "version" || started.Commit != main.Commit() {
		t.Errorf("build now: %+v", started)
	}
	if result = finished(t, r, started.Execution); result.Stage("Validate").Status != codepipeline.Succeeded ||
		result.Revisions["Source"] != main.Commit() {
		t.Errorf("build now: got %s of %s", result.Status, result.Revisions["Source"])
	}
	// The index has another time, and the tag is taken.
	if message := result.Action("Promote", "Promote").Message; !strings.Contains(message, "1.2.3-b7 serves") {
		t.Errorf("the second build of a version: %q", message)
	}
	wantTags(t, r, image, want)

	// Variables that don't belong together move no tag, and say why.
	now := func(commit, rule, ref string) codepipeline.Result {
		t.Helper()
		x, err := r.Start(t.Context(), "rules", codepipeline.StartInput{
			SourceRevisions: []codepipeline.SourceRevision{{ActionName: "Source", RevisionType: "COMMIT_ID",
				RevisionValue: commit}},
			Variables: []codepipeline.StartVariable{{Name: "rule", Value: rule}, {Name: "ref", Value: ref}},
		})
		return only(t, &rehearsal.Push{Executions: []*codepipeline.Execution{x}}, err)
	}
	if result = now(main.Commit(), "nightly", "main"); result.Stage("Build").Status != codepipeline.Failed {
		t.Errorf("a rule that is none: the build %s", result.Stage("Build").Status)
	}
	if log := buildLog(t, result, "app-amd64"); !strings.Contains(log, `there is no build rule ["nightly"]`) {
		t.Errorf("the build does not say that there is no such rule:\n%s", log)
	}
	result = now(main.Commit(), "version", "main")
	if message := result.Stage("Validate").Actions[0].Message; !strings.Contains(message, "does not match") {
		t.Errorf("a reference of another rule: %q", message)
	}
	wantTags(t, r, image, want)

	// A start that fails in all attempts ends in the dead-letter queue, with the event in it.
	r.RefuseStarts(&endpoint.Error{Code: "PipelineNotFoundException", Message: "refused by the test"})
	push, err = r.PushTag(t.Context(), "rules", "v2.0.0", main.Commit())
	if err == nil || len(push.Executions) > 0 {
		t.Errorf("refused starts: %d executions, %v", len(push.Executions), err)
	}
	wantDecision(t, push, "start failed")
	for queue, messages := range r.DeadLetters() {
		if len(messages) != 1 || !strings.Contains(messages[0], `"referenceName":"v2.0.0"`) {
			t.Errorf("the queue %s holds %q, expected the event of the tag", queue, messages)
		}
	}
	r.RefuseStarts(nil)
	wantNeededBy(t, r, "FunctionRole", "sqs:SendMessage")
}

// wish is the trigger function's answer.
type wish struct{ Rule, Commit, Execution string }

// buildNow invokes the trigger function, as the output BuildNow says.
func buildNow(t *testing.T, r *rehearsal.Rehearsal, payload string) wish {
	t.Helper()
	answer, log, err := r.Invoke(t.Context(), "rules", "archway/lambda/trigger", []byte(payload))
	var w wish
	if err == nil {
		err = json.Unmarshal(answer, &w)
	}
	if err != nil || w.Execution == "" {
		t.Fatalf("build now: %v, %s\n%s", err, answer, log)
	}
	return w
}

// finished waits for an execution that nothing here has started.
func finished(t *testing.T, r *rehearsal.Rehearsal, id string) codepipeline.Result {
	t.Helper()
	x, err := r.Find("rules", id)
	if err != nil {
		t.Fatal(err)
	}
	return x.Wait()
}

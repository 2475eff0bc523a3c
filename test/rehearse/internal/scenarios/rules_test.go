package scenarios_test

import (
	"os"
	"strings"
	"testing"

	"archway/test/rehearse/internal/rehearsal"
)

// The rule small leaves arm64 out, and the configuration says that latest may lose it: that has to
// hold for the validation and for the promotion. It reaches the tag, and is rolled back.
func TestAllowedRegression(t *testing.T) {
	w := deploy(t, withRules)
	seed := w.seed("ruled")
	push := w.commit("ruled", "small", "2")
	r := push.Wait()[0]
	w.succeeded(r)
	if got := r.Variables["Validate-app"]["platforms"]; got != "linux/amd64" {
		t.Errorf("the index has %s", got)
	}
	first := seed.Wait()[0]
	want := map[string]string{
		seed.Commit()[:12]: validated(first, "app"), "main": validated(first, "app"),
		"small-" + push.Commit()[:12]: validated(r, "app"), "latest": validated(r, "app"),
	}
	w.wantTags("ruled", want)

	// A rollback takes the rule and the reference of the execution that it goes back to.
	back, err := w.RollbackStage(t.Context(), "ruled", "Promote", first.Execution)
	if err != nil {
		t.Fatal(err)
	}
	w.succeeded(back.Wait())
	want["latest"] = validated(first, "app")
	w.wantTags("ruled", want)
}

// The functions of both classes decide about every push, and record what became of it.
func TestRecordsOfPushes(t *testing.T) {
	w := deploy(t, withRules)
	seed := w.seed("ruled")
	for _, test := range []struct {
		push    *rehearsal.Push
		started int
	}{
		{seed, 1},
		{w.commit("ruled", "feature/x", "2"), 1},
		{w.commit("ruled", "preview/x", "2"), 1},
		{w.commit("ruled", "other", "3"), 0},
		{w.tagged("ruled", "main", seed.Commit()), 0},
	} {
		test.push.Wait()
		var logs strings.Builder
		for _, file := range test.push.Logs {
			log, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			logs.Write(log)
		}
		started, ignored := strings.Count(logs.String(), `"decision":"started"`),
			strings.Count(logs.String(), `"decision":"no rule matches"`)
		if len(test.push.Executions) != test.started || started != test.started || started+ignored != 2 {
			t.Errorf("%v: %d executions, expected %d:\n%s", test.push.Changes, len(test.push.Executions), test.started,
				&logs)
		}
	}
}

// Drift is seen in tags that rules write.
func TestDriftOfRulesTags(t *testing.T) {
	w := deploy(t, withRules)
	w.seed("ruled")
	quiet := func(when string, want int) {
		t.Helper()
		if log, err := w.RunSchedules(t.Context()); err != nil {
			t.Fatalf("%v\n%s", err, log)
		}
		if got := w.Notices(); len(got) != want {
			t.Fatalf("%s: %d notices, expected %d: %v", when, len(got), want, got)
		}
	}
	quiet("after the first run", 0)
	small := w.commit("ruled", "small", "2").Wait()[0]
	w.succeeded(small)
	quiet("after a run of another rule that writes latest", 0)
	feature := w.commit("ruled", "feature/x", "3").Wait()[0]
	w.succeeded(feature)
	quiet("after a run whose tags are called after its branch", 0)

	// An image that a run has promoted, but by a rule that leaves out what this tag must have.
	if err := w.Retag("ruled", "main", validated(small, "app")); err != nil {
		t.Fatal(err)
	}
	quiet("after somebody moved main", 1)
	if text := w.Notices()[0].Text; !strings.Contains(text, "main: sha256:") ||
		!strings.Contains(text, "error platform-set: linux/arm64") {
		t.Errorf("the notice says\n%s", text)
	}
}

// tagged points a git tag at a commit.
func (w *world) tagged(repository, tag, commit string) *rehearsal.Push {
	w.t.Helper()
	push, err := w.PushTag(w.t.Context(), repository, tag, commit)
	if err != nil {
		w.t.Fatal(err)
	}
	return push
}

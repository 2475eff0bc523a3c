package scenarios_test

import (
	"slices"
	"strings"
	"testing"

	"archway/internal/settings"
	"archway/test/rehearse/internal/assumptions"
	"archway/test/rehearse/internal/rehearsal"
)

// What is unproven about AWS must not matter: a day of two pipelines, under both readings of each
// fact.
func TestUnderEveryReading(t *testing.T) {
	both := slices.Concat(stacks(t, withRules), stacks(t, example))
	underReadings(t, []string{
		"", // CodePipeline's history lags behind
		"rollback-target",
		"rollback-target,prompt-history",
		"prompt-history",
		"mount,prompt-history",
		"drop-variables,prompt-history",
		"tag-object,prompt-history",
		"tag-object,peels-ids,prompt-history",
		"peels-ids,prompt-history",
		"all",
	}, func(t *testing.T, readings assumptions.Readings) {
		day(t, deployStacks(t, both, options{readings: &readings}))
	})
}

// targets are both readings of which execution a rollback's actions are told of, and both of the
// history.
var targets = []string{"", "rollback-target", "prompt-history", "rollback-target,prompt-history"}

// underReadings runs a test under some readings.
func underReadings(t *testing.T, all []string, test func(*testing.T, assumptions.Readings)) {
	for _, names := range all {
		t.Run(names, func(t *testing.T) {
			var readings assumptions.Readings
			if err := readings.Set(names); err != nil {
				t.Fatal(err)
			}
			test(t, readings)
		})
	}
}

// A person looks at a release while another one is rolled back.
func TestRollbackWhileWaiting(t *testing.T) {
	underReadings(t, targets, func(t *testing.T, readings assumptions.Readings) {
		p := newPerson()
		w := deployWith(t, gates+queued, options{approve: p.decide, readings: &readings})
		push, err := w.PushSeed(t.Context(), queued, nil)
		if err != nil {
			t.Fatal(err)
		}
		first := p.answer(w, push.Executions[0], yes)
		w.succeeded(first)
		w.succeeded(p.answer(w, w.commit(queued, "main", "2").Executions[0], yes))
		third := w.commit(queued, "main", "3").Executions[0]
		p.request(w, third)
		back, err := w.RollbackStage(t.Context(), queued, settings.StagePromote, first.Execution)
		if err != nil {
			t.Fatal(err)
		}
		w.succeeded(back.Wait())
		if got := w.tagsOf(queued)["latest"]; got != validated(first, "app") {
			t.Errorf("after the rollback latest serves %s", got)
		}
		p.answers <- yes
		r := third.Wait()
		w.succeeded(r)
		if got := w.tagsOf(queued)["latest"]; got != validated(r, "app") {
			t.Errorf("after the approval latest serves %s", got)
		}
	})
}

// day is what happens to two pipelines: pushes of branches and git tags, by their rules and without
// any, and a stage that is rolled back.
func day(t *testing.T, w *world) {
	direct := w.seed(app).Wait()[0]
	w.wantTags(app, map[string]string{
		direct.Revisions["Source"][:12]: validated(direct, app), "latest": validated(direct, app),
		"main": validated(direct, app),
	})

	seed := w.seed("ruled")
	first := seed.Wait()[0]
	small := w.commit("ruled", "small", "2")
	lesser := small.Wait()[0]
	w.succeeded(lesser)
	want := map[string]string{
		seed.Commit()[:12]: validated(first, "app"), "main": validated(first, "app"),
		"small-" + small.Commit()[:12]: validated(lesser, "app"), "latest": validated(lesser, "app"),
	}
	w.wantTags("ruled", want)

	// Each starts one run, of the commit that it leads to.
	for name, tag := range map[string]func() (*rehearsal.Push, error){
		"1": func() (*rehearsal.Push, error) { return w.PushTag(t.Context(), "ruled", "v1", seed.Commit()) },
		"2": func() (*rehearsal.Push, error) { return w.Annotate(t.Context(), "ruled", "v2", seed.Commit()) },
	} {
		push, err := tag()
		if err != nil || len(push.Executions) != 1 {
			t.Fatalf("tag v%s: %d executions, %v", name, len(push.Executions), err)
		}
		tagged := push.Wait()[0]
		w.succeeded(tagged)
		if got := tagged.Revisions["Source"]; got != seed.Commit() {
			t.Errorf("tag v%s: built %s, expected %s", name, got, seed.Commit())
		}
		want[name+"-"+seed.Commit()[:12]] = validated(tagged, "app")
	}
	w.wantTags("ruled", want)

	back, err := w.RollbackStage(t.Context(), "ruled", "Promote", first.Execution)
	if err != nil {
		t.Fatal(err)
	}
	r := back.Wait()
	w.succeeded(r)
	if said := promoted(r)["summary"]; !strings.HasPrefix(said, "Rollback: app: latest now at sha256:") {
		t.Errorf("it says %q", said)
	}
	want["latest"] = validated(first, "app")
	w.wantTags("ruled", want)

	w.succeeded(w.commit("ruled", "preview/x", "3").Wait()[0])
	w.due()
	for _, unused := range w.inVain() {
		t.Errorf("nothing needed: %s", unused)
	}
}

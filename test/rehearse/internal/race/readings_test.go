package race_test

import (
	"slices"
	"strings"
	"testing"

	"archway/test/rehearse/internal/decided"
	"archway/test/rehearse/internal/rehearsal"
)

// What is unproven about AWS must not matter: a day of two pipelines, under both readings of each fact.
func TestUnderEveryReading(t *testing.T) {
	both := slices.Concat(stacks(t, ruled), stacks(t, root+"/cdk.json"))
	for _, names := range []string{
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
	} {
		t.Run(names, func(t *testing.T) {
			t.Parallel()
			var readings decided.Readings
			if err := readings.Set(names); err != nil {
				t.Fatal(err)
			}
			day(t, deployStacks(t, both, options{readings: &readings}))
		})
	}
}

// day is what happens to two pipelines: pushes of branches and git tags, by their rules and without any, and a stage that is rolled back.
func day(t *testing.T, w *world) {
	direct := w.seed(app).Wait()[0]
	w.wantTags(app, map[string]string{
		direct.Revisions["Source"][:12]: validated(direct, app), "latest": validated(direct, app), "main": validated(direct, app),
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
}

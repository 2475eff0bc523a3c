package scenarios_test

import (
	"testing"

	"archway/test/rehearse/internal/aws/codepipeline"
)

// A pipeline without a seed has nothing to build when it is created. One message says so.
func TestFirstRunWithoutSeedIsTold(t *testing.T) {
	w := deploy(t, withNotices)
	x, err := w.First(t.Context(), "told")
	if err != nil {
		t.Fatal(err)
	}
	w.one(x.Wait(), "Source")
}

// A first run with a seed moves nothing. The commit is built twice, if the event of its push finds
// the rule there already: by that, and by the creation. The second run can't make the same images,
// so it is refused the tag that is called after the commit; one message says so.
func TestFirstRunWithSeed(t *testing.T) {
	w := deploy(t, withNotices)
	push, err := w.PushSeed(t.Context(), "told", nil)
	if err != nil {
		t.Fatal(err)
	}
	first, err := w.First(t.Context(), "told")
	if err != nil {
		t.Fatal(err)
	}
	if n := len(push.Executions); n != 1 {
		t.Fatalf("the push started %d executions", n)
	}
	w.succeeded(push.Executions[0].Wait())
	before := w.tagsOf("told/web")
	r := first.Wait()
	if r.Cause.Type != codepipeline.TriggeredByCreation || r.Revisions["Source"] != push.Commit() {
		t.Errorf("got %+v, %v", r.Cause, r.Revisions)
	}
	w.one(r, "Promote")
	w.wantTags("told/web", before)
}

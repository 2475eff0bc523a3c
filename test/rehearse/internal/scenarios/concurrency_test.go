package scenarios_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"archway/test/rehearse/internal/assumptions"
	"archway/test/rehearse/internal/aws/codepipeline"
)

const app = "hello-go"

// Twenty pushes in quick succession, while the registry throttles and fails. They end with the
// newest commit.
func TestTwentyPushes(t *testing.T) {
	w := deploy(t, example)
	w.seed(app)
	started := time.Now()
	random := rand.New(rand.NewPCG(1, 2))
	var requests, failed atomic.Int64
	w.faults(func(response http.ResponseWriter, r *http.Request) bool {
		w.mu.Lock()
		hit := random.IntN(20) == 0
		w.mu.Unlock()
		if requests.Add(1); !hit {
			return false
		}
		failed.Add(1)
		response.WriteHeader([]int{http.StatusTooManyRequests, http.StatusInternalServerError,
			http.StatusServiceUnavailable}[failed.Load()%3])
		return true
	})
	var executions []*codepipeline.Execution
	var commits []string
	for n := range 20 {
		push := w.commit(app, "main", fmt.Sprint(n))
		executions, commits = append(executions, push.Executions...), append(commits, push.Commit())
	}
	pushed := time.Since(started)
	if len(executions) != 20 {
		t.Fatalf("%d executions, expected 20", len(executions))
	}
	tags, err := w.Tags(app)
	if err != nil {
		t.Fatal(err)
	}
	kept := 0
	want := map[string]string{}
	for tag, digest := range tags { // the seed's
		if tag != "latest" && tag != "main" {
			want[tag] = digest
		}
	}
	for n, x := range executions {
		r := x.Wait()
		w.succeeded(r)
		want[commits[n][:12]] = validated(r, app)
		if promoted(r)["kept-"+app] != "none" {
			kept++
		}
		want["latest"], want["main"] = validated(r, app), validated(r, app)
	}
	w.wantTags(app, want)
	t.Logf("20 pushes in %.1f s, 20 executions in %s: %d requests of the functions to the registry, %d of them failed; latest was left by %d; every tag serves a validated digest, latest and main the newest",
		pushed.Seconds(), seconds(started), requests.Load(), failed.Load(), kept)
}

// An older commit that comes later moves nothing that moves.
func TestLateOlderCommit(t *testing.T) {
	w := deploy(t, example)
	w.seed(app)
	var commits []string
	for n := range 6 {
		commits = append(commits, w.commit(app, "quiet", fmt.Sprint(n)).Commit()) // no rule starts anything for it
	}
	w.point(app, "main", commits[len(commits)-1])
	digests := map[string]string{}
	newest, left := -1, 0
	for _, n := range []int{2, 0, 4, 1, 5, 3} {
		r := w.at(app, commits[n]).Wait()
		w.succeeded(r)
		digests[commits[n]] = validated(r, app)
		if said := promoted(r); n < newest {
			left++
			if said["kept-"+app] != "latest,main" ||
				!strings.Contains(said["summary"],
					"latest was left where it is: it serves the newer commit "+commits[newest][:12]) {
				t.Errorf("commit %d: %v", n, said)
			}
		}
		newest = max(newest, n)
		tags, err := w.Tags(app)
		if err != nil {
			t.Fatal(err)
		}
		for _, tag := range []string{"latest", "main"} {
			if tags[tag] != digests[commits[newest]] {
				t.Errorf("after commit %d, %s does not serve commit %d", n, tag, newest)
			}
		}
		if tags[commits[n][:12]] != digests[commits[n]] {
			t.Errorf("commit %d has no tag of its own", n)
		}
	}
	t.Logf("6 commits in another order: %d of them were too old for latest and main, and got their own tag", left)
}

// A rollback puts the moving tags back within seconds.
func TestRollback(t *testing.T) {
	w := deploy(t, example)
	seed := w.seed(app)
	first := seed.Wait()[0]
	second := w.commit(app, "main", "2").Wait()[0]
	w.succeeded(second)
	before, err := w.Tags(app)
	if err != nil {
		t.Fatal(err)
	}
	started := time.Now()
	back, err := w.RollbackStage(t.Context(), app, "Promote", first.Execution)
	if err != nil {
		t.Fatal(err)
	}
	r := back.Wait()
	took := seconds(started)
	w.succeeded(r)
	want := before
	want["latest"], want["main"] = validated(first, app), validated(first, app)
	w.wantTags(app, want)
	if said := promoted(r)["summary"]; !strings.HasPrefix(said, "Rollback: hello-go: latest, main now at sha256:") {
		t.Errorf("it says %q", said)
	}
	third := w.commit(app, "main", "3")
	r = third.Wait()[0]
	w.succeeded(r)
	want["latest"], want["main"], want[third.Commit()[:12]] = validated(r, app), validated(r, app), validated(r, app)
	w.wantTags(app, want)
	t.Logf("rolled back in %s; the next push moved the tags on", took)
}

func TestFailedPromotionIsRetried(t *testing.T) {
	w := deploy(t, example)
	w.seed(app)
	before, err := w.Tags(app)
	if err != nil {
		t.Fatal(err)
	}
	w.faults(func(response http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodPut {
			return false
		}
		response.WriteHeader(http.StatusForbidden) // for good, as with a missing permission
		return true
	})
	push := w.commit(app, "main", "2")
	r := push.Wait()[0]
	if r.Status != codepipeline.Failed || r.Stage("Promote").Status != codepipeline.Failed {
		t.Fatalf("got %s", r.Status)
	}
	w.wantTags(app, before)
	w.faults(nil)
	again, err := w.RetryStage(t.Context(), app, "Promote", r.Execution, codepipeline.FailedActions)
	if err != nil {
		t.Fatal(err)
	}
	r = again.Wait()
	w.succeeded(r)
	before["latest"], before["main"], before[push.Commit()[:12]] = validated(r, app), validated(r, app),
		validated(r, app)
	w.wantTags(app, before)
}

// In SUPERSEDED mode some executions never come to an end; the last one does. So the newest commit
// is left.
func TestSupersededExecutions(t *testing.T) {
	w := deploy(t, example, `"ExecutionMode":"QUEUED"`, `"ExecutionMode":"SUPERSEDED"`)
	w.seed(app)
	w.delay = time.Second // nothing is running yet
	var executions []*codepipeline.Execution
	for n := range 12 {
		executions = append(executions, w.commit(app, "main", fmt.Sprint(n)).Executions...)
	}
	count := map[codepipeline.Status]int{}
	var last codepipeline.Result
	for _, x := range executions {
		last = x.Wait()
		count[last.Status]++
	}
	w.succeeded(last)
	tags, err := w.Tags(app)
	if err != nil {
		t.Fatal(err)
	}
	if count[codepipeline.Overtaken] == 0 || tags["latest"] != validated(last, app) ||
		tags["main"] != validated(last, app) || count[codepipeline.Failed] > 0 {
		t.Errorf("%v, latest serves %s, want %s", count, tags["latest"], validated(last, app))
	}
	t.Logf("12 pushes: %d executions succeeded, %d were superseded; latest and main serve the newest commit",
		count[codepipeline.Succeeded], count[codepipeline.Overtaken])
}

// The other image's immutable tag is taken: no tag of any image moves.
func TestConflictOfOneImage(t *testing.T) {
	w := deploy(t, twoImages)
	seed := w.seed("two-images")
	first := seed.Wait()[0]
	push := w.commit("two-images", "quiet", "2")
	w.point("two-images", "trunk", push.Commit())
	if err := w.Retag("two-images/worker", "w-"+push.Commit()[:8], validated(first, "worker")); err != nil {
		t.Fatal(err)
	}
	web, worker := w.tagsOf("two-images/web"), w.tagsOf("two-images/worker")
	r := w.at("two-images", push.Commit()).Wait()
	const refusal = "No tag was moved. An immutable tag of the image worker serves another image already"
	if got := r.Action("Promote", "Promote"); got.Status != codepipeline.Failed ||
		!strings.HasPrefix(got.Message, refusal) {
		t.Fatalf("got %s: %q", got.Status, got.Message)
	}
	w.wantTags("two-images/web", web)
	w.wantTags("two-images/worker", worker)
}

// One of two images can't be promoted, and nobody could foresee it: the stage
// takes the other one back by itself.
func TestHalfPromotionRollsItselfBack(t *testing.T) {
	underReadings(t, targets, halfPromotion)
}

func halfPromotion(t *testing.T, readings assumptions.Readings) {
	w := deployWith(t, twoImages, options{readings: &readings}, `"Name":"Promote"}`,
		`"Name":"Promote","OnFailure":{"Result":"ROLLBACK"}}`)
	seed := w.seed("two-images")
	first := seed.Wait()[0]
	web, worker := w.tagsOf("two-images/web"), w.tagsOf("two-images/worker")
	half := make(chan map[string]string, 10)
	w.faults(func(response http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodPut || !strings.HasSuffix(r.URL.Path, "/two-images/worker/manifests/trunk") {
			return false
		}
		half <- w.tagsOf("two-images/web")
		response.WriteHeader(http.StatusForbidden)
		return true
	})
	push := w.commit("two-images", "trunk", "2")
	failed := push.Wait()[0]
	if failed.Status != codepipeline.Failed {
		t.Fatalf("got %s", failed.Status)
	}
	if got := <-half; got["latest"] != validated(failed, "web") {
		t.Errorf("it failed before web's tags had moved: %v", got)
	}
	all := w.Executions("two-images")
	r := all[len(all)-1].Wait()
	if r.Type != codepipeline.RollbackType || r.Target != first.Execution {
		t.Fatalf("got %+v", r)
	}
	w.succeeded(r)
	web[push.Commit()[:12]] = validated(failed, "web")
	w.wantTags("two-images/web", web)
	worker["w-"+push.Commit()[:8]] = validated(failed, "worker")
	w.wantTags("two-images/worker", worker)
}

func (w *world) tagsOf(repository string) map[string]string {
	w.t.Helper()
	tags, err := w.Tags(repository)
	if err != nil {
		w.t.Fatal(err)
	}
	return tags
}

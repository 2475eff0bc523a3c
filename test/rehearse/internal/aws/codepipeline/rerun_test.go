package codepipeline

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// world is a pipeline Source → Build → Promote whose actions do what a test says
// for each execution, in the order of their starts.
type world struct {
	*Engine
	t *testing.T

	mu sync.Mutex
	// broken are actions that fail.
	broken map[string]bool
	ran    []string
	given  map[string]map[string]string // configuration of the last run of an action
}

func newWorld(t *testing.T, change func(*Pipeline)) *world {
	t.Helper()
	w := &world{t: t, broken: map[string]bool{}, given: map[string]map[string]string{}}
	p := pipeline(
		Stage{Name: "Build", Actions: []Action{work("build", func(a *Action) {
			a.Namespace, a.Inputs, a.Outputs = "Build", []string{"Code"}, []string{"Made"}
		})}},
		Stage{Name: "Promote", Actions: []Action{
			work("a", func(a *Action) {
				a.Inputs = []string{"Made"}
				a.Configuration = map[string]string{"digest": "#{Build.DIGEST}",
					"execution": "#{codepipeline.PipelineExecutionId}"}
			}),
			work("b", nil),
			work("last", func(a *Action) { a.RunOrder = 2 }),
		}},
	)
	if change != nil {
		change(p)
	}
	e, _, err := engine(t, p, func(_ context.Context, run Run) Outcome {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.ran = append(w.ran, run.Action.Name)
		w.given[run.Action.Name] = run.Configuration
		if w.broken[run.Action.Name] {
			return Outcome{Err: errors.New("broken")}
		}
		if run.Action.Name == "build" {
			return Outcome{Variables: map[string]string{"DIGEST": "digest of " + run.Execution}}
		}
		return Outcome{}
	})
	if err != nil {
		t.Fatal(err)
	}
	w.Engine = e
	return w
}

// breaks makes exactly these actions fail.
func (w *world) breaks(names ...string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	clear(w.broken)
	for _, name := range names {
		w.broken[name] = true
	}
}

func (w *world) took() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	ran := w.ran
	w.ran = nil
	slices.Sort(ran)
	return ran
}

func (w *world) run() *Execution {
	w.t.Helper()
	x, err := w.Start(w.t.Context(), StartInput{})
	if err != nil {
		w.t.Fatal(err)
	}
	x.Wait()
	return x
}

const somebody = "arn:aws:iam::111122223333:user/somebody"

func (w *world) refused(err error, code string) {
	w.t.Helper()
	var refusal *Refusal
	if !errors.As(err, &refusal) || refusal.Code != code {
		w.t.Errorf("got %v, expected %s", err, code)
	}
}

// A rollback is a new execution of one stage, with the target's variables and artifacts.
func TestRollbackExecution(t *testing.T) {
	w := newWorld(t, nil)
	first := w.run()
	w.run()
	w.took()
	back, err := w.RollbackStage(t.Context(), "Promote", first.ID(), somebody)
	if err != nil {
		t.Fatal(err)
	}
	got := back.Wait()
	if got.Status != Succeeded || got.Type != RollbackType || got.Target != first.ID() ||
		got.Trigger != "ManualRollback" || got.Cause.Detail != `{"AwsUserArn":"`+somebody+`"}` ||
		got.Execution == first.ID() {
		t.Errorf("got %+v", got)
	}
	if diff := cmp.Diff([]string{"a", "b", "last"}, w.took()); diff != "" {
		t.Errorf("ran (-want +got):\n%s", diff)
	}
	want := map[string]string{"digest": "digest of " + first.ID(), "execution": back.ID()}
	if diff := cmp.Diff(want, w.given["a"]); diff != "" {
		t.Errorf("configuration (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(first.Result().Revisions, got.Revisions); diff != "" {
		t.Errorf("revisions (-want +got):\n%s", diff)
	}
	if s := got.Stage("Build").Status; s != DidNotRun {
		t.Errorf("Build: got %s", s)
	}
}

func TestRollbackRefuses(t *testing.T) {
	w := newWorld(t, nil)
	good := w.run()
	w.breaks("b")
	bad := w.run()
	w.breaks()
	back, err := w.RollbackStage(t.Context(), "Promote", good.ID(), somebody)
	if err != nil {
		t.Fatal(err)
	}
	back.Wait()
	const nowhere = "e0678417-dff5-4143-a453-615c227bb984"
	for _, test := range []struct{ stage, target, code, message string }{
		{"Source", good.ID(), "UnableToRollbackStageException", ""},
		{"Missing", good.ID(), "StageNotFoundException", "Pipeline 'app' does not have a stage with name 'Missing'"},
		{"Promote", nowhere, "PipelineExecutionNotFoundException",
			"Target Pipeline Execution with id '" + nowhere + "' does not exist in pipeline with name 'app'"},
		{"Promote", "bad", "ValidationException",
			"1 validation error detected: Value at 'targetPipelineExecutionId' failed to satisfy constraint: " +
				"Member must satisfy regular expression pattern: [0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"},
		{"Promote", bad.ID(), "UnableToRollbackStageException",
			"Target Pipeline Execution with id '" + bad.ID() + "' has not completed in stage with name 'Promote'"},
		{"Promote", back.ID(), "UnableToRollbackStageException", ""},
	} {
		_, err := w.RollbackStage(t.Context(), test.stage, test.target, somebody)
		w.refused(err, test.code)
		if message := err.(*Refusal).Message; test.message != "" && message != test.message {
			t.Errorf("got %q, expected %q", message, test.message)
		}
	}
	if _, err := w.RollbackStage(t.Context(), "Build", bad.ID(), somebody); err != nil {
		t.Errorf("it succeeded in Build: %v", err)
	}
}

func TestRollbackNeedsTheStageForItself(t *testing.T) {
	w := newWorld(t, nil)
	good := w.run()
	place := w.queues[2].join()
	_, err := w.RollbackStage(t.Context(), "Promote", good.ID(), somebody)
	w.refused(err, "UnableToRollbackStageException")
	if !strings.HasSuffix(err.Error(), ": Pipeline 'app' cannot start rollback since stage Promote is in progress.") {
		t.Errorf("got %v", err)
	}
	place.leave()
}

// A retry runs the failed actions or all, and goes on.
func TestRetry(t *testing.T) {
	for mode, want := range map[RetryMode][]string{FailedActions: {"b", "last"}, AllActions: {"a", "b", "last"}} {
		w := newWorld(t, nil)
		w.breaks("b")
		x := w.run()
		if got := x.Result(); got.Status != Failed {
			t.Fatalf("got %s", got.Status)
		}
		w.took()
		w.breaks()
		again, err := w.RetryStage(t.Context(), "Promote", x.ID(), mode)
		if err != nil {
			t.Fatal(err)
		}
		if got := again.Wait(); again != x || got.Status != Succeeded || got.Stage("Promote").Status != Succeeded {
			t.Errorf("%s: got %s", mode, got.Status)
		}
		if diff := cmp.Diff(want, w.took()); diff != "" {
			t.Errorf("%s: ran (-want +got):\n%s", mode, diff)
		}
	}
}

// A retry of an earlier stage goes through the later ones.
func TestRetryOfAnEarlierStage(t *testing.T) {
	w := newWorld(t, nil)
	w.breaks("build")
	x := w.run()
	w.breaks()
	w.took()
	if _, err := w.RetryStage(t.Context(), "Build", x.ID(), FailedActions); err != nil {
		t.Fatal(err)
	}
	if got := x.Wait(); got.Status != Succeeded {
		t.Errorf("got %s", got.Status)
	}
	if diff := cmp.Diff([]string{"a", "b", "build", "last"}, w.took()); diff != "" {
		t.Errorf("ran (-want +got):\n%s", diff)
	}
}

func TestRetryRefuses(t *testing.T) {
	w := newWorld(t, nil)
	w.breaks("b")
	x := w.run()
	w.breaks()
	_, err := w.RetryStage(t.Context(), "Promote", "none", FailedActions)
	w.refused(err, "PipelineExecutionNotFoundException")
	_, err = w.RetryStage(t.Context(), "Build", x.ID(), FailedActions)
	w.refused(err, "StageNotRetryableException")
	_, err = w.RetryStage(t.Context(), "Promote", x.ID(), "SOME")
	w.refused(err, "ValidationException")
	next := w.run()
	_, err = w.RetryStage(t.Context(), "Promote", x.ID(), FailedActions)
	w.refused(err, "NotLatestPipelineExecutionException")
	_, err = w.RetryStage(t.Context(), "Promote", next.ID(), FailedActions)
	w.refused(err, "StageNotRetryableException")
}

// Nobody knows whose id an action of a rollback is given.
func TestRollbackIDInBothReadings(t *testing.T) {
	for _, target := range []bool{false, true} {
		w := newWorld(t, nil)
		w.readings.RollbackTarget = target
		first := w.run()
		back, err := w.RollbackStage(t.Context(), "Promote", first.ID(), somebody)
		if err != nil {
			t.Fatal(err)
		}
		back.Wait()
		want := map[bool]string{false: back.ID(), true: first.ID()}[target]
		if got := w.given["a"]["execution"]; got != want {
			t.Errorf("target %v: got %s, expected %s", target, got, want)
		}
	}
}

func promoteRule(rule OnFailure) func(*Pipeline) {
	return func(p *Pipeline) { p.Stages[2].OnFailure = rule }
}

// A stage that fails rolls itself back to the latest success.
func TestAutomaticRollback(t *testing.T) {
	w := newWorld(t, promoteRule(OnFailure{Result: Rollback}))
	w.breaks("last")
	w.run() // there is nothing to go back to
	if n := len(w.Executions()); n != 1 {
		t.Fatalf("%d executions, expected 1", n)
	}
	w.breaks()
	w.run()
	good := w.run()
	w.breaks("last")
	failed := w.run()
	w.breaks()
	all := w.Executions()
	if len(all) != 5 {
		t.Fatalf("%d executions, expected 5", len(all))
	}
	got := all[4].Wait()
	if failed.Result().Status != Failed || got.Type != RollbackType || got.Target != good.ID() ||
		got.Trigger != "AutomatedRollback" {
		t.Errorf("got %+v", got)
	}
}

// A rollback that fails is not rolled back.
func TestFailedRollback(t *testing.T) {
	w := newWorld(t, promoteRule(OnFailure{Result: Rollback}))
	good := w.run()
	w.breaks("last")
	back, err := w.RollbackStage(t.Context(), "Promote", good.ID(), somebody)
	if err != nil {
		t.Fatal(err)
	}
	if got := back.Wait(); got.Status != Failed || len(w.Executions()) != 2 {
		t.Errorf("got %s, %d executions", got.Status, len(w.Executions()))
	}
}

func TestAutomaticRetryIsOneMoreAttempt(t *testing.T) {
	w := newWorld(t, promoteRule(OnFailure{Result: Retry, Retry: FailedActions}))
	w.breaks("b")
	got := w.run().Result()
	if diff := cmp.Diff([]string{"a", "b", "b", "build", "source"}, w.took()); diff != "" || got.Status != Failed {
		t.Errorf("%s, ran (-want +got):\n%s", got.Status, diff)
	}
}

// A superseded pipeline keeps only the newest execution that waits.
func TestSuperseded(t *testing.T) {
	release := make(chan struct{})
	p := pipeline(Stage{Name: "Build", Actions: []Action{work("build", nil)}})
	p.Mode = Superseded
	e, _, err := engine(t, p, func(_ context.Context, run Run) Outcome {
		if run.Stage == "Build" {
			<-release
		}
		return Outcome{}
	})
	if err != nil {
		t.Fatal(err)
	}
	var all []*Execution
	for n := range 5 {
		x, err := e.Start(t.Context(), StartInput{})
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, x)
		// Each waits in front of Build, or is in it, before the next one starts.
		for end := time.Now().Add(5 * time.Second); x.Result().Stage("Source").Status != Succeeded &&
			time.Now().Before(end); {
			time.Sleep(time.Millisecond)
		}
		if n > 1 {
			all[n-1].Wait()
		}
	}
	close(release)
	var got []string
	for _, x := range all {
		got = append(got, string(x.Wait().Status))
	}
	if diff := cmp.Diff("Succeeded Superseded Superseded Superseded Succeeded", strings.Join(got, " ")); diff != "" {
		t.Error(diff)
	}
}

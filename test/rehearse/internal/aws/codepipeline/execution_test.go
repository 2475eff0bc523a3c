package codepipeline

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func statuses(r Result) map[string]Status {
	all := map[string]Status{"": r.Status}
	for _, s := range r.Stages {
		all[s.Name] = s.Status
		for _, a := range s.Actions {
			all[s.Name+"/"+a.Name] = a.Status
		}
	}
	return all
}

// A failure lets siblings finish, and stops what comes later.
func TestFailure(t *testing.T) {
	failed := make(chan struct{})
	p := pipeline(
		Stage{Name: "Build", Actions: []Action{
			work("bad", nil),
			work("good", nil),
			work("later", func(a *Action) { a.RunOrder = 5 }),
		}},
		Stage{Name: "Promote", Actions: []Action{work("promote", nil)}},
	)
	got, fake := start(t, p, StartInput{}, func(_ context.Context, run Run) Outcome {
		switch run.Action.Name {
		case "bad":
			defer close(failed)
			return Outcome{Err: errors.New("broken")}
		case "good":
			<-failed
			return Outcome{Variables: map[string]string{"A": "1"}}
		}
		return Outcome{}
	})
	want := map[string]Status{
		"": Failed, "Source": Succeeded, "Source/source": Succeeded,
		"Build": Failed, "Build/bad": Failed, "Build/good": Succeeded, "Build/later": DidNotRun,
		"Promote": DidNotRun, "Promote/promote": DidNotRun,
	}
	if diff := cmp.Diff(want, statuses(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if slices.Contains(fake.ran, "later") || slices.Contains(fake.ran, "promote") {
		t.Errorf("ran: %v", fake.ran)
	}
	if message := got.Action("Build", "bad").Message; message != "broken" {
		t.Errorf("message: got %q", message)
	}
}

// Actions of equal run orders are parallel, and others are serial.
func TestRunOrder(t *testing.T) {
	var meet sync.WaitGroup
	meet.Add(2)
	p := pipeline(Stage{Name: "Build", Actions: []Action{
		work("second", func(a *Action) { a.RunOrder = 7 }),
		work("a", func(a *Action) { a.RunOrder = 3 }),
		work("b", func(a *Action) { a.RunOrder = 3 }),
	}})
	got, fake := start(t, p, StartInput{}, func(_ context.Context, run Run) Outcome {
		if run.Action.Name == "a" || run.Action.Name == "b" {
			meet.Done()
			meet.Wait() // returns only if both run at once
		}
		return Outcome{}
	})
	if got.Status != Succeeded || fake.ran[len(fake.ran)-1] != "second" {
		t.Errorf("got %s after %v", got.Status, fake.ran)
	}
}

func TestVariables(t *testing.T) {
	set := func(key, value string) func(*Action) {
		return func(a *Action) { a.Configuration = map[string]string{key: value} }
	}
	tests := map[string]struct {
		value string
		want  string // the resolved value, or the names that can't be resolved
		fails bool
	}{
		"of an earlier stage":            {"commit #{Src.CommitId}!", "commit abc!", false},
		"twice":                          {"#{Src.CommitId}#{Src.CommitId}", "abcabc", false},
		"of a lower run order":           {"#{First.X}", "1", false},
		"of the pipeline":                {"#{variables.branch}", "main", false},
		"of the pipeline, given":         {"#{variables.given}", "value", false},
		"without a reference":            {"#{", "#{", false},
		"of no namespace":                {"#{Nobody.X}", "#{Nobody.X}", true},
		"with another case":              {"#{src.CommitId}", "#{src.CommitId}", true},
		"that was not exported":          {"#{First.Y}", "#{First.Y}", true},
		"that is empty":                  {"#{First.Empty}", "#{First.Empty}", true},
		"of a sibling":                   {"#{Sibling.X}", "#{Sibling.X}", true},
		"of a later stage":               {"#{Last.X}", "#{Last.X}", true},
		"several, each named once":       {"#{A.X}#{Src.CommitId}#{A.X}#{B.Y}", "#{A.X}, #{B.Y}", true},
		"too long for UserParameters":    {"#{First.Long}", "UserParameters has 1001 characters", true},
		"just long enough for the limit": {"#{First.Limit}", strings.Repeat("x", 1000), false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			p := pipeline(
				Stage{Name: "Build", Actions: []Action{
					work("first", func(a *Action) { a.Namespace = "First" }),
					work("sibling", func(a *Action) { a.RunOrder, a.Namespace = 2, "Sibling" }),
					work("consumer", func(a *Action) { set("UserParameters", test.value)(a); a.RunOrder = 2 }),
				}},
				Stage{Name: "Last", Actions: []Action{work("last", func(a *Action) { a.Namespace = "Last" })}},
			)
			p.Variables = []Variable{{Name: "branch", Default: "main"}, {Name: "given", Default: "default"}}
			var got string
			result, _ := start(t, p, StartInput{Variables: []StartVariable{{Name: "given", Value: "value"}}},
				func(_ context.Context, run Run) Outcome {
					switch run.Action.Name {
					case "source":
						return Outcome{Variables: map[string]string{"CommitId": "abc"}}
					case "first":
						return Outcome{Variables: map[string]string{"X": "1", "Empty": "",
							"Long": strings.Repeat("x", 1001), "Limit": strings.Repeat("x", 1000)}}
					case "consumer":
						got = run.Configuration["UserParameters"]
					}
					return Outcome{Variables: map[string]string{"X": "1"}}
				})
			consumer := result.Action("Build", "consumer")
			if !test.fails {
				if got != test.want || consumer.Status != Succeeded {
					t.Errorf("got %q, %s: %s", got, consumer.Status, consumer.Message)
				}
				return
			}
			if consumer.Status != Failed || !strings.Contains(consumer.Message, test.want) ||
				result.Stage("Last").Status != DidNotRun {
				t.Errorf("got %s: %q, expected %q", consumer.Status, consumer.Message, test.want)
			}
		})
	}
}

// An unresolved variable fails in CodePipeline's words.
func TestUnresolvedVariable(t *testing.T) {
	err := (&UnresolvedError{Action: "merge", Names: []string{"#{A.B}"}}).Error()
	want := "An action in this pipeline failed because one or more variables could not be resolved: Action name=merge."
	if !strings.HasPrefix(err, want) {
		t.Errorf("got %q", err)
	}
}

func TestExecutionIdIsAVariable(t *testing.T) {
	p := pipeline(Stage{Name: "Build", Actions: []Action{work("a", func(a *Action) {
		a.Configuration = map[string]string{"id": "#{codepipeline.PipelineExecutionId}"}
	})}})
	var id string
	got, _ := start(t, p, StartInput{}, func(_ context.Context, run Run) Outcome {
		if run.Action.Name == "a" {
			id = run.Configuration["id"]
		}
		return Outcome{}
	})
	if id == "" || id != got.Execution {
		t.Errorf("got %q, expected %q", id, got.Execution)
	}
}

// Artifacts and revisions reach the actions.
func TestArtifactsAndRevisions(t *testing.T) {
	p := pipeline(Stage{Name: "Build", Actions: []Action{work("a", func(a *Action) { a.Inputs = []string{"Code"} })}})
	var content, revision, pinned string
	got, _ := start(t, p, StartInput{SourceRevisions: []SourceRevision{{"source", "COMMIT_ID", "abc"}}},
		func(_ context.Context, run Run) Outcome {
			if run.Action.Name == "source" {
				pinned = run.Revision
				return Outcome{}
			}
			data, err := os.ReadFile(run.Inputs[0].File)
			content, revision = string(data), run.Inputs[0].Revision
			return Outcome{Err: err}
		})
	if got.Status != Succeeded || content != "Code" || revision != "commit" || pinned != "abc" {
		t.Errorf("got %s, artifact %q of %q, pinned to %q", got.Status, content, revision, pinned)
	}
	if diff := cmp.Diff(map[string]string{"source": "commit"}, got.Revisions); diff != "" {
		t.Errorf("revisions (-want +got):\n%s", diff)
	}
}

// CodePipeline refuses wrong outcomes, and so does this.
func TestWrongOutcomes(t *testing.T) {
	for want, variables := range map[string]map[string]string{
		`output variable "a.b"`:      {"a.b": "1"},
		"at most 122880 are allowed": {"a": strings.Repeat("x", 122880)},
	} {
		p := pipeline(Stage{Name: "Build", Actions: []Action{work("a", nil)}})
		got, _ := start(t, p, StartInput{}, func(_ context.Context, run Run) Outcome {
			if run.Action.Name == "a" {
				return Outcome{Variables: variables}
			}
			return Outcome{}
		})
		if message := got.Action("Build", "a").Message; got.Status != Failed || !strings.Contains(message, want) {
			t.Errorf("got %s: %q, expected %q", got.Status, message, want)
		}
	}
}

// Queued executions keep their order, and may be in different stages.
func TestQueuedExecutions(t *testing.T) {
	const executions = 5
	var mu sync.Mutex
	order := map[string][]string{}
	inside := map[string]int{}
	overlap := false
	p := pipeline(
		Stage{Name: "Build", Actions: []Action{work("build", nil)}},
		Stage{Name: "Promote", Actions: []Action{work("promote", nil)}},
	)
	e, _, err := engine(t, p, func(_ context.Context, run Run) Outcome {
		mu.Lock()
		order[run.Stage] = append(order[run.Stage], run.Execution)
		inside[run.Stage]++
		if inside[run.Stage] > 1 {
			t.Errorf("two executions are in the stage %s", run.Stage)
		}
		overlap = overlap || inside["Build"] > 0 && inside["Promote"] > 0
		mu.Unlock()
		time.Sleep(20 * time.Millisecond)
		mu.Lock()
		defer mu.Unlock()
		inside[run.Stage]--
		// A failure frees the stage for the next one.
		if run.Stage == "Build" && slices.Index(order["Source"], run.Execution) == 1 {
			return Outcome{Err: errors.New("broken")}
		}
		return Outcome{}
	})
	if err != nil {
		t.Fatal(err)
	}
	var started []*Execution
	var ids []string
	for range executions {
		x, err := e.Start(t.Context(), StartInput{})
		if err != nil {
			t.Fatal(err)
		}
		started, ids = append(started, x), append(ids, x.Result().Execution)
	}
	for i, x := range started {
		want := Succeeded
		if i == 1 {
			want = Failed
		}
		if got := x.Wait().Status; got != want {
			t.Errorf("execution %d: got %s, expected %s", i, got, want)
		}
	}
	promoted := slices.Delete(slices.Clone(ids), 1, 2)
	if diff := cmp.Diff(map[string][]string{"Source": ids, "Build": ids, "Promote": promoted}, order); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
	if !overlap {
		t.Error("no execution was in Build while another was in Promote")
	}
}

func TestQueueIsLimited(t *testing.T) {
	release := make(chan struct{})
	e, _, err := engine(t, pipeline(Stage{Name: "Build", Actions: []Action{work("a", nil)}}),
		func(context.Context, Run) Outcome {
			<-release
			return Outcome{}
		})
	if err != nil {
		t.Fatal(err)
	}
	var started []*Execution
	for range 60 {
		x, err := e.Start(t.Context(), StartInput{})
		if err != nil {
			if !strings.Contains(err.Error(), "ConcurrentPipelineExecutionsLimitExceededException") {
				t.Error(err)
			}
			break
		}
		started = append(started, x)
	}
	close(release)
	for _, x := range started {
		x.Wait()
	}
	// One is in the first stage, and perhaps counted as waiting still.
	if n := len(started); n < 50 || n > 51 {
		t.Errorf("%d executions were accepted, expected 50 that wait, and one that runs", n)
	}
}

func TestActionHasItsTimeout(t *testing.T) {
	p := pipeline(Stage{Name: "Build",
		Actions: []Action{work("slow", func(a *Action) { a.Timeout = 20 * time.Millisecond })}})
	got, _ := start(t, p, StartInput{}, func(ctx context.Context, run Run) Outcome {
		if run.Action.Name == "slow" {
			<-ctx.Done()
			return Outcome{Err: context.Cause(ctx)}
		}
		return Outcome{}
	})
	if a := got.Action("Build", "slow"); a.Status != Failed || a.Message != "the action took longer than its 20ms" {
		t.Errorf("got %s: %q", a.Status, a.Message)
	}
}

func TestStopEndsTheActions(t *testing.T) {
	p := pipeline(Stage{Name: "Build", Actions: []Action{work("slow", nil)}})
	e, _, err := engine(t, p, func(ctx context.Context, run Run) Outcome {
		if run.Action.Name == "slow" {
			<-ctx.Done()
			return Outcome{Err: context.Cause(ctx)}
		}
		return Outcome{}
	})
	if err != nil {
		t.Fatal(err)
	}
	x, err := e.Start(t.Context(), StartInput{})
	if err != nil {
		t.Fatal(err)
	}
	for x.Result().Action("Build", "slow").Status != InProgress {
		time.Sleep(time.Millisecond)
	}
	x.Stop()
	if got := x.Result(); got.Status != Stopped || got.Action("Build", "slow").Status != Stopped {
		t.Errorf("got %v", statuses(got))
	}
}

func TestParseStartInput(t *testing.T) {
	got, err := ParseStartInput(`{"sourceRevisions":[{"actionName":"Source","revisionType":"COMMIT_ID","revisionValue":"abc"}],"variables":[{"name":"branch","value":"main"}]}`)
	want := StartInput{SourceRevisions: []SourceRevision{{"Source", "COMMIT_ID", "abc"}},
		Variables: []StartVariable{{"branch", "main"}}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	for _, payload := range []string{`{"sourceRevision":[]}`, `{"variables":[{"name":"branch","value":"a"b"}]}`, ``} {
		if _, err := ParseStartInput(payload); err == nil {
			t.Errorf("%s: got no error", payload)
		}
	}
}

func TestObserverSeesEachChange(t *testing.T) {
	p := pipeline(Stage{Name: "Build", Actions: []Action{work("a", nil)}})
	var seen []string
	var mu sync.Mutex
	e, _, err := engine(t, p, nil)
	if err != nil {
		t.Fatal(err)
	}
	e.observer = func(r Result) {
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, fmt.Sprintf("%s %s %s", r.Status, r.Stages[1].Status, r.Stages[1].Actions[0].Status))
	}
	x, err := e.Start(t.Context(), StartInput{})
	if err != nil {
		t.Fatal(err)
	}
	x.Wait()
	got := slices.Compact(seen)
	want := []string{"InProgress Waiting Waiting", "InProgress InProgress Waiting", "InProgress InProgress InProgress",
		"InProgress InProgress Succeeded", "InProgress Succeeded Succeeded", "Succeeded Succeeded Succeeded"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

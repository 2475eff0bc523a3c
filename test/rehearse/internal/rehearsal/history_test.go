package rehearsal

import (
	"context"
	"errors"
	"io"
	"testing"

	"archway/test/rehearse/internal/assumptions"
	"archway/test/rehearse/internal/aws/codepipeline"
	"archway/test/rehearse/internal/aws/endpoint"
)

// scripted is an action that does what a test says.
type scripted struct {
	do func(codepipeline.Run) codepipeline.Outcome
}

func (scripted) Check(codepipeline.Action) error { return nil }

func (s scripted) Run(_ context.Context, run codepipeline.Run) codepipeline.Outcome { return s.do(run) }

type discard struct{ io.Writer }

func (discard) Close() error { return nil }

// told is a pipeline Source → Promote, whose second stage does what a test says, and its history.
func told(t *testing.T, readings assumptions.Readings, promote func(codepipeline.Run) codepipeline.Outcome) (*history,
	*codepipeline.Engine) {
	t.Helper()
	source := codepipeline.ActionType{Category: "Source", Owner: "AWS", Provider: "Test", Version: "1"}
	lambda := codepipeline.ActionType{Category: "Invoke", Owner: "AWS", Provider: "Lambda", Version: "1"}
	engine, err := codepipeline.New(&codepipeline.Pipeline{
		Name: "app", ARN: "arn", Mode: codepipeline.Queued, Bucket: "bucket",
		Variables: []codepipeline.Variable{{Name: "rule", Default: "main"}},
		Stages: []codepipeline.Stage{
			{Name: "Source",
				Actions: []codepipeline.Action{{Name: "Source", Type: source, RunOrder: 1,
					Outputs: []string{"SourceCode"}, Namespace: "Source"}}},
			{Name: "Promote", Actions: []codepipeline.Action{{
				Name: "Promote", Type: lambda, RunOrder: 1, Inputs: []string{"SourceCode"},
				Configuration: map[string]string{"UserParameters": "#{codepipeline.PipelineExecutionId}"},
			}}},
		},
	}, codepipeline.Options{
		Dir: t.TempDir(), Readings: readings,
		Logs: func(_, _, _ string) (io.WriteCloser, string, error) { return discard{io.Discard}, "", nil },
		Providers: map[codepipeline.ActionType]codepipeline.Provider{
			source: scripted{func(run codepipeline.Run) codepipeline.Outcome {
				a, err := run.Output("SourceCode")
				a.Revision, a.Summary = "c0ffee", "Change files"
				return codepipeline.Outcome{Err: err, Outputs: []codepipeline.Artifact{a}, Summary: "Change files",
					ExternalID: "c0ffee"}
			}},
			lambda: scripted{promote},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	r := &Rehearsal{engines: map[string]*codepipeline.Engine{"arn": engine}, options: Options{Readings: readings}}
	return &history{r: r, answers: map[[2]string]int{}}, engine
}

var asker = endpoint.Caller{Kind: "function", Name: "promote"}

func TestHistoryOfAFailureAndItsRetry(t *testing.T) {
	broken := true
	h, engine := told(t, assumptions.Readings{PromptHistory: true}, func(run codepipeline.Run) codepipeline.Outcome {
		outcome := codepipeline.Outcome{ExternalID: "promote", Variables: map[string]string{"summary": "moved"}}
		if broken {
			outcome.Err = errors.New("broken")
		}
		return outcome
	})
	x, err := engine.Start(t.Context(),
		codepipeline.StartInput{Cause: codepipeline.Trigger{Type: codepipeline.TriggeredByRule, Detail: "rule"}})
	if err != nil {
		t.Fatal(err)
	}
	x.Wait()
	about, err := h.Execution(asker, "app", x.ID())
	if err != nil {
		t.Fatal(err)
	}
	if about.Status != "Failed" || about.Type != "" || about.Rollback != nil ||
		about.Trigger["triggerType"] != "CloudWatchEvent" ||
		about.Variables[0] != (endpoint.ResolvedVariable{Name: "rule", Value: "main"}) ||
		about.Revisions[0] != (endpoint.ArtifactRevision{Name: "SourceCode", ID: "c0ffee", Summary: "Change files"}) {
		t.Errorf("got %+v", about)
	}
	failed := h.actions(t, x.ID())[0]
	if failed.Status != "Failed" || failed.Output.Result.Summary != "broken" ||
		failed.Output.Result.Error["code"] != "JobFailed" || failed.Output.Result.Error["message"] != "" {
		t.Errorf("history: %+v", failed.Output)
	}
	if got := h.promote(t).Latest; got.Summary != "" || got.Error["code"] != "JobFailed" ||
		got.Error["message"] != "broken" {
		t.Errorf("state: %+v", got)
	}

	broken = false
	if _, err := engine.RetryStage(t.Context(), "Promote", x.ID(), codepipeline.FailedActions); err != nil {
		t.Fatal(err)
	}
	x.Wait()
	all := h.actions(t, x.ID())
	if len(all) != 3 || all[0].Status != "Succeeded" || all[1].ID != failed.ID || all[0].ID == failed.ID ||
		all[2].Stage != "Source" {
		t.Fatalf("got %+v", all)
	}
	good := all[0]
	if good.Output.Result.Summary != "" || good.Output.Result.ID != "promote" ||
		good.Output.Variables["summary"] != "moved" ||
		good.Input.Resolved["UserParameters"] != x.ID() ||
		good.Input.Configuration["UserParameters"] != "#{codepipeline.PipelineExecutionId}" ||
		good.Input.Artifacts[0].Name != "SourceCode" {
		t.Errorf("got %+v", good)
	}
}

func (h *history) actions(t *testing.T, id string) []endpoint.ActionExecution {
	t.Helper()
	all, err := h.Actions(asker, "app", id)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// promote is the state of the action Promote.
func (h *history) promote(t *testing.T) endpoint.ActionState {
	t.Helper()
	state, err := h.State("app")
	if err != nil {
		t.Fatal(err)
	}
	return state.Stages[1].Actions[0]
}

// While an action runs, the state knows it, and the history less.
func TestStateIsAheadOfTheHistory(t *testing.T) {
	var h *history
	var statuses, executions []string
	h, engine := told(t, assumptions.Readings{}, func(run codepipeline.Run) codepipeline.Outcome {
		state, err := h.State("app")
		if err != nil {
			return codepipeline.Outcome{Err: err}
		}
		stage := state.Stages[1]
		if stage.Latest.ID != run.Execution || stage.Latest.Status != "InProgress" ||
			stage.Actions[0].Latest.Status != "InProgress" || stage.Actions[0].Latest.ID != run.Attempt {
			t.Errorf("state: %+v", stage)
		}
		statuses, executions = nil, nil
		for range 3 {
			status := "none"
			if about, err := h.Execution(asker, "app", run.Execution); err == nil {
				status = about.Type + " " + about.Status
			}
			executions = append(executions, status)
			all, err := h.Actions(asker, "app", run.Execution)
			if err != nil {
				return codepipeline.Outcome{Err: err}
			}
			statuses = append(statuses, all[len(all)-1].Status)
		}
		return codepipeline.Outcome{}
	})
	x, err := engine.Start(t.Context(), codepipeline.StartInput{})
	if err != nil {
		t.Fatal(err)
	}
	if got := x.Wait(); got.Status != codepipeline.Succeeded {
		t.Fatalf("got %+v", got)
	}
	want := []string{"InProgress", "InProgress", "Succeeded"} // the source's, which was over before
	for i := range want {
		if statuses[i] != want[i] || executions[i] != " InProgress" {
			t.Errorf("answer %d: source %s, execution %s", i+1, statuses[i], executions[i])
		}
	}
	back, err := engine.RollbackStage(t.Context(), "Promote", x.ID(), operator)
	if err != nil {
		t.Fatal(err)
	}
	back.Wait()
	if executions[0] != "none" || executions[1] != "none" || executions[2] != "ROLLBACK InProgress" {
		t.Errorf("a rollback: got %q", executions)
	}
	state, _ := h.State("app")
	if state.Stages[1].Latest.Type != "ROLLBACK" || state.Stages[0].Latest.Type != "" ||
		state.Stages[0].Latest.ID != x.ID() {
		t.Errorf("got %+v", state.Stages)
	}
}

package execution_test

import (
	"errors"
	"strings"
	"testing"

	"archway/lambda/internal/fixture"
	"archway/lambda/internal/pipeline/job"
)

func TestTurn(t *testing.T) {
	for name, test := range map[string]struct {
		// id is what the job says.
		id  string
		set func(*fixture.AWS)
		// turn is the execution whose turn it is, or want what the error says.
		turn, want string
	}{
		"its own": {"x", func(a *fixture.AWS) { a.InTurn("x", "Promote", "Promote") }, "x", ""},
		"while it stops": {"x", func(a *fixture.AWS) {
			a.End("x", "Stopping")
			a.Enter("x", "Promote", "Stopping", "Promote", "InProgress")
		}, "x", ""},
		"a rollback with its own id":      {"back", rollback, "back", ""},
		"a rollback with its target's id": {"x", rollback, "back", ""},
		"a rollback to another execution": {"z", rollback, "", "the stage Promote works for execution back"},
		"an invented job": {"x",
			func(a *fixture.AWS) { a.Enter("x", "Approval", "InProgress", "Approve", "InProgress") }, "",
			"nothing is in the stage Promote"},
		"another's turn": {"x", func(a *fixture.AWS) { a.InTurn("y", "Promote", "Promote") }, "",
			"the stage Promote works for execution y"},
		"the target of no rollback": {"x", func(a *fixture.AWS) {
			a.Rollback("other", "x")
			a.InTurn("y", "Promote", "Promote")
		}, "", "the stage Promote works for execution y"},
		"an ended stage": {"x",
			func(a *fixture.AWS) { a.Enter("x", "Promote", "Succeeded", "Promote", "InProgress") }, "",
			"the stage Promote is Succeeded"},
		"an ended action": {"x",
			func(a *fixture.AWS) { a.Enter("x", "Promote", "InProgress", "Promote", "Abandoned") }, "",
			"the action Promote/Promote is Abandoned"},
		"another action": {"x",
			func(a *fixture.AWS) { a.Enter("x", "Promote", "InProgress", "Check", "InProgress") }, "",
			"the action Promote/Promote has not begun"},
		"another stage": {"x",
			func(a *fixture.AWS) { a.Enter("x", "Validate", "InProgress", "Promote", "InProgress") }, "",
			"nothing is in the stage Promote"},
		"no id": {"", func(a *fixture.AWS) { a.InTurn("x", "Promote", "Promote") }, "",
			"the stage Promote works for execution x"},
		"an ended execution": {"x", func(a *fixture.AWS) { a.InTurn("x", "Promote", "Promote"); a.End("x", "Stopped") },
			"", "execution x is over (Stopped)"},
	} {
		t.Run(name, func(t *testing.T) {
			endpoint, source := open(t)
			test.set(endpoint)
			x, err := source.Turn(t.Context(), test.id, "Promote", "Promote")
			if test.want == "" {
				if err != nil || x.ID != test.turn {
					t.Errorf("got %q, error %v, want %s", x.ID, err, test.turn)
				}
				return
			}
			var failure *job.Failure
			if !errors.As(err, &failure) || failure.Type != "JobFailed" || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %q, error %v, want %s", x.ID, err, test.want)
			}
		})
	}
}

// rollback is one to an execution that is still in progress elsewhere.
func rollback(a *fixture.AWS) {
	a.Rollback("back", "x")
	a.InTurn("back", "Promote", "Promote")
	a.InTurn("x", "Approval", "Approve")
}

func TestTurnWaitsForWhatIsNotShownYet(t *testing.T) {
	endpoint, source := open(t)
	asked := 0
	endpoint.Before = func() {
		if asked++; asked == 3 {
			endpoint.InTurn("x", "Promote", "Promote")
		}
	}
	if x, err := source.With(patient).Turn(t.Context(), "x", "Promote", "Promote"); err != nil || x.ID != "x" {
		t.Errorf("got %+v, %v", x, err)
	}
}

func TestTurnThatCannotBeAskedFor(t *testing.T) {
	for call, answers := range map[string][]string{
		"GetPipelineState":     {"AccessDeniedException", "PipelineNotFoundException"},
		"GetPipelineExecution": {"AccessDeniedException", "PipelineExecutionNotFoundException"},
	} {
		for _, code := range answers {
			endpoint, source := open(t)
			endpoint.InTurn("x", "Promote", "Promote")
			endpoint.Refuse(call, code)
			if x, err := source.Turn(t.Context(), "x", "Promote", "Promote"); err == nil {
				t.Errorf("%s refused by %s: %+v", call, code, x)
			}
		}
	}
	endpoint, source := open(t)
	endpoint.Answer("GetPipelineState", `{}`)
	if x, err := source.Turn(t.Context(), "", "Promote", "Promote"); err == nil {
		t.Errorf("an empty state gives %+v", x)
	}
}

package execution_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"archway/lambda/internal/pipeline/execution"
	"archway/lambda/internal/pipeline/job"
)

var (
	build    = execution.Action{Stage: "Build", Name: "web-amd64"}
	merge    = execution.Action{Stage: "Merge", Name: "web"}
	validate = execution.Action{Stage: "Validate", Name: "web"}
	approval = execution.Action{Stage: "Approval", Name: "Approve"}
)

func digest(of string) map[string]string { return map[string]string{"digest": of} }

// Outputs are those of the newest attempts.
func TestOutputs(t *testing.T) {
	endpoint, source := open(t)
	endpoint.Did("x", "Build", "web-amd64", "Failed", nil)
	endpoint.Did("x", "Build", "web-amd64", "Succeeded", digest("built"))
	endpoint.Did("x", "Merge", "web", "Succeeded", digest("first merge"))
	endpoint.Did("x", "Merge", "web", "Abandoned", nil)
	endpoint.Did("x", "Merge", "web", "Succeeded", digest("last merge"))
	endpoint.Did("x", "Validate", "web", "Succeeded", digest("validated"))
	endpoint.Did("y", "Validate", "web", "Succeeded", digest("somebody else's"))
	endpoint.Late(4, "x", "Approval", "Approve", "Succeeded", nil)
	got, err := source.With(patient).Outputs(t.Context(), "x", []execution.Action{build, merge, validate, approval})
	if err != nil {
		t.Fatal(err)
	}
	want := map[execution.Action]map[string]string{build: digest("built"), merge: digest("last merge"),
		validate: digest("validated"), approval: nil}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestOutputsNameWhatHasNotSucceeded(t *testing.T) {
	for status, want := range map[string]string{
		"Failed": "Merge/web is Failed", "Abandoned": "Merge/web is Abandoned", "InProgress": "Merge/web is InProgress",
		"":        "Merge/web is in no known state",
		"missing": "Merge/web has not run",
	} {
		endpoint, source := open(t)
		endpoint.Did("x", "Build", "web-amd64", "Succeeded", nil)
		if status != "missing" {
			endpoint.Did("x", "Merge", "web", "Succeeded", digest("an older attempt's"))
			endpoint.Did("x", "Merge", "web", status, digest("d"))
		}
		endpoint.Did("x", "Merge", "job", "Succeeded", digest("another action's"))
		endpoint.Did("y", "Merge", "web", "Succeeded", digest("another execution's"))
		got, err := source.Outputs(t.Context(), "x", []execution.Action{build, merge})
		var failure *job.Failure
		if !errors.As(err, &failure) || !strings.Contains(err.Error(), want) ||
			strings.Contains(err.Error(), "Build/") || got != nil {
			t.Errorf("%s: %v, error %v", status, got, err)
		}
	}
}

// A filter that is ignored must not let an execution pass by what another one did.
func TestOutputsOfOtherExecutions(t *testing.T) {
	endpoint, source := open(t)
	endpoint.Answer("ListActionExecutions",
		`{"actionExecutionDetails":[{"pipelineExecutionId":"y","stageName":"Merge","actionName":"web","status":"Succeeded"}]}`)
	if got, err := source.Outputs(t.Context(), "x", []execution.Action{merge}); err == nil {
		t.Errorf("%v, want an error", got)
	}
}

func TestOutputsOfTwoAttemptsAtOnce(t *testing.T) {
	const succeeded,
		failed = `{"pipelineExecutionId":"x","stageName":"Merge","actionName":"web","status":"Succeeded","startTime":1}`,
		`{"pipelineExecutionId":"x","stageName":"Merge","actionName":"web","status":"Failed","startTime":1}`
	for _, list := range []string{succeeded + "," + failed, failed + "," + succeeded} {
		endpoint, source := open(t)
		endpoint.Answer("ListActionExecutions", `{"actionExecutionDetails":[`+list+`]}`)
		if _, err := source.Outputs(t.Context(), "x", []execution.Action{merge}); err == nil {
			t.Errorf("%s: no error", list)
		}
	}
}

func TestOutputsThatCannotBeAskedFor(t *testing.T) {
	endpoint, source := open(t)
	endpoint.Refuse("ListActionExecutions", "AccessDeniedException")
	if _, err := source.Outputs(t.Context(), "x", nil); err == nil ||
		!strings.Contains(err.Error(), "ask for the actions of execution x") {
		t.Errorf("error %v", err)
	}
	endpoint, source = open(t)
	ctx, cancel := context.WithCancel(t.Context())
	endpoint.After = cancel
	if _, err := source.With(patient).Outputs(ctx, "x", []execution.Action{merge}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want %v", err, context.Canceled)
	}
}

package actions

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"archway/test/rehearse/internal/awsapi"
	"archway/test/rehearse/internal/codepipeline"
	"archway/test/rehearse/internal/lambdaruntime"
)

// function is a runtime whose function is a Go function.
type function func(job event) error

type event struct {
	ID   string `json:"id"`
	Data struct {
		ActionConfiguration struct {
			Configuration map[string]string `json:"configuration"`
		} `json:"actionConfiguration"`
		InputArtifacts    []any             `json:"inputArtifacts"`
		Credentials       map[string]string `json:"artifactCredentials"`
		ContinuationToken string            `json:"continuationToken"`
	} `json:"data"`
	AccountID string `json:"accountId"`
}

func (f function) InvokeAsync(_ context.Context, _ *lambdaruntime.Function, payload []byte, _ io.Writer) error {
	var in map[string]event
	if err := json.Unmarshal(payload, &in); err != nil {
		return err
	}
	return f(in["CodePipeline.job"])
}

// invoke runs an action whose function does what do says.
func invoke(t *testing.T, do func(i *Invoke, job event) error) codepipeline.Outcome {
	t.Helper()
	i := &Invoke{
		Account: "111122223333",
		Function: func(name string) (*lambdaruntime.Function, bool) {
			return &lambdaruntime.Function{Name: name}, name == "validate"
		},
		ArtifactCredentials: func() (string, string, string) { return "id", "secret", "token" },
	}
	i.Runtime = function(func(job event) error { return do(i, job) })
	run := codepipeline.Run{
		Action:        codepipeline.Action{Name: "validate"},
		Configuration: map[string]string{"FunctionName": "validate", "UserParameters": "{}"},
		Log:           &bytes.Buffer{},
	}
	return i.Run(t.Context(), run)
}

func code(err error) string {
	var e *awsapi.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

func TestReportDecidesTheAction(t *testing.T) {
	got := invoke(t, func(i *Invoke, job event) error {
		want := map[string]string{"FunctionName": "validate", "UserParameters": "{}"}
		if diff := cmp.Diff(want, job.Data.ActionConfiguration.Configuration); diff != "" || job.AccountID != "111122223333" || job.Data.Credentials["secretAccessKey"] != "secret" {
			t.Errorf("event %+v (-want +got):\n%s", job, diff)
		}
		return i.Success(job.ID, awsapi.Success{Variables: map[string]string{"digest": "sha256:x"}})
	})
	if diff := cmp.Diff(map[string]string{"digest": "sha256:x"}, got.Variables); got.Err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", got.Err, diff)
	}
	got = invoke(t, func(i *Invoke, job event) error {
		return i.Failure(job.ID, awsapi.Failure{Type: "JobFailed", Message: "no arm64"})
	})
	if got.Err == nil || got.Err.Error() != "no arm64" || got.Variables != nil {
		t.Errorf("got %+v", got)
	}
}

func TestSecondReportIsRefused(t *testing.T) {
	invoke(t, func(i *Invoke, job event) error {
		if err := i.Success(job.ID, awsapi.Success{}); err != nil {
			t.Error(err)
		}
		if err := i.Failure(job.ID, awsapi.Failure{}); code(err) != "InvalidJobStateException" {
			t.Errorf("got %v", err)
		}
		if err := i.Success("other", awsapi.Success{}); code(err) != "JobNotFoundException" {
			t.Errorf("got %v", err)
		}
		return nil
	})
}

func TestReportBeforeAFunctionErrorCounts(t *testing.T) {
	got := invoke(t, func(i *Invoke, job event) error {
		if err := i.Success(job.ID, awsapi.Success{Variables: map[string]string{"a": "b"}}); err != nil {
			t.Error(err)
		}
		return &lambdaruntime.FunctionError{Type: "E", Message: "after the report"}
	})
	if got.Err != nil || got.Variables["a"] != "b" {
		t.Errorf("got %+v", got)
	}
}

func TestContinuationInvokesAgain(t *testing.T) {
	var tokens []string
	got := invoke(t, func(i *Invoke, job event) error {
		tokens = append(tokens, job.Data.ContinuationToken)
		if len(tokens) < 3 {
			return i.Success(job.ID, awsapi.Success{Continuation: strings.Repeat("x", len(tokens))})
		}
		return i.Success(job.ID, awsapi.Success{Variables: map[string]string{"n": "3"}})
	})
	if diff := cmp.Diff([]string{"", "x", "xx"}, tokens); got.Err != nil || got.Variables["n"] != "3" || diff != "" {
		t.Errorf("%+v (-want +got):\n%s", got, diff)
	}
}

func TestSilentFunctionFailsWithoutTheWait(t *testing.T) {
	got := invoke(t, func(*Invoke, event) error { return nil })
	if got.Err == nil || !strings.Contains(got.Err.Error(), "reported no result") {
		t.Errorf("got %v", got.Err)
	}
	got = invoke(t, func(*Invoke, event) error { return &lambdaruntime.FunctionError{Type: "E", Message: "broken"} })
	if got.Err == nil || !strings.Contains(got.Err.Error(), "failed in all its attempts") || !strings.Contains(got.Err.Error(), "broken") {
		t.Errorf("got %v", got.Err)
	}
}

func TestLateReportIsRefused(t *testing.T) {
	var late func() error
	invoke(t, func(i *Invoke, job event) error {
		late = func() error { return i.Success(job.ID, awsapi.Success{}) }
		return nil
	})
	if err := late(); code(err) != "InvalidJobStateException" {
		t.Errorf("got %v", err)
	}
}

package actions

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"archway/test/rehearse/internal/aws/codepipeline"
	"archway/test/rehearse/internal/aws/endpoint"
	"archway/test/rehearse/internal/aws/lambdaruntime"
)

// function is a runtime whose function is a Go function.
type function func(job event) error

type event struct {
	ID   string `json:"id"`
	Data struct {
		ActionConfiguration struct {
			Configuration map[string]string `json:"configuration"`
		} `json:"actionConfiguration"`
		InputArtifacts []any `json:"inputArtifacts"`
		Credentials    struct {
			Secret     string `json:"secretAccessKey"`
			Expiration int64  `json:"expirationTime"`
		} `json:"artifactCredentials"`
		ContinuationToken string `json:"continuationToken"`
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

func newInvoke() *Invoke {
	return &Invoke{
		Account: "111122223333", Region: "eu-west-1",
		Function: func(name string) (*lambdaruntime.Function, bool) {
			return &lambdaruntime.Function{Name: name}, name == "validate"
		},
		ArtifactCredentials: func() (string, string, string) { return "id", "secret", "token" },
	}
}

func run() codepipeline.Run {
	return codepipeline.Run{
		Action:        codepipeline.Action{Name: "validate"},
		Configuration: map[string]string{"FunctionName": "validate", "UserParameters": "{}"},
		Log:           &bytes.Buffer{},
	}
}

// invoke runs an action whose function does what do says.
func invoke(t *testing.T, do func(i *Invoke, job event) error) codepipeline.Outcome {
	t.Helper()
	i := newInvoke()
	i.Runtime = function(func(job event) error { return do(i, job) })
	return i.Run(t.Context(), run())
}

func code(err error) string {
	var e *endpoint.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

func TestReportDecidesTheAction(t *testing.T) {
	got := invoke(t, func(i *Invoke, job event) error {
		want := map[string]string{"FunctionName": "validate", "UserParameters": "{}"}
		if diff := cmp.Diff(want, job.Data.ActionConfiguration.Configuration); diff != "" ||
			job.AccountID != "111122223333" || job.Data.Credentials.Secret != "secret" {
			t.Errorf("event %+v (-want +got):\n%s", job, diff)
		}
		return i.Success(job.ID, endpoint.Success{Variables: map[string]string{"digest": "sha256:x"}})
	})
	if diff := cmp.Diff(map[string]string{"digest": "sha256:x"}, got.Variables); got.Err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", got.Err, diff)
	}
	got = invoke(t, func(i *Invoke, job event) error {
		return i.Failure(job.ID, endpoint.Failure{Type: "JobFailed", Message: "no arm64"})
	})
	if got.Err == nil || got.Err.Error() != "no arm64" || got.Variables != nil {
		t.Errorf("got %+v", got)
	}
}

// The answers are those that were recorded.
func TestSecondReport(t *testing.T) {
	same := endpoint.Success{Variables: map[string]string{"a": "1"}}
	other := endpoint.Success{Variables: map[string]string{"a": "2"}}
	refused := func(err error, code, message string) {
		t.Helper()
		var e *endpoint.Error
		if !errors.As(err, &e) || e.Code != code || e.Message != message {
			t.Errorf("got %v, expected %s: %s", err, code, message)
		}
	}
	got := invoke(t, func(i *Invoke, job event) error {
		for range 2 {
			if err := i.Success(job.ID, endpoint.Success{Variables: map[string]string{"a": "1"}}); err != nil {
				t.Errorf("%+v: %v", same, err)
			}
		}
		refused(i.Success(job.ID, other), "InvalidJobStateException",
			"The status of job with id "+job.ID+" is already set to the desired value. "+
				"It cannot be updated with the same status, but different result or output variables.")
		refused(i.Failure(job.ID, endpoint.Failure{}), "InvalidJobStateException",
			"Job with id "+job.ID+" has already terminated")
		refused(i.Success("other", same), "JobNotFoundException", "Job with id 'other' does not exist")
		return nil
	})
	if got.Err != nil || got.Variables["a"] != "1" {
		t.Errorf("got %+v", got)
	}
}

// A report of an abandoned job changes nothing.
func TestReportOfAbandonedJob(t *testing.T) {
	i := newInvoke()
	ctx, stop := context.WithCancel(t.Context())
	var id string
	i.Runtime = function(func(job event) error { id = job.ID; stop(); <-ctx.Done(); return ctx.Err() })
	if got := i.Run(ctx, run()); got.Err == nil {
		t.Errorf("got %+v", got)
	}
	if err := i.Success(id, endpoint.Success{}); err != nil {
		t.Error(err)
	}
	if err := i.Failure(id, endpoint.Failure{}); err != nil {
		t.Error(err)
	}
}

func TestHistoryOfAFunction(t *testing.T) {
	const url = "https://console.aws.amazon.com/cloudwatch/home?region=eu-west-1#logStream:group=%252Faws%252Flambda%252Fvalidate"
	got := invoke(t, func(i *Invoke, job event) error {
		if ahead := time.Until(time.UnixMilli(job.Data.Credentials.Expiration)); ahead < 14*time.Minute ||
			ahead > 15*time.Minute {
			t.Errorf("the credentials expire in %v", ahead)
		}
		return i.Success(job.ID, endpoint.Success{})
	})
	if got.Summary != "" || got.ExternalID != "validate" || got.ExternalURL != url {
		t.Errorf("got %+v", got)
	}
	got = invoke(t, func(i *Invoke, job event) error {
		return i.Failure(job.ID, endpoint.Failure{Type: "PermissionError", Message: "no"})
	})
	if got.Code != "PermissionError" || got.ExternalID != "validate" || got.ExternalURL != url {
		t.Errorf("got %+v", got)
	}
	gone := run()
	gone.Configuration = map[string]string{"FunctionName": "gone"}
	if got := newInvoke().Run(t.Context(), gone); got.Code != "ConfigurationError" ||
		got.Err.Error() != "The AWS Lambda function gone does not exist." {
		t.Errorf("got %+v", got)
	}
}

// A report before a function's error counts.
func TestReportBeforeAnError(t *testing.T) {
	got := invoke(t, func(i *Invoke, job event) error {
		if err := i.Success(job.ID, endpoint.Success{Variables: map[string]string{"a": "b"}}); err != nil {
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
	ids := map[string]bool{}
	got := invoke(t, func(i *Invoke, job event) error {
		tokens, ids[job.ID] = append(tokens, job.Data.ContinuationToken), true
		if len(tokens) < 3 {
			return i.Success(job.ID, endpoint.Success{Continuation: strings.Repeat("x", len(tokens))})
		}
		return i.Success(job.ID, endpoint.Success{Variables: map[string]string{"n": "3"}})
	})
	if len(ids) != 3 {
		t.Errorf("%d ids of 3 jobs", len(ids))
	}
	if diff := cmp.Diff([]string{"", "x", "xx"}, tokens); got.Err != nil || got.Variables["n"] != "3" || diff != "" {
		t.Errorf("%+v (-want +got):\n%s", got, diff)
	}
}

// A silent function fails without the wait.
func TestSilentFunction(t *testing.T) {
	got := invoke(t, func(*Invoke, event) error { return nil })
	if got.Err == nil || !strings.Contains(got.Err.Error(), "reported no result") {
		t.Errorf("got %v", got.Err)
	}
	got = invoke(t, func(*Invoke, event) error { return &lambdaruntime.FunctionError{Type: "E", Message: "broken"} })
	if got.Err == nil || !strings.Contains(got.Err.Error(), "failed in all its attempts") ||
		!strings.Contains(got.Err.Error(), "broken") {
		t.Errorf("got %v", got.Err)
	}
}

func TestLateReportIsRefused(t *testing.T) {
	var late func() error
	invoke(t, func(i *Invoke, job event) error {
		late = func() error { return i.Success(job.ID, endpoint.Success{}) }
		return nil
	})
	if err := late(); code(err) != "InvalidJobStateException" {
		t.Errorf("got %v", err)
	}
}

package job_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/codepipeline/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"archway/lambda/internal/aws/login"
	"archway/lambda/internal/fixture"
	"archway/lambda/internal/image/registry"
	"archway/lambda/internal/pipeline/job"
)

// run handles one event against the fake endpoint, and returns what was logged.
func run(t *testing.T, endpoint *fixture.AWS, id string, work job.Work) (log string, err error) {
	t.Helper()
	var event job.Event
	if err := json.Unmarshal([]byte(fixture.JobEvent(id, `{"a":1}`)), &event); err != nil {
		t.Fatal(err)
	}
	cfg := aws.Config{
		Region: "eu-west-1", BaseEndpoint: aws.String(endpoint.URL), RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("AKID", "function-secret", ""),
	}
	var b bytes.Buffer
	err = job.Handler(job.NewCodePipeline(cfg), slog.New(slog.NewJSONHandler(&b, nil)), work)(t.Context(), event)
	return b.String(), err
}

func failing(err error) job.Work {
	return func(context.Context, job.Job) (map[string]string, error) { return nil, err }
}

// Success is reported with its variables.
func TestSuccess(t *testing.T) {
	endpoint := fixture.ServeAWS(t)
	log, err := run(t, endpoint, "job-1", func(_ context.Context, j job.Job) (map[string]string, error) {
		if j.ID != "job-1" || j.Parameters != `{"a":1}` {
			t.Errorf("job %+v", j)
		}
		j.Log.Info("working")
		return map[string]string{"digest": "sha256:1"}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []fixture.Answer{{Job: "job-1", OutputVariables: map[string]string{"digest": "sha256:1"}}}
	if diff := cmp.Diff(want, endpoint.Answers()); diff != "" {
		t.Error(diff)
	}
	for line := range strings.Lines(log) {
		if !strings.Contains(line, `"job":"job-1"`) {
			t.Errorf("a line without the job's id: %s", line)
		}
	}
	for _, secret := range []string{"AKIDARTIFACT", "artifact-secret", "artifact-session", "function-secret"} {
		if strings.Contains(log, secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
}

// Failures have the type that tells who must act.
func TestFailureTypes(t *testing.T) {
	for name, test := range map[string]struct {
		err     error
		kind    types.FailureType
		message string
	}{
		"invalid image": {job.Failed("bad: %d", 2), types.FailureTypeJobFailed, "bad: 2"},
		"configuration": {job.Misconfigured("no digest"), types.FailureTypeConfigurationError, "no digest"},
		"no ECR": {fmt.Errorf("%w: x", login.ErrNoECR), types.FailureTypeConfigurationError,
			"not a registry of Amazon ECR: x"},
		"registry refuses": {fmt.Errorf("app: %w", registry.ErrDenied), types.FailureTypePermissionError,
			"The registry refused access, so nothing was decided: app: the registry refuses access. Check the policy of this function's role, and the repository's own policy."},
		"AWS refuses": {fmt.Errorf("token: %w",
			&smithy.GenericAPIError{Code: "AccessDeniedException", Message: "no"}), types.FailureTypePermissionError,
			"AWS refused access, so nothing was decided: token: api error AccessDeniedException: no. Check the policy of this function's role."},
		"AWS throttles": {&smithy.GenericAPIError{Code: "ThrottlingException", Message: "slow"},
			types.FailureTypeSystemUnavailable,
			"AWS could not be asked, so nothing was decided: api error ThrottlingException: slow. Retry the stage."},
		"registry down": {fmt.Errorf("app: %w", registry.ErrUnavailable), types.FailureTypeSystemUnavailable,
			"The registry could not be asked, so nothing was decided: app: the registry could not be asked. Retry the stage."},
		"out of time": {fmt.Errorf("app: %w", context.DeadlineExceeded), types.FailureTypeSystemUnavailable,
			"The function's time ran out before the registry had answered everything, so nothing was decided: app: context deadline exceeded. Retry the stage; if it happens again, raise the function's timeout."},
		"anything else": {errors.New("odd"), types.FailureTypeJobFailed, "odd"},
		"no words": {errors.New(" "), types.FailureTypeJobFailed,
			"The function failed without a message; see its log."},
	} {
		t.Run(name, func(t *testing.T) {
			endpoint := fixture.ServeAWS(t)
			if _, err := run(t, endpoint, "job", failing(test.err)); err != nil {
				t.Fatalf("a reported failure is no error of the function, but got %v", err)
			}
			answer := endpoint.Answers()[0]
			got := []string{answer.FailureDetails.Type, answer.FailureDetails.Message}
			if diff := cmp.Diff([]string{string(test.kind), test.message}, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Long messages are cut to what CodePipeline takes.
func TestLongMessages(t *testing.T) {
	endpoint := fixture.ServeAWS(t)
	if _, err := run(t, endpoint, "job", failing(errors.New(strings.Repeat("ä", 6000)))); err != nil {
		t.Fatal(err)
	}
	message := endpoint.Answers()[0].FailureDetails.Message
	if n := utf8.RuneCountInString(message); n != job.MaxMessage ||
		!strings.HasSuffix(message, "the function's log has it all)") {
		t.Errorf("%d characters, ending in %q", n, message[len(message)-50:])
	}
}

func TestPanicsAreAnswered(t *testing.T) {
	endpoint := fixture.ServeAWS(t)
	log, err := run(t, endpoint, "job", func(context.Context, job.Job) (map[string]string, error) { panic("oh") })
	if err != nil {
		t.Fatal(err)
	}
	if message := endpoint.Answers()[0].FailureDetails.Message; !strings.Contains(message, "internal error") {
		t.Errorf("message %q", message)
	}
	if !strings.Contains(log, "job_test.go") {
		t.Error("the log lacks the stack")
	}
}

func TestRepeatedEventIsAnsweredOnce(t *testing.T) {
	endpoint := fixture.ServeAWS(t)
	for range 2 {
		if _, err := run(t, endpoint, "job", failing(nil)); err != nil {
			t.Errorf("error %v, want none: the first answer counts", err)
		}
	}
	if n := len(endpoint.Answers()); n != 1 {
		t.Errorf("%d answers, want 1", n)
	}
}

// The first answer counts. What can't be given must be an error, so that Lambda repeats the event.
func TestAnswersThatCannotBeGiven(t *testing.T) {
	for name, test := range map[string]struct {
		call   string
		result error
	}{
		"success":  {"PutJobSuccessResult", nil},
		"continue": {"PutJobSuccessResult", job.Again("token", "more to do")},
		"failure":  {"PutJobFailureResult", job.Failed("bad")},
	} {
		for code, given := range map[string]bool{
			"AccessDeniedException":    false,
			"JobNotFoundException":     false,
			"InvalidJobStateException": true,
		} {
			endpoint := fixture.ServeAWS(t)
			endpoint.Refuse(test.call, code)
			if log, err := run(t, endpoint, "job", failing(test.result)); (err == nil) != given ||
				given != strings.Contains(log, "the job was answered before") {
				t.Errorf("%s, %s: error %v, and the log\n%s", name, code, err, log)
			}
		}
	}
}

func TestJobThatGoesOnGivesItsToken(t *testing.T) {
	endpoint := fixture.ServeAWS(t)
	if _, err := run(t, endpoint, "job",
		failing(fmt.Errorf("copy: %w", job.Again("token", "more to do")))); err != nil {
		t.Fatal(err)
	}
	want := fixture.Answer{Job: "job", Continuation: "token"}
	want.ExecutionDetails.Summary = "more to do"
	if diff := cmp.Diff([]fixture.Answer{want}, endpoint.Answers()); diff != "" {
		t.Error(diff)
	}
}

// Summaries are cut to what CodePipeline takes.
func TestLongSummaries(t *testing.T) {
	long := strings.Repeat("ä", 3000)
	for name, work := range map[string]job.Work{
		"success": func(context.Context, job.Job) (map[string]string, error) {
			return map[string]string{job.SummaryVariable: long}, nil
		},
		"continue": failing(job.Again("token", long)),
	} {
		endpoint := fixture.ServeAWS(t)
		if _, err := run(t, endpoint, "job", work); err != nil {
			t.Fatal(err)
		}
		if n := utf8.RuneCountInString(endpoint.Answers()[0].ExecutionDetails.Summary); n != job.MaxSummary {
			t.Errorf("%s: %d characters", name, n)
		}
	}
}

func TestEventOfAnotherServiceIsRefused(t *testing.T) {
	err := job.Handler(nil, slog.New(slog.DiscardHandler), nil)(t.Context(), job.Event{})
	if err == nil || !strings.Contains(err.Error(), "no CodePipeline job") {
		t.Errorf("error %v", err)
	}
}

// Work ends before the function's time, so that the answer can be given.
func TestTimeForTheAnswer(t *testing.T) {
	endpoint := fixture.ServeAWS(t)
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
	defer cancel()
	cfg := aws.Config{Region: "eu-west-1", BaseEndpoint: aws.String(endpoint.URL),
		Credentials: credentials.NewStaticCredentialsProvider("AKID", "secret", "")}
	var event job.Event
	event.Job.ID = "job"
	work := func(ctx context.Context, _ job.Job) (map[string]string, error) {
		deadline, ok := ctx.Deadline()
		if left := time.Until(deadline); !ok || left > 3500*time.Millisecond {
			t.Errorf("the work has %s of 4 s, want a quarter less", left)
		}
		return nil, context.DeadlineExceeded
	}
	if err := job.Handler(job.NewCodePipeline(cfg), slog.New(slog.DiscardHandler), work)(ctx, event); err != nil {
		t.Fatal(err)
	}
	if kind := endpoint.Answers()[0].FailureDetails.Type; kind != string(types.FailureTypeSystemUnavailable) {
		t.Errorf("type %s", kind)
	}
}

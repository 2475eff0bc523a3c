package execution_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/google/go-cmp/cmp"

	"archway/lambda/internal/fixture"
	"archway/lambda/internal/pipeline/execution"
	"archway/lambda/internal/pipeline/job"
)

const commit = "0123456789abcdef0123456789abcdef01234567"

// patient outlasts a machine that has much to do.
var patient = execution.Patience{First: time.Millisecond, Longest: time.Millisecond, Whole: time.Minute}

func open(t *testing.T) (*fixture.AWS, execution.CodePipeline) {
	t.Helper()
	endpoint := fixture.ServeAWS(t)
	return endpoint, execution.NewCodePipeline(aws.Config{
		Region: "eu-west-1", BaseEndpoint: aws.String(endpoint.URL),
		Credentials: credentials.NewStaticCredentialsProvider("AKID", "secret", ""),
	}, fixture.Pipeline).With(execution.Patience{First: time.Millisecond, Longest: time.Millisecond,
		Whole: 20 * time.Millisecond})
}

func TestExecution(t *testing.T) {
	endpoint, source := open(t)
	endpoint.Run("push", commit, "rule", "main", "ref", `a"b`)
	endpoint.Run("target", commit, "rule", "main")
	endpoint.Rollback("back", "target")
	endpoint.End("done", "Superseded")
	endpoint.End("stopping", "Stopping")
	endpoint.Run("short", "0123456")
	none := map[string]string{}
	for id, want := range map[string]execution.Execution{
		"push": {Status: "InProgress", Commit: commit, Variables: map[string]string{"rule": "main", "ref": `a"b`}},
		"back": {Status: "InProgress", Rollback: true, Target: "target", Commit: commit,
			Variables: map[string]string{"rule": "main"}},
		"done":     {Status: "Superseded", Variables: none},
		"stopping": {Status: "Stopping", Variables: none},
		"short":    {Status: "InProgress", Variables: none},
	} {
		want.Pipeline, want.ID = fixture.Pipeline, id
		got, err := source.Execution(t.Context(), id)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v\n%s", id, err, diff)
		}
		if got.Over() != (id == "done") {
			t.Errorf("%s: over %v", id, got.Over())
		}
		evidence := id
		if id == "back" {
			evidence = "target"
		}
		if got.Evidence() != evidence {
			t.Errorf("%s: evidence %s", id, got.Evidence())
		}
	}
}

// A rollback's action starts before everybody is told of the rollback.
func TestNewExecutionIsAskedForAgain(t *testing.T) {
	endpoint, source := open(t)
	source = source.With(execution.Patience{First: time.Millisecond, Longest: time.Millisecond, Whole: time.Minute})
	endpoint.Run("target", commit)
	endpoint.Rollback("back", "target")
	endpoint.Refuse("GetPipelineExecution", "PipelineExecutionNotFoundException")
	asked := 0
	endpoint.Before = func() {
		if asked++; asked == 3 {
			endpoint.Allow("GetPipelineExecution")
		}
	}
	if x, err := source.Execution(t.Context(), "back"); err != nil || x.Target != "target" || asked != 3 {
		t.Errorf("got %+v, %v after %d questions", x, err, asked)
	}
}

// What CodePipeline does not say must read neither as "over" nor as "in progress".
func TestUnusableAnswersAreErrors(t *testing.T) {
	for name, answer := range map[string]string{
		"nothing":             `{}`,
		"no status":           `{"pipelineExecution":{"pipelineExecutionId":"x"}}`,
		"another execution":   `{"pipelineExecution":{"pipelineExecutionId":"y","status":"InProgress"}}`,
		"no target":           `{"pipelineExecution":{"pipelineExecutionId":"x","status":"InProgress","executionType":"ROLLBACK"}}`,
		"an answer cut short": `{"pipelineExecution":`,
	} {
		endpoint, source := open(t)
		endpoint.Answer("GetPipelineExecution", answer)
		x, err := source.Execution(t.Context(), "x")
		if err == nil {
			t.Errorf("%s: %+v, want an error", name, x)
		}
	}
	endpoint, source := open(t)
	endpoint.Refuse("GetPipelineExecution", "AccessDeniedException")
	if _, err := source.Execution(t.Context(), "x"); err == nil ||
		!strings.Contains(err.Error(), "ask for execution x of the pipeline app-pipeline") {
		t.Errorf("error %v", err)
	}
}

// An unknown execution is a mistake in the configuration.
func TestUnknownExecution(t *testing.T) {
	for _, code := range []string{"PipelineNotFoundException", "PipelineExecutionNotFoundException"} {
		endpoint, source := open(t)
		endpoint.Refuse("GetPipelineExecution", code)
		_, err := source.Execution(t.Context(), "x")
		var failure *job.Failure
		if !errors.As(err, &failure) || failure.Type != "ConfigurationError" ||
			!strings.Contains(err.Error(), "The pipeline app-pipeline has no execution x") {
			t.Errorf("%s: error %v", code, err)
		}
	}
}

func TestCommitIsTheOnlyRevision(t *testing.T) {
	other := strings.Repeat("a", 40)
	for want, revisions := range map[string]string{
		commit: `{"name":"SourceArtifact","revisionId":"` + commit + `"},{"name":"Other","revisionId":"S3-version"}`,
		"":     `{"name":"A","revisionId":"` + commit + `"},{"name":"B","revisionId":"` + other + `"}`,
		other:  `{"name":"A","revisionId":"` + other + `"},{"name":"B","revisionId":"` + other + `"}`,
	} {
		endpoint, source := open(t)
		endpoint.Answer("GetPipelineExecution",
			`{"pipelineExecution":{"pipelineExecutionId":"x","status":"InProgress","artifactRevisions":[`+revisions+
				`]}}`)
		if got, err := source.Execution(t.Context(), "x"); err != nil || got.Commit != want {
			t.Errorf("commit %q, %v, want %q", got.Commit, err, want)
		}
	}
}

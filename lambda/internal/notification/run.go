package notification

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codepipeline"
	"github.com/aws/aws-sdk-go-v2/service/codepipeline/types"

	executions "archway/lambda/internal/pipeline/execution"
)

// Run is what there is to tell of a failed run.
type Run struct {
	// Commit is empty if the source was never read.
	Commit, CommitMessage string
	Rollback              bool
	// Status is CodePipeline's at this moment.
	Status string
	// Reason is why the run as a whole failed. Often it is empty, and the failed actions say why; a
	// run can also fail before any action has begun, such as for a variable without a value.
	Reason string
	// Failed are the actions that failed in their latest attempts, in the order in which they
	// ended.
	Failed []Action
}

// Action is a failed action.
type Action struct {
	Stage, Name string
	// Message is what the action itself said.
	Message string
	// URL is where its work can be looked at, such as a build's log. It may be empty.
	URL string
}

// Runs tells about runs.
type Runs interface {
	Run(ctx context.Context, pipeline, execution string) (Run, error)
}

// CodePipeline asks the AWS API.
type CodePipeline struct{ client *codepipeline.Client }

// NewCodePipeline makes a source of an SDK configuration.
func NewCodePipeline(cfg aws.Config) CodePipeline {
	return CodePipeline{codepipeline.NewFromConfig(cfg, func(o *codepipeline.Options) { o.RetryMaxAttempts = 5 })}
}

// Run implements Runs. What it could find out is there also if it returns an error.
func (c CodePipeline) Run(ctx context.Context, pipeline, id string) (Run, error) {
	var r Run
	about, err := c.client.GetPipelineExecution(ctx,
		&codepipeline.GetPipelineExecutionInput{PipelineName: &pipeline, PipelineExecutionId: &id})
	if err != nil {
		return r, fmt.Errorf("ask for execution %s: %w", id, err)
	}
	if x := about.PipelineExecution; x != nil {
		r.Rollback = x.ExecutionType == types.ExecutionTypeRollback
		r.Status, r.Reason = string(x.Status), strings.TrimSpace(aws.ToString(x.StatusSummary))
		for _, revision := range x.ArtifactRevisions[:min(1, len(x.ArtifactRevisions))] { // a pipeline has one source
			r.Commit, r.CommitMessage = aws.ToString(revision.RevisionId),
				summary(aws.ToString(revision.RevisionSummary))
		}
	}
	newest, err := executions.Newest(ctx, c.client, pipeline, id)
	if err != nil {
		err = fmt.Errorf("ask for the actions of execution %s: %w", id, err)
	}
	// In the order in which they ended.
	for _, a := range slices.SortedFunc(maps.Values(newest), func(a, b types.ActionExecutionDetail) int {
		return cmp.Or(aws.ToTime(a.LastUpdateTime).Compare(aws.ToTime(b.LastUpdateTime)),
			cmp.Compare(aws.ToString(a.ActionName), aws.ToString(b.ActionName)))
	}) {
		if a.Status == types.ActionExecutionStatusFailed {
			r.Failed = append(r.Failed, actionOf(a))
		}
	}
	return r, err
}

// actionOf takes the longer of the two texts that CodePipeline keeps: a build's summary is shorter
// than its error, and of a function's message the summary may be cut.
func actionOf(a types.ActionExecutionDetail) Action {
	found := Action{Stage: aws.ToString(a.StageName), Name: aws.ToString(a.ActionName)}
	if a.Output == nil || a.Output.ExecutionResult == nil {
		return found
	}
	result := a.Output.ExecutionResult
	found.URL = aws.ToString(result.ExternalExecutionUrl)
	found.Message = strings.TrimSpace(aws.ToString(result.ExternalExecutionSummary))
	if e := result.ErrorDetails; e != nil {
		text := strings.TrimSpace(aws.ToString(e.Message))
		if utf8.RuneCountInString(text) > utf8.RuneCountInString(found.Message) {
			found.Message = text
		}
	}
	return found
}

// summary is the first line of a commit's message.
func summary(message string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(message), "\n")
	return strings.TrimSpace(line)
}

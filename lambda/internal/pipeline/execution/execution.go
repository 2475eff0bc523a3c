// Package execution asks CodePipeline what differs from run to run: which execution a job belongs
// to, what it builds, what its earlier actions put out, and whose turn it is. A job's own
// parameters say nothing of it but the execution's id.
package execution

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codepipeline"
	"github.com/aws/aws-sdk-go-v2/service/codepipeline/types"

	"archway/internal/settings"
	"archway/lambda/internal/pipeline/job"
)

// Execution is one run of a pipeline.
type Execution struct {
	Pipeline, ID string
	// Status is CodePipeline's.
	Status string
	// Rollback says that a stage is rolled back: a person, or the pipeline's own rule for failures,
	// wants the images of an earlier execution back.
	Rollback bool
	// Target is the execution whose images a rollback wants.
	Target string
	// Variables are the pipeline's, with their values. A rollback has its target's.
	Variables map[string]string
	// Commit is the source's revision, 40 hexadecimal digits, or "" if CodePipeline names none, or
	// several. A rollback has its target's.
	Commit string
}

// Over reports whether the execution has ended, so that nobody waits for its jobs: what still runs
// then is a late repetition. A stopping execution lets its actions finish. A status that nobody
// knows counts as the end.
func (e Execution) Over() bool {
	switch types.PipelineExecutionStatus(e.Status) {
	case types.PipelineExecutionStatusInProgress, types.PipelineExecutionStatusStopping:
		return false
	}
	return true
}

// Evidence is the execution whose earlier actions tell what may be promoted: a rollback runs
// nothing but its own stage.
func (e Execution) Evidence() string {
	if e.Rollback {
		return e.Target
	}
	return e.ID
}

// Patience bounds how long CodePipeline is asked again for what it doesn't show yet.
type Patience struct {
	// First is the wait before the second question. Each one after it is half as long again, up to
	// Longest, and all of them together take no longer than Whole.
	First, Longest, Whole time.Duration
}

// InPipeline outlasts what was seen: an approval was shown as in progress for 16 seconds after it
// had been given.
var InPipeline = Patience{First: time.Second, Longest: 10 * time.Second, Whole: time.Minute}

// CodePipeline asks the AWS API about the executions of one pipeline.
type CodePipeline struct {
	client   *codepipeline.Client
	pipeline string
	patience Patience
}

// NewCodePipeline makes one of an SDK configuration. The SDK waits between its attempts for a time
// that it draws at random, up to 20 seconds: actions of many images ask at the same moment.
func NewCodePipeline(cfg aws.Config, pipeline string) CodePipeline {
	client := codepipeline.NewFromConfig(cfg, func(o *codepipeline.Options) { o.RetryMaxAttempts = 8 })
	return CodePipeline{client, pipeline, InPipeline}
}

// With gives it another patience.
func (c CodePipeline) With(p Patience) CodePipeline {
	c.patience = p
	return c
}

// settled is how long an execution may be unknown although its actions run: a rollback was seen to
// be readable within two seconds of its start, and its action to start within one.
const settled = 6 * time.Second

// Execution asks about one execution (GetPipelineExecution). It asks again for one that
// CodePipeline doesn't know yet.
func (c CodePipeline) Execution(ctx context.Context, id string) (Execution, error) {
	var e Execution
	patience := c.patience
	patience.Whole = min(patience.Whole, settled)
	lacks, err := c.With(patience).until(ctx, func() (string, error) {
		var unknown *types.PipelineExecutionNotFoundException
		var err error
		if e, err = c.ask(ctx, id); errors.As(err, &unknown) {
			return "the execution", nil
		}
		return "", err
	})
	if lacks != "" {
		return Execution{}, c.none(id)
	}
	return e, err
}

func (c CodePipeline) none(id string) error {
	return job.Misconfigured("The pipeline %s has no execution %s. This function works for that pipeline only: "+
		"let no other pipeline call it.", c.pipeline, id)
}

func (c CodePipeline) ask(ctx context.Context, id string) (Execution, error) {
	out, err := c.client.GetPipelineExecution(ctx,
		&codepipeline.GetPipelineExecutionInput{PipelineName: &c.pipeline, PipelineExecutionId: &id})
	var noPipeline *types.PipelineNotFoundException
	switch {
	case errors.As(err, &noPipeline):
		return Execution{}, c.none(id)
	case err != nil:
		return Execution{}, fmt.Errorf("ask for execution %s of the pipeline %s: %w", id, c.pipeline, err)
	}
	x := out.PipelineExecution
	if x == nil || x.Status == "" || aws.ToString(x.PipelineExecutionId) != id {
		return Execution{},
			fmt.Errorf("CodePipeline's answer about execution %s of the pipeline %s is not about it", id, c.pipeline)
	}
	e := Execution{
		Pipeline: c.pipeline, ID: id, Status: string(x.Status), Variables: map[string]string{},
		Rollback: x.ExecutionType == types.ExecutionTypeRollback,
	}
	if x.RollbackMetadata != nil {
		e.Target = aws.ToString(x.RollbackMetadata.RollbackTargetPipelineExecutionId)
	}
	if e.Rollback && e.Target == "" {
		return Execution{},
			fmt.Errorf("execution %s of the pipeline %s is a rollback, and CodePipeline doesn't say to which execution",
				id, c.pipeline)
	}
	for _, v := range x.Variables {
		e.Variables[aws.ToString(v.Name)] = aws.ToString(v.ResolvedValue)
	}
	e.Commit = commitOf(x.ArtifactRevisions)
	return e, nil
}

// commitOf gives the one commit among the revisions, whatever the source's artifact is called.
func commitOf(revisions []types.ArtifactRevision) string {
	commit := ""
	for _, r := range revisions {
		switch id := aws.ToString(r.RevisionId); {
		case !settings.IsCommit(id), id == commit:
		case commit != "":
			return ""
		default:
			commit = id
		}
	}
	return commit
}

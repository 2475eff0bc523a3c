// Package execution asks CodePipeline about the execution that a job belongs to: the job's event says neither whether the stage
// is rolled back nor whether anybody still waits for the job.
package execution

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codepipeline"
	"github.com/aws/aws-sdk-go-v2/service/codepipeline/types"

	"archway/lambda/internal/job"
)

// Execution is one run of a pipeline.
type Execution struct {
	Pipeline, ID string
	// Rollback says that a stage is rolled back: a person, or the pipeline's own rule for failures, wants the images of an
	// earlier execution back.
	Rollback bool
	// Target is the execution whose images a rollback wants.
	Target string
	// Automatic says that the pipeline itself started the rollback.
	Automatic bool
	// Status is CodePipeline's.
	Status string
}

// Over tells whether the execution has ended, so that nobody waits for its jobs: what still runs then is a late repetition.
// A stopping execution lets its actions finish.
func (e Execution) Over() bool {
	switch types.PipelineExecutionStatus(e.Status) {
	case types.PipelineExecutionStatusInProgress, types.PipelineExecutionStatusStopping:
		return false
	}
	return true
}

// Source tells about executions.
type Source interface {
	Execution(ctx context.Context, id string) (Execution, error)
}

// CodePipeline asks the AWS API about the executions of one pipeline.
type CodePipeline struct {
	client   *codepipeline.Client
	pipeline string
}

// NewCodePipeline makes a source of an SDK configuration.
func NewCodePipeline(cfg aws.Config, pipeline string) CodePipeline {
	return CodePipeline{codepipeline.NewFromConfig(cfg, func(o *codepipeline.Options) { o.RetryMaxAttempts = 5 }), pipeline}
}

// Execution implements Source.
func (c CodePipeline) Execution(ctx context.Context, id string) (Execution, error) {
	out, err := c.client.GetPipelineExecution(ctx, &codepipeline.GetPipelineExecutionInput{PipelineName: &c.pipeline, PipelineExecutionId: &id})
	var noPipeline *types.PipelineNotFoundException
	var noExecution *types.PipelineExecutionNotFoundException
	switch {
	case errors.As(err, &noPipeline), errors.As(err, &noExecution):
		return Execution{}, job.Misconfigured("The pipeline %s has no execution %s. This function works for that pipeline only: give it the name of the pipeline that calls it.", c.pipeline, id)
	case err != nil:
		return Execution{}, fmt.Errorf("ask for execution %s of the pipeline %s: %w", id, c.pipeline, err)
	case out.PipelineExecution == nil:
		return Execution{}, fmt.Errorf("CodePipeline's answer about execution %s of the pipeline %s is empty", id, c.pipeline)
	}
	x := out.PipelineExecution
	e := Execution{
		Pipeline: c.pipeline, ID: id, Status: string(x.Status),
		Rollback: x.ExecutionType == types.ExecutionTypeRollback,
	}
	if x.RollbackMetadata != nil {
		e.Target = aws.ToString(x.RollbackMetadata.RollbackTargetPipelineExecutionId)
	}
	if x.Trigger != nil {
		e.Automatic = x.Trigger.TriggerType == types.TriggerTypeAutomatedRollback
	}
	return e, nil
}

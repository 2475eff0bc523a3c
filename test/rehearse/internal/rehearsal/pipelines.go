package rehearsal

import (
	"context"
	"fmt"

	"archway/test/rehearse/internal/aws/codepipeline"
)

// engine finds a pipeline by name.
func (r *Rehearsal) engine(pipeline string) (*codepipeline.Engine, error) {
	for _, engine := range r.engines {
		if engine.Pipeline().Name == pipeline {
			return engine, nil
		}
	}
	return nil, fmt.Errorf("there is no pipeline %q", pipeline)
}

// RollbackStage rolls a stage of a pipeline back to an earlier execution.
func (r *Rehearsal) RollbackStage(ctx context.Context, pipeline, stage, target string) (*codepipeline.Execution,
	error) {
	engine, err := r.engine(pipeline)
	if err != nil {
		return nil, err
	}
	return engine.RollbackStage(ctx, stage, target, operator)
}

// RetryStage retries a failed stage of an execution.
func (r *Rehearsal) RetryStage(ctx context.Context, pipeline, stage, execution string,
	mode codepipeline.RetryMode) (*codepipeline.Execution, error) {
	engine, err := r.engine(pipeline)
	if err != nil {
		return nil, err
	}
	return engine.RetryStage(ctx, stage, execution, mode)
}

// Executions are a pipeline's executions in the order of their starts, with those
// that it started itself.
func (r *Rehearsal) Executions(pipeline string) []*codepipeline.Execution {
	engine, err := r.engine(pipeline)
	if err != nil {
		return nil
	}
	return engine.Executions()
}

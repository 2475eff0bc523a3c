package rehearsal

import (
	"context"
	"fmt"

	"archway/test/rehearse/internal/awsapi"
	"archway/test/rehearse/internal/codepipeline"
)

// asked answers what functions ask about source repositories.
type asked struct{ r *Rehearsal }

// MergeBase implements awsapi.Commits.
func (a asked) MergeBase(ctx context.Context, repository, source, destination string) (awsapi.MergeOptions, error) {
	d, ok := a.r.repositories[repository]
	if !ok {
		return awsapi.MergeOptions{}, &awsapi.Error{Code: "RepositoryDoesNotExistException", Message: "there is no repository " + repository}
	}
	var options awsapi.MergeOptions
	for specifier, id := range map[string]*string{source: &options.Source, destination: &options.Destination} {
		found, err := d.git.Resolve(ctx, specifier)
		if err != nil {
			return awsapi.MergeOptions{}, &awsapi.Error{Code: "CommitDoesNotExistException", Message: err.Error()}
		}
		*id = found
	}
	var err error
	options.Base, err = d.git.MergeBase(ctx, options.Source, options.Destination)
	return options, err
}

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
func (r *Rehearsal) RollbackStage(ctx context.Context, pipeline, stage, target string) (*codepipeline.Execution, error) {
	engine, err := r.engine(pipeline)
	if err != nil {
		return nil, err
	}
	return engine.RollbackStage(ctx, stage, target, somebody)
}

// RetryStage retries a failed stage of an execution.
func (r *Rehearsal) RetryStage(ctx context.Context, pipeline, stage, execution string, mode codepipeline.RetryMode) (*codepipeline.Execution, error) {
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

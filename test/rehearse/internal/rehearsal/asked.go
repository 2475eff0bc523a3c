package rehearsal

import (
	"context"
	"fmt"
	"slices"
	"time"

	"archway/test/rehearse/internal/awsapi"
	"archway/test/rehearse/internal/codepipeline"
)

// asked answers what functions ask about pipelines and source repositories.
type asked struct{ r *Rehearsal }

// Execution implements awsapi.Pipelines.
func (a asked) Execution(pipeline, id string) (awsapi.PipelineExecution, error) {
	engine, err := a.r.engine(pipeline)
	if err != nil {
		return awsapi.PipelineExecution{}, &awsapi.Error{Code: "PipelineNotFoundException", Message: err.Error()}
	}
	x, ok := engine.Find(id)
	if !ok {
		return awsapi.PipelineExecution{}, &awsapi.Error{Code: "PipelineExecutionNotFoundException", Message: "there is no execution " + id}
	}
	result := x.Result()
	answer := awsapi.PipelineExecution{Pipeline: pipeline, ID: id, Status: string(result.Status), Mode: engine.Pipeline().Mode, Type: result.Type}
	if result.Type == codepipeline.RollbackType {
		answer.Trigger = map[string]string{"triggerType": result.Trigger}
		answer.Rollback = map[string]string{"rollbackTargetPipelineExecutionId": result.Target}
	}
	for name, id := range result.Revisions {
		answer.Revisions = append(answer.Revisions, awsapi.ArtifactRevision{Name: name, ID: id})
	}
	return answer, nil
}

// Actions implements awsapi.Pipelines. Like CodePipeline it lists the newest first; of an action that was retried it knows the
// latest attempt only.
func (a asked) Actions(pipeline, id string) ([]awsapi.ActionExecution, error) {
	if _, err := a.Execution(pipeline, id); err != nil {
		return nil, err
	}
	engine, _ := a.r.engine(pipeline)
	x, _ := engine.Find(id)
	all := []awsapi.ActionExecution{}
	for _, stage := range x.Result().Stages {
		for _, action := range stage.Actions {
			if action.Start.IsZero() {
				continue // it never began
			}
			update := action.End
			if update.IsZero() {
				update = action.Start
			}
			one := awsapi.ActionExecution{
				Execution: id, Stage: stage.Name, Action: action.Name, Status: string(action.Status), Start: seconds(action.Start), Update: seconds(update),
			}
			if action.Status == codepipeline.Failed {
				one.Output.Failed(action.Message)
			}
			all = append(all, one)
		}
	}
	slices.Reverse(all)
	return all, nil
}

func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }

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
	return engine.RollbackStage(ctx, stage, target)
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

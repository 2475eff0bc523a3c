package codepipeline

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Refusal is an error of CodePipeline's API, with CodePipeline's name for it.
type Refusal struct {
	Code    string
	Message string
}

func (e *Refusal) Error() string { return e.Code + ": " + e.Message }

func refuse(code, format string, arguments ...any) error {
	return &Refusal{code, fmt.Sprintf(format, arguments...)}
}

func (e *Engine) stageIndex(name string) (int, error) {
	i := slices.IndexFunc(e.pipeline.Stages, func(s Stage) bool { return s.Name == name })
	if i < 0 {
		return i,
			refuse("StageNotFoundException", "Pipeline '%s' does not have a stage with name '%s'", e.pipeline.Name,
				name)
	}
	return i, nil
}

// RollbackStage runs a stage again with what an earlier execution had there: its
// variables, artifacts and revisions. It is a new execution, of the type
// ROLLBACK, and ends with that stage. user is the ARN of who asks for it. The refusals are those
// that were recorded, but for the source stage, which AWS rolls back against its own guide, and the
// rehearsal doesn't, and for a target that is a rollback, of whose refusal nobody recorded the
// words.
// https://docs.aws.amazon.com/codepipeline/latest/userguide/stage-rollback.html
func (e *Engine) RollbackStage(ctx context.Context, stage, target, user string) (*Execution, error) {
	if !uuidPattern.MatchString(target) {
		return nil,
			refuse("ValidationException",
				"1 validation error detected: Value at 'targetPipelineExecutionId' failed to satisfy "+
					"constraint: Member must satisfy regular expression pattern: %s",
				strings.Trim(uuidPattern.String(), "^$"))
	}
	i, err := e.stageIndex(stage)
	if err != nil {
		return nil, err
	}
	if i == 0 {
		return nil,
			refuse("UnableToRollbackStageException", "the rehearsal does not roll back the source stage %s", stage)
	}
	t, ok := e.Find(target)
	if !ok {
		return nil, refuse("PipelineExecutionNotFoundException",
			"Target Pipeline Execution with id '%s' does not exist in pipeline with name '%s'", target, e.pipeline.Name)
	}
	switch {
	case t.Result().Type == RollbackType:
		return nil, refuse("UnableToRollbackStageException", "the execution %s is a rollback itself", target)
	case !e.didSucceed(i, t):
		return nil, refuse("UnableToRollbackStageException",
			"Target Pipeline Execution with id '%s' has not completed in stage with name '%s'", target, stage)
	}
	place := e.queues[i].joinIfFree()
	if place == nil {
		return nil, refuse("UnableToRollbackStageException",
			"Pipeline '%s' cannot start rollback since stage %s is in progress.", e.pipeline.Name, stage)
	}
	by, err := json.Marshal(map[string]string{"AwsUserArn": user})
	if err != nil {
		return nil, err
	}
	return e.rollback(ctx, i, t, place, Trigger{TriggeredByRollback, string(by)}), nil
}

var uuidPattern = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

func (e *Engine) didSucceed(stage int, x *Execution) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Contains(e.stages[stage].succeeded, x)
}

// rollback starts the execution that rolls a stage back.
func (e *Engine) rollback(ctx context.Context, stage int, target *Execution, place *place, trigger Trigger) *Execution {
	target.mu.Lock()
	variables, artifacts, revisions := target.variables.clone(), maps.Clone(target.artifacts),
		maps.Clone(target.result.Revisions)
	target.mu.Unlock()
	x := e.newExecution(Result{Trigger: trigger.Type, Cause: trigger, Type: RollbackType, Target: target.id,
		Revisions: revisions}, variables)
	x.artifacts, x.revisions = artifacts, revisions
	x.begin(ctx, part{place: place, first: stage, last: stage, mode: AllActions})
	return x
}

// rollbackAfter obeys a stage's rule for failures: it hands the failed
// execution's place to the rollback, and reports whether there is one. Without an
// earlier success there is nothing to go back to, and a failed rollback is not
// rolled back.
func (e *Engine) rollbackAfter(ctx context.Context, stage int, failed *Execution, place *place) bool {
	if e.pipeline.Stages[stage].OnFailure.Result != Rollback || failed.Result().Type == RollbackType ||
		ctx.Err() != nil {
		return false
	}
	e.mu.Lock()
	var target *Execution
	for _, x := range e.stages[stage].succeeded {
		if x != failed && x.result.Type != RollbackType {
			target = x
		}
	}
	e.mu.Unlock()
	if target == nil {
		return false
	}
	// The failed execution's context ends with it.
	e.rollback(context.WithoutCancel(ctx), stage, target, place, Trigger{Type: TriggeredByOnFailure, Detail: failed.id})
	return true
}

// RetryStage runs a failed stage of an execution again, and the stages after it.
// https://docs.aws.amazon.com/codepipeline/latest/userguide/stage-retry.html
func (e *Engine) RetryStage(ctx context.Context, stage, execution string, mode RetryMode) (*Execution, error) {
	i, err := e.stageIndex(stage)
	if err != nil {
		return nil, err
	}
	x, ok := e.Find(execution)
	if !ok {
		return nil,
			refuse("PipelineExecutionNotFoundException", "the pipeline %s has no execution %s", e.pipeline.Name,
				execution)
	}
	e.mu.Lock()
	latest := e.stages[i].entered
	e.mu.Unlock()
	switch r := x.Result(); {
	case mode != FailedActions && mode != AllActions:
		return nil,
			refuse("ValidationException", "the retry mode is %q, expected %s or %s", mode, FailedActions, AllActions)
	case latest != x:
		return nil,
			refuse("NotLatestPipelineExecutionException", "the execution %s is not the latest in the stage %s",
				execution, stage)
	case r.Status != Failed && r.Status != Stopped, r.Stages[i].Status != Failed && r.Stages[i].Status != Stopped:
		return nil,
			refuse("StageNotRetryableException", "the stage %s of execution %s has no failed action", stage, execution)
	}
	place := e.queues[i].joinIfFree()
	if place == nil {
		return nil, refuse("ConflictException", "the stage %s is busy", stage)
	}
	last := len(e.pipeline.Stages) - 1
	if x.Result().Type == RollbackType {
		last = i
	}
	x.publish(func(r *Result) {
		r.Earlier = r.Status
		r.Status, r.Span, r.Attempt = InProgress, Span{Start: time.Now()}, r.Attempt+1
		for n := i; n <= last; n++ {
			replace(&r.Stages[n], DidNotRun, Waiting)
		}
	})
	x.begin(ctx, part{place: place, first: i, last: last, mode: mode})
	return x, nil
}

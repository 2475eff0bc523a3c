package codepipeline

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"archway/test/rehearse/internal/decided"
)

// Execution is a running or finished execution.
type Execution struct {
	engine *Engine
	cancel context.CancelFunc
	done   chan struct{}

	revisions map[string]string // by source action

	mu        sync.Mutex
	result    Result
	variables Variables
	artifacts map[string]Artifact
}

// Start starts an execution. Executions enter each stage in the order of their
// starts.
func (e *Engine) Start(ctx context.Context, input StartInput) (*Execution, error) {
	variables, revisions, err := e.accept(input)
	if err != nil {
		return nil, fmt.Errorf("StartPipelineExecution of %s: %w", e.pipeline.Name, err)
	}
	ctx, cancel := context.WithCancel(ctx)
	x := &Execution{
		engine:    e,
		cancel:    cancel,
		done:      make(chan struct{}),
		revisions: revisions,
		variables: variables,
		artifacts: map[string]Artifact{},
		result: Result{
			Pipeline:  e.pipeline.Name,
			Execution: uuid(),
			Trigger:   input.Trigger,
			Status:    InProgress,
			Revisions: maps.Clone(revisions),
			Span:      Span{Start: time.Now()},
		},
	}
	x.variables[pipelineNamespace] = map[string]string{"PipelineExecutionId": x.result.Execution}
	for _, stage := range e.pipeline.Stages {
		s := StageResult{Name: stage.Name, Status: Waiting}
		for _, a := range stage.Actions {
			s.Actions = append(s.Actions, ActionResult{Name: a.Name, RunOrder: a.RunOrder, Namespace: a.Namespace, Status: Waiting})
		}
		x.result.Stages = append(x.result.Stages, s)
	}
	turn := e.turns[0].take()
	x.publish(func(*Result) {})
	go func() {
		defer cancel()
		x.run(ctx, turn)
	}()
	return x, nil
}

// run takes the execution through the stages. turn is its place at the first.
func (x *Execution) run(ctx context.Context, turn *turn) {
	status := Succeeded
	for i, stage := range x.engine.pipeline.Stages {
		err := turn.wait(ctx)
		if i == 0 {
			x.engine.leftQueue()
		}
		status = Stopped
		if err == nil {
			status = x.stage(ctx, i, stage)
		}
		// The place at the next stage is taken before this one is left: nobody
		// can overtake. Failure unlocks a stage like success.
		next := turn
		if status == Succeeded && i+1 < len(x.engine.pipeline.Stages) {
			next = x.engine.turns[i+1].take()
		}
		turn.leave()
		turn = next
		if status != Succeeded {
			break
		}
	}
	x.publish(func(r *Result) {
		r.Status = status
		r.End = time.Now()
		r.Variables = x.variables.clone()
		for i := range r.Stages {
			if r.Stages[i].Status == Waiting {
				r.Stages[i].Status = DidNotRun
			}
			for j := range r.Stages[i].Actions {
				if r.Stages[i].Actions[j].Status == Waiting {
					r.Stages[i].Actions[j].Status = DidNotRun
				}
			}
		}
	})
	close(x.done)
}

// stage runs the actions of a stage: equal run orders in parallel, others one
// after the other. After a failure the actions of the same run order go on, and
// no later one starts.
func (x *Execution) stage(ctx context.Context, index int, stage Stage) Status {
	x.publish(func(r *Result) {
		r.Stages[index].Status = InProgress
		r.Stages[index].Start = time.Now()
	})
	orders := map[int][]int{}
	for i, a := range stage.Actions {
		orders[a.RunOrder] = append(orders[a.RunOrder], i)
	}
	status := Succeeded
	for _, order := range slices.Sorted(maps.Keys(orders)) {
		// Actions of one run order see the variables of earlier ones only.
		x.mu.Lock()
		visible := x.variables.clone()
		x.mu.Unlock()
		statuses := make([]Status, len(orders[order]))
		var group sync.WaitGroup
		for i, a := range orders[order] {
			group.Go(func() { statuses[i] = x.action(ctx, index, a, stage.Actions[a], visible) })
		}
		group.Wait()
		for _, s := range statuses {
			status = worse(status, s)
		}
		if status != Succeeded {
			break
		}
	}
	x.publish(func(r *Result) {
		r.Stages[index].Status = status
		r.Stages[index].End = time.Now()
	})
	return status
}

func worse(a, b Status) Status {
	rank := map[Status]int{Succeeded: 0, Failed: 1, Stopped: 2}
	if rank[b] > rank[a] {
		return b
	}
	return a
}

func (x *Execution) action(ctx context.Context, stage, index int, a Action, visible Variables) Status {
	log, file, err := x.engine.logs(x.result.Execution, x.engine.pipeline.Stages[stage].Name, a.Name)
	started := time.Now()
	x.publish(func(r *Result) {
		action := &r.Stages[stage].Actions[index]
		action.Status, action.Start, action.Log = InProgress, started, file
	})
	var outcome Outcome
	if err != nil {
		outcome.Err = err
	} else {
		outcome = x.perform(ctx, stage, a, visible, log)
		outcome.Err = errors.Join(outcome.Err, log.Close())
	}
	status := Succeeded
	message := outcome.Summary
	if outcome.Err != nil {
		status, message = Failed, outcome.Err.Error()
		if ctx.Err() != nil {
			status = Stopped
		}
	}
	x.publish(func(r *Result) {
		action := &r.Stages[stage].Actions[index]
		action.Status, action.Message, action.End, action.Busy = status, message, time.Now(), outcome.Busy
		if status != Succeeded {
			return
		}
		action.Variables = outcome.Variables
		if a.Namespace != "" {
			x.variables[a.Namespace] = outcome.Variables
		}
		for _, artifact := range outcome.Outputs {
			x.artifacts[artifact.Name] = artifact
			if a.Type.Category == "Source" {
				r.Revisions[a.Name] = artifact.Revision
			}
		}
	})
	return status
}

// perform resolves what the action needs and lets its provider run it.
func (x *Execution) perform(ctx context.Context, stage int, a Action, visible Variables, log io.Writer) Outcome {
	configuration, err := visible.resolve(a)
	if err != nil {
		return Outcome{Err: err}
	}
	run := Run{
		Pipeline:      x.engine.pipeline,
		Execution:     x.result.Execution,
		Stage:         x.engine.pipeline.Stages[stage].Name,
		Action:        a,
		Configuration: configuration,
		Revision:      x.revisions[a.Name],
		Output:        x.output,
		Log:           log,
	}
	x.mu.Lock()
	for _, name := range a.Inputs {
		artifact, ok := x.artifacts[name]
		if !ok {
			err = fmt.Errorf("the input artifact %s was not produced by this execution", name)
		}
		run.Inputs = append(run.Inputs, artifact)
	}
	x.mu.Unlock()
	if err != nil {
		return Outcome{Err: err}
	}
	if a.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, a.Timeout, fmt.Errorf("the action took longer than its %v", a.Timeout))
		defer cancel()
	}
	outcome := x.engine.providers[a.Type].Run(ctx, run)
	if outcome.Err == nil {
		outcome.Err = checkOutcome(a, outcome)
	}
	return outcome
}

func checkOutcome(a Action, outcome Outcome) error {
	size := 0
	for key, value := range outcome.Variables {
		if !OutputKey.MatchString(key) {
			return fmt.Errorf("output variable %q: a name has letters, digits, and @ - _", key)
		}
		size += len(key) + len(value)
	}
	if size > decided.OutputVariablesLimit {
		return fmt.Errorf("the output variables have %d bytes, at most %d are allowed", size, decided.OutputVariablesLimit)
	}
	for _, name := range a.Outputs {
		if !slices.ContainsFunc(outcome.Outputs, func(o Artifact) bool { return o.Name == name }) {
			return fmt.Errorf("the action did not write its output artifact %s", name)
		}
	}
	return nil
}

// output reserves the place of an artifact, as CodePipeline does: a key of its
// own under the pipeline's and the artifact's names, both shortened.
func (x *Execution) output(name string) (Artifact, error) {
	short := func(s string) string { return s[:min(len(s), 20)] }
	key := short(x.engine.pipeline.Name) + "/" + short(name) + "/" + rand.Text()[:7]
	file := filepath.Join(x.engine.dir, filepath.FromSlash(key)+".zip")
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return Artifact{}, err
	}
	return Artifact{Name: name, File: file, Bucket: x.engine.pipeline.Bucket, Key: key}, nil
}

// publish changes the result and tells the observer.
func (x *Execution) publish(change func(*Result)) {
	x.mu.Lock()
	defer x.mu.Unlock()
	change(&x.result)
	if x.engine.observer != nil {
		x.engine.observer(x.snapshot())
	}
}

// snapshot copies the result; x.mu is held.
func (x *Execution) snapshot() Result {
	r := x.result
	r.Variables = x.variables.clone()
	r.Revisions = maps.Clone(r.Revisions)
	r.Stages = slices.Clone(r.Stages)
	for i := range r.Stages {
		r.Stages[i].Actions = slices.Clone(r.Stages[i].Actions)
	}
	return r
}

// Result is the execution as it is now.
func (x *Execution) Result() Result {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.snapshot()
}

// Wait waits for the end of the execution.
func (x *Execution) Wait() Result {
	<-x.done
	return x.Result()
}

// Stop ends the execution and its actions.
func (x *Execution) Stop() {
	x.cancel()
	<-x.done
}

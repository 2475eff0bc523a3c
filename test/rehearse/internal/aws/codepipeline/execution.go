package codepipeline

import (
	"cmp"
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

	"github.com/google/uuid"

	"archway/test/rehearse/internal/assumptions"
)

// Execution is a running or finished execution.
type Execution struct {
	engine *Engine
	id     string

	revisions map[string]string // by source action

	mu        sync.Mutex
	cancel    context.CancelFunc
	done      chan struct{} // of the present run: a retry is another one
	result    Result
	variables Variables
	artifacts map[string]Artifact
	attempts  []*Attempt
}

// newExecution makes an execution that has not begun.
func (e *Engine) newExecution(r Result, variables Variables) *Execution {
	x := &Execution{engine: e, id: uuid.NewString(), variables: variables, artifacts: map[string]Artifact{}, result: r}
	known := x.id
	if r.Type == RollbackType && e.readings.RollbackTarget {
		known = r.Target
	}
	x.variables[pipelineNamespace] = map[string]string{"PipelineExecutionId": known}
	x.result.Pipeline, x.result.Execution, x.result.Status, x.result.Start = e.pipeline.Name, x.id, InProgress,
		time.Now()
	x.result.Attempt = 1
	for _, stage := range e.pipeline.Stages {
		s := StageResult{Name: stage.Name, Status: Waiting}
		for _, a := range stage.Actions {
			s.Actions = append(s.Actions,
				ActionResult{Name: a.Name, RunOrder: a.RunOrder, Namespace: a.Namespace, Status: Waiting})
		}
		x.result.Stages = append(x.result.Stages, s)
	}
	return x
}

// part is the part of a pipeline that an execution goes through in one run.
type part struct {
	// place is the place at the first stage.
	place       *place
	first, last int
	// mode is which actions of the first stage run.
	mode RetryMode
	// queued executions count as waiting until they are in.
	queued bool
}

// begin runs a part of the pipeline in the background.
func (x *Execution) begin(ctx context.Context, p part) {
	ctx, cancel := context.WithCancel(ctx)
	x.mu.Lock()
	x.cancel, x.done = cancel, make(chan struct{})
	x.mu.Unlock()
	x.engine.register(x)
	x.publish(func(*Result) {})
	go func() {
		defer cancel()
		x.run(ctx, p)
	}()
}

// run takes the execution through the stages.
func (x *Execution) run(ctx context.Context, p part) {
	status, place, mode := Succeeded, p.place, p.mode
	for i := p.first; i <= p.last; i++ {
		err := place.wait(ctx)
		if p.queued && i == 0 {
			x.engine.leftQueue()
		}
		switch {
		case errors.Is(err, errOvertaken):
			status = Overtaken
		case err != nil:
			status = Stopped
		default:
			x.engine.enter(i, x)
			status = x.attempt(ctx, i, mode)
			mode = AllActions
		}
		// A rollback that the stage's rule asks for takes over the place.
		if status == Failed && x.engine.rollbackAfter(ctx, i, x, place) {
			break
		}
		// The place at the next stage is taken before this one is left: nobody
		// can overtake. Failure unlocks a stage like success.
		next := place
		if status == Succeeded && i < p.last {
			next = x.engine.queues[i+1].join()
		}
		place.leave()
		place = next
		if status != Succeeded {
			break
		}
	}
	x.finish(status)
}

// attempt runs a stage, and once again if its rule for failures says so.
func (x *Execution) attempt(ctx context.Context, index int, mode RetryMode) Status {
	stage := x.engine.pipeline.Stages[index]
	status := x.stage(ctx, index, stage, mode)
	if rule := stage.OnFailure; status == Failed && rule.Result == Retry {
		status = x.stage(ctx, index, stage, rule.Retry)
	}
	if status == Succeeded {
		x.engine.succeed(index, x)
	}
	return status
}

// finish closes the present run.
func (x *Execution) finish(status Status) {
	x.publish(func(r *Result) {
		r.Status = status
		r.End = time.Now()
		r.Variables = x.variables.clone()
		for i := range r.Stages {
			replace(&r.Stages[i], Waiting, DidNotRun)
		}
	})
	x.mu.Lock()
	defer x.mu.Unlock()
	close(x.done)
}

// replace changes one status of a stage and of its actions into another.
func replace(s *StageResult, old, new Status) {
	if s.Status == old {
		s.Status = new
	}
	for j := range s.Actions {
		if s.Actions[j].Status == old {
			s.Actions[j].Status = new
		}
	}
}

// stage runs the actions of a stage: equal run orders in parallel, others one
// after the other. After a failure the actions of the same run order go on, and
// no later one starts. Of a retry of the failed ones, those that succeeded stay.
func (x *Execution) stage(ctx context.Context, index int, stage Stage, mode RetryMode) Status {
	orders := map[int][]int{}
	x.publish(func(r *Result) {
		s := &r.Stages[index]
		s.Status, s.Span = InProgress, Span{Start: time.Now()}
		for i, a := range stage.Actions {
			if mode == FailedActions && s.Actions[i].Status == Succeeded {
				continue
			}
			orders[a.RunOrder] = append(orders[a.RunOrder], i)
			s.Actions[i] = ActionResult{Name: a.Name, RunOrder: a.RunOrder, Namespace: a.Namespace, Status: Waiting}
		}
	})
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
	log, file, err := x.engine.logs(x.id, x.engine.pipeline.Stages[stage].Name, a.Name)
	attempt := x.attemptOf(stage, a)
	x.record(stage, attempt)
	x.publish(func(r *Result) {
		action := &r.Stages[stage].Actions[index]
		action.ID, action.Status, action.Start, action.Log = attempt.ID, InProgress, attempt.Start, file
	})
	var outcome Outcome
	if err != nil {
		outcome.Err = err
	} else {
		outcome = x.perform(ctx, stage, &attempt, visible, log)
		outcome.Err = errors.Join(outcome.Err, log.Close())
	}
	status := Succeeded
	// CodePipeline shows no summary of a function that succeeded: what it has to say is an output
	// variable.
	message := cmp.Or(outcome.Summary, outcome.Variables[summaryVariable])
	if outcome.Err != nil {
		status, message = Failed, outcome.Err.Error()
		if ctx.Err() != nil {
			status = Stopped
		}
	}
	attempt = attempt.end(status, outcome)
	x.record(stage, attempt)
	x.publish(func(r *Result) {
		action := &r.Stages[stage].Actions[index]
		action.Status, action.Message, action.End, action.Busy = status, message, attempt.End, outcome.Busy
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

// summaryVariable is the output variable in which a function says, for people, what it did.
const summaryVariable = "summary"

// perform resolves what the action needs, notes it in the attempt, and lets its provider run it.
func (x *Execution) perform(ctx context.Context, stage int, attempt *Attempt, visible Variables,
	log io.Writer) Outcome {
	a := attempt.Action
	configuration, err := visible.resolve(a)
	if err != nil {
		return Outcome{Err: err}
	}
	run := Run{
		Pipeline:      x.engine.pipeline,
		Execution:     x.id,
		Stage:         attempt.Stage,
		Action:        a,
		Attempt:       attempt.ID,
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
	attempt.Resolved, attempt.Inputs = maps.Clone(configuration), run.Inputs
	x.record(stage, *attempt)
	if a.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, a.Timeout,
			fmt.Errorf("the action took longer than its %v", a.Timeout))
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
	if size > assumptions.OutputVariablesLimit {
		return fmt.Errorf("the output variables have %d bytes, at most %d are allowed", size,
			assumptions.OutputVariablesLimit)
	}
	for _, name := range a.Outputs {
		if !slices.ContainsFunc(outcome.Outputs, func(o Artifact) bool { return o.Name == name }) {
			return fmt.Errorf("the action did not write its output artifact %s", name)
		}
	}
	return nil
}

// ArtifactFolder is where in its bucket a pipeline keeps an artifact's objects: both names are cut,
// as was recorded.
func ArtifactFolder(pipeline, artifact string) string {
	return pipeline[:min(len(pipeline), 20)] + "/" + artifact[:min(len(artifact), 10)] + "/"
}

// output reserves the place of an artifact: an object of its own.
func (x *Execution) output(name string) (Artifact, error) {
	key := ArtifactFolder(x.engine.pipeline.Name, name) + rand.Text()[:7]
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

// ID is the execution's id.
func (x *Execution) ID() string { return x.id }

// Wait waits for the end of the execution, as far as it was started or retried.
func (x *Execution) Wait() Result {
	x.mu.Lock()
	done := x.done
	x.mu.Unlock()
	<-done
	return x.Result()
}

// Stop ends the execution and its actions.
func (x *Execution) Stop() {
	x.mu.Lock()
	cancel, done := x.cancel, x.done
	x.mu.Unlock()
	cancel()
	<-done
}

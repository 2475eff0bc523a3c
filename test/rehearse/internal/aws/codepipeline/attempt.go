package codepipeline

import (
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"
)

// Attempt is one execution of an action, which a retry is too. It is never changed: what happens to
// it makes a new value.
type Attempt struct {
	// ID is CodePipeline's id of the action's execution; an approval is answered by it.
	ID        string
	Execution string
	Stage     string
	Action    Action
	// Resolved is the configuration without variables; nil if they have no values.
	Resolved map[string]string
	Inputs   []Artifact
	Status   Status
	Outcome  Outcome
	Span
}

// record notes a change of an attempt, the latest one of its action in the pipeline.
func (x *Execution) record(stage int, a Attempt) {
	x.mu.Lock()
	i := slices.IndexFunc(x.attempts, func(b *Attempt) bool { return b.ID == a.ID })
	if i < 0 {
		x.attempts = append(x.attempts, &a)
	} else {
		x.attempts[i] = &a
	}
	x.mu.Unlock()
	e := x.engine
	e.mu.Lock()
	defer e.mu.Unlock()
	e.stages[stage].latest[a.Action.Name] = &a
}

// Attempts are all that were made of actions, in the order of their starts.
func (x *Execution) Attempts() []Attempt {
	x.mu.Lock()
	defer x.mu.Unlock()
	var all []Attempt
	for _, a := range x.attempts {
		all = append(all, *a)
	}
	slices.SortStableFunc(all, func(a, b Attempt) int { return a.Start.Compare(b.Start) })
	return all
}

// Sources are the artifacts that source actions brought, in a rollback those of its target.
func (x *Execution) Sources() []Artifact {
	x.mu.Lock()
	defer x.mu.Unlock()
	var all []Artifact
	for _, action := range x.engine.pipeline.Stages[0].Actions {
		for _, name := range action.Outputs {
			if a, ok := x.artifacts[name]; ok {
				all = append(all, a)
			}
		}
	}
	return all
}

// StageState is what a pipeline knows of one of its stages.
type StageState struct {
	Name string
	// Entered is the execution that was the last to enter; nil if none has.
	Entered *Execution
	// Status is that of the stage in this execution.
	Status  Status
	Actions []ActionState
}

// ActionState is what a pipeline knows of one of its actions.
type ActionState struct {
	Name string
	// Latest is the latest attempt, whichever execution made it; nil if there is none.
	Latest *Attempt
}

// State is what the pipeline knows of its stages.
func (e *Engine) State() []StageState {
	e.mu.Lock()
	states := make([]StageState, len(e.stages))
	for i, stage := range e.pipeline.Stages {
		states[i] = StageState{Name: stage.Name, Entered: e.stages[i].entered}
		for _, a := range stage.Actions {
			states[i].Actions = append(states[i].Actions, ActionState{a.Name, e.stages[i].latest[a.Name]})
		}
	}
	e.mu.Unlock()
	for i := range states {
		if x := states[i].Entered; x != nil {
			states[i].Status = x.Result().Stages[i].Status
		}
	}
	return states
}

// attemptOf begins an attempt of an action.
func (x *Execution) attemptOf(stage int, a Action) Attempt {
	return Attempt{
		ID: uuid.NewString(), Execution: x.id, Stage: x.engine.pipeline.Stages[stage].Name, Action: a,
		Status: InProgress, Span: Span{Start: time.Now()},
	}
}

// end is the attempt as it ended.
func (a Attempt) end(status Status, outcome Outcome) Attempt {
	outcome.Variables = maps.Clone(outcome.Variables)
	a.Status, a.Outcome, a.End = status, outcome, time.Now()
	return a
}

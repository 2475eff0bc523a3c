package codepipeline

import "time"

// Status is that of an execution, a stage or an action.
type Status string

// The words are CodePipeline's.
const (
	Waiting    Status = "Waiting"
	InProgress Status = "InProgress"
	Succeeded  Status = "Succeeded"
	Failed     Status = "Failed"
	// Stopped means that the rehearsal was ended from outside.
	Stopped Status = "Stopped"
	// Overtaken means that, while it waited for a stage of a SUPERSEDED pipeline, a newer execution
	// took its place.
	Overtaken Status = "Superseded"
	// DidNotRun means that something before it failed.
	DidNotRun Status = "DidNotRun"
)

// Span is a stretch of time.
type Span struct {
	Start time.Time `json:"start,omitzero"`
	End   time.Time `json:"end,omitzero"`
}

// Duration is the length of the span.
func (s Span) Duration() time.Duration { return s.End.Sub(s.Start) }

// RollbackType is the type of an execution that rolls a stage back. Ordinary ones have none.
const RollbackType = "ROLLBACK"

// Trigger is what started an execution, in CodePipeline's words.
type Trigger struct {
	Type   string `json:"type"`
	Detail string `json:"detail"`
}

// Types of triggers.
const (
	TriggeredByCreation  = "CreatePipeline"
	TriggeredByRule      = "CloudWatchEvent"
	TriggeredByStart     = "StartPipelineExecution"
	TriggeredByRollback  = "ManualRollback"
	TriggeredByOnFailure = "AutomatedRollback"
)

// Result is an execution, as far as it is.
type Result struct {
	Pipeline  string `json:"pipeline"`
	Execution string `json:"execution"`
	// Trigger says, for people, who started it, and Cause in CodePipeline's words.
	Trigger string  `json:"trigger"`
	Cause   Trigger `json:"-"`
	// Attempt is 1, and one more after each retry.
	Attempt int `json:"-"`
	// Earlier is the status before the latest retry.
	Earlier Status `json:"-"`
	// Type is ROLLBACK, or empty.
	Type string `json:"type,omitempty"`
	// Target is the execution that a rollback goes back to.
	Target string `json:"target,omitempty"`
	Status Status `json:"status"`
	// Message is why the execution failed without an action.
	Message   string            `json:"message,omitempty"`
	Revisions map[string]string `json:"revisions,omitempty"`
	Variables Variables         `json:"variables"`
	Stages    []StageResult     `json:"stages"`
	Span
}

// StageResult is a stage of an execution.
type StageResult struct {
	Name    string         `json:"name"`
	Status  Status         `json:"status"`
	Actions []ActionResult `json:"actions"`
	Span
}

// ActionResult is an action of an execution.
type ActionResult struct {
	Name      string            `json:"name"`
	ID        string            `json:"id,omitempty"`
	RunOrder  int               `json:"runOrder"`
	Namespace string            `json:"namespace,omitempty"`
	Status    Status            `json:"status"`
	Message   string            `json:"message,omitempty"`
	Variables map[string]string `json:"variables,omitempty"`
	// Log is the file with what the action printed.
	Log  string `json:"log,omitempty"`
	Busy []Span `json:"busy,omitempty"`
	Span
}

// Stage returns the stage of that name, nil if there is none.
func (r Result) Stage(name string) *StageResult {
	for i := range r.Stages {
		if r.Stages[i].Name == name {
			return &r.Stages[i]
		}
	}
	return nil
}

// Action returns the action of that name in a stage, nil if there is none.
func (r Result) Action(stage, name string) *ActionResult {
	s := r.Stage(stage)
	if s == nil {
		return nil
	}
	for i := range s.Actions {
		if s.Actions[i].Name == name {
			return &s.Actions[i]
		}
	}
	return nil
}

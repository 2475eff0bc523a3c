package codepipeline

import (
	"context"
	"io"
)

// Provider runs the actions of one type.
type Provider interface {
	// Check looks at an action when its pipeline is created.
	Check(Action) error
	// Run does one action. It returns when the action is over; the context ends
	// it early.
	Run(context.Context, Run) Outcome
}

// Run is one action of one execution, ready to start.
type Run struct {
	Pipeline  *Pipeline
	Execution string
	Stage     string
	Action    Action
	// Attempt is the id of this execution of the action.
	Attempt string
	// Configuration is the action's with all variables resolved.
	Configuration map[string]string
	// Inputs are the files of the input artifacts, in the order of Action.Inputs.
	Inputs []Artifact
	// Revision is the commit that the execution was started for, if any.
	Revision string
	// Output reserves the file of an output artifact.
	Output func(name string) (Artifact, error)
	// Log takes what the action prints.
	Log io.Writer
}

// Artifact is one artifact of one execution.
type Artifact struct {
	Name string
	// File is the archive on this machine, Bucket and Key where a pipeline keeps it.
	File, Bucket, Key string
	// Revision is the commit that the artifact was made from.
	Revision string
	// Summary is what the source says about the revision.
	Summary string
}

// Outcome is how an action ended.
type Outcome struct {
	// Err is nil if the action succeeded; its text is the action's message.
	Err error
	// Code is CodePipeline's name for the failure; empty for JobFailed.
	Code string
	// Summary is one line about a success that CodePipeline's history keeps.
	Summary string
	// ExternalID and ExternalURL are what the action's work is called, and where it can be looked
	// at, in its own service.
	ExternalID, ExternalURL string
	// Variables are the output variables.
	Variables map[string]string
	// Outputs are the artifacts that the action wrote.
	Outputs []Artifact
	// Busy is the time that the action's own work took, without what the
	// rehearsal does around it; 0 if that can't be told apart.
	Busy []Span
}

// Package codepipeline runs a pipeline as CodePipeline does: stages in order,
// actions by run order, variables by namespace, artifacts by name, executions in
// the order of the pipeline's mode.
package codepipeline

import "time"

// Execution modes.
const (
	Queued     = "QUEUED"
	Superseded = "SUPERSEDED"
)

// Pipeline is a pipeline as a template declares it.
type Pipeline struct {
	Name    string
	ARN     string
	RoleARN string
	Mode    string
	// Bucket is the artifact bucket's name.
	Bucket    string
	Stages    []Stage
	Variables []Variable
}

// Variable is a variable on the level of the pipeline.
type Variable struct {
	Name    string
	Default string
}

// Stage is one stage.
type Stage struct {
	Name    string
	Actions []Action
	// OnFailure is what happens by itself when the stage fails; empty for nothing.
	OnFailure OnFailure
}

// OnFailure is a stage's rule for failures.
type OnFailure struct {
	// Result is "", FAIL, ROLLBACK or RETRY.
	Result string
	// Retry is what a RETRY runs again.
	Retry RetryMode
}

// The results of a stage's failure.
const (
	Fail     = "FAIL"
	Rollback = "ROLLBACK"
	Retry    = "RETRY"
)

// RetryMode is which actions of a failed stage run again.
type RetryMode string

// The retry modes.
const (
	FailedActions RetryMode = "FAILED_ACTIONS"
	AllActions    RetryMode = "ALL_ACTIONS"
)

// Action is one action.
type Action struct {
	Name          string
	Type          ActionType
	Configuration map[string]string
	Inputs        []string
	Outputs       []string
	Namespace     string
	RunOrder      int
	RoleARN       string
	// Timeout is 0 for the default of the action's type.
	Timeout time.Duration
}

// ActionType names what an action does.
type ActionType struct {
	Category, Owner, Provider, Version string
}

func (t ActionType) String() string {
	return t.Category + "/" + t.Owner + "/" + t.Provider + "/" + t.Version
}

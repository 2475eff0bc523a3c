// Package codepipeline runs a pipeline as CodePipeline does: stages in order,
// actions by run order, variables by namespace, artifacts by name, executions in
// the order of the pipeline's mode.
package codepipeline

import "time"

// Execution modes.
const (
	Queued = "QUEUED"
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
}

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

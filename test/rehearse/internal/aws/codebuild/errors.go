package codebuild

import "fmt"

// PhaseError is the failure of a phase, in the words of CodeBuild's console.
type PhaseError struct {
	Phase string
	Err   error
}

func (e *PhaseError) Error() string { return fmt.Sprintf("Phase: %s, %v", e.Phase, e.Err) }

func (e *PhaseError) Unwrap() error { return e.Err }

// CommandError is the failure of a command.
type CommandError struct {
	// Code is CodeBuild's, such as COMMAND_EXECUTION_ERROR.
	Code    string
	Message string
}

// errTimedOut ends a build that takes longer than its project allows. The build has failed; only
// the phase has timed out.
var errTimedOut = &CommandError{Code: "BUILD_TIMED_OUT", Message: "Build has timed out. "}

func (e *CommandError) Error() string { return fmt.Sprintf("Code: %s, Message: %s", e.Code, e.Message) }

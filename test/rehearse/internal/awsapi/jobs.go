package awsapi

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"archway/test/rehearse/internal/decided"
)

// Jobs are the jobs of Lambda actions. Its errors that CodePipeline has a name
// for are of the type *Error.
type Jobs interface {
	Success(id string, report Success) error
	Failure(id string, report Failure) error
}

// Success is what PutJobSuccessResult says.
type Success struct {
	Variables map[string]string
	// Summary is what the console shows about the action.
	Summary string
	// Continuation, if set, means that the job goes on: the function is invoked
	// again with it.
	Continuation string
}

// Failure is what PutJobFailureResult says.
type Failure struct {
	Type    string
	Message string
}

// Limits of CodePipeline's API.
const (
	maxContinuation = 2048
	maxMessage      = 5000
	maxExternalID   = 1500
)

var (
	jobID        = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)
	outputKey    = regexp.MustCompile(`^[A-Za-z0-9@\-_]+$`)
	failureTypes = []string{"JobFailed", "ConfigurationError", "PermissionError", "RevisionOutOfSync", "RevisionUnavailable", "SystemUnavailable"}
)

// problems collects what a request's validation finds.
type problems []string

func (p *problems) add(value any, field, constraint string) {
	*p = append(*p, fmt.Sprintf("Value '%v' at '%s' failed to satisfy constraint: %s", value, field, constraint))
}

func (p problems) err() error {
	switch len(p) {
	case 0:
		return nil
	case 1:
		return &Error{"ValidationException", "1 validation error detected: " + p[0]}
	}
	return &Error{"ValidationException", fmt.Sprintf("%d validation errors detected: %s", len(p), strings.Join(p, "; "))}
}

func (p *problems) job(id string) {
	if !jobID.MatchString(id) {
		p.add(id, "jobId", "Member must satisfy regular expression pattern: [0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
	}
}

func (p *problems) length(value, field string, limit int) {
	switch n := utf8.RuneCountInString(value); {
	case n < 1:
		p.add(value, field, "Member must have length greater than or equal to 1")
	case n > limit:
		p.add(value, field, fmt.Sprintf("Member must have length less than or equal to %d", limit))
	}
}

type putJobSuccessResultInput struct {
	JobID            string            `json:"jobId"`
	Continuation     *string           `json:"continuationToken"`
	OutputVariables  map[string]string `json:"outputVariables"`
	ExecutionDetails *struct {
		Summary    string `json:"summary"`
		ExternalID string `json:"externalExecutionId"`
		Percent    *int   `json:"percentComplete"`
	} `json:"executionDetails"`
	CurrentRevision *struct {
		Revision         string `json:"revision"`
		ChangeIdentifier string `json:"changeIdentifier"`
	} `json:"currentRevision"`
}

func (s *Server) putJobSuccessResult(_ Caller, body []byte) (any, error) {
	var in putJobSuccessResultInput
	if err := decode(body, &in); err != nil {
		return nil, err
	}
	var found problems
	found.job(in.JobID)
	if in.Continuation != nil {
		found.length(*in.Continuation, "continuationToken", maxContinuation)
	}
	size := 0
	for _, key := range slices.Sorted(maps.Keys(in.OutputVariables)) {
		if !outputKey.MatchString(key) {
			found.add(key, "outputVariables", "Map keys must satisfy constraint: [Member must satisfy regular expression pattern: [A-Za-z0-9@\\-_]+]")
		}
		size += len(key) + len(in.OutputVariables[key])
	}
	if d := in.ExecutionDetails; d != nil && len(d.ExternalID) > maxExternalID {
		found.length(d.ExternalID, "executionDetails.externalExecutionId", maxExternalID)
	}
	if in.Continuation != nil && len(in.OutputVariables) > 0 {
		found.add(len(in.OutputVariables), "outputVariables", "output variables can't be set together with a continuation token")
	}
	if err := found.err(); err != nil {
		return nil, err
	}
	if size > decided.OutputVariablesLimit {
		return nil, &Error{"OutputVariablesSizeExceededException", fmt.Sprintf(
			"The total size of the output variables is %d bytes, at most %d are allowed", size, decided.OutputVariablesLimit)}
	}
	report := Success{Variables: in.OutputVariables}
	if in.Continuation != nil {
		report.Continuation = *in.Continuation
	}
	if in.ExecutionDetails != nil {
		report.Summary = in.ExecutionDetails.Summary
	}
	return struct{}{}, s.options.Jobs.Success(in.JobID, report)
}

type putJobFailureResultInput struct {
	JobID          string `json:"jobId"`
	FailureDetails *struct {
		Type       string `json:"type"`
		Message    string `json:"message"`
		ExternalID string `json:"externalExecutionId"`
	} `json:"failureDetails"`
}

func (s *Server) putJobFailureResult(_ Caller, body []byte) (any, error) {
	var in putJobFailureResultInput
	if err := decode(body, &in); err != nil {
		return nil, err
	}
	var found problems
	found.job(in.JobID)
	if in.FailureDetails == nil {
		found.add("null", "failureDetails", "Member must not be null")
		return nil, found.err()
	}
	if !slices.Contains(failureTypes, in.FailureDetails.Type) {
		found.add(in.FailureDetails.Type, "failureDetails.type", "Member must satisfy enum value set: ["+strings.Join(failureTypes, ", ")+"]")
	}
	found.length(in.FailureDetails.Message, "failureDetails.message", maxMessage)
	if err := found.err(); err != nil {
		return nil, err
	}
	return struct{}{}, s.options.Jobs.Failure(in.JobID, Failure{Type: in.FailureDetails.Type, Message: in.FailureDetails.Message})
}

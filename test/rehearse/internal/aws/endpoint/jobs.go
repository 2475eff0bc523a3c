package endpoint

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"archway/test/rehearse/internal/assumptions"
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
	idPattern    = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)
	outputKey    = regexp.MustCompile(`^[A-Za-z0-9@\-_]+$`)
	failureTypes = []string{"JobFailed", "ConfigurationError", "PermissionError", "RevisionOutOfSync",
		"RevisionUnavailable", "SystemUnavailable"}
)

// problems collects what a request's validation finds.
type problems []string

// add notes what is wrong with a field. CodePipeline was seen to leave the value out.
func (p *problems) add(field, constraint string) {
	*p = append(*p, fmt.Sprintf("Value at '%s' failed to satisfy constraint: %s", field, constraint))
}

func (p problems) err() error {
	switch len(p) {
	case 0:
		return nil
	case 1:
		return &Error{"ValidationException", "1 validation error detected: " + p[0]}
	}
	return &Error{"ValidationException",
		fmt.Sprintf("%d validation errors detected: %s", len(p), strings.Join(p, "; "))}
}

// id checks an id, which all have one form.
func (p *problems) id(id, field string) {
	if !idPattern.MatchString(id) {
		p.add(field,
			"Member must satisfy regular expression pattern: [0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
	}
}

func (p *problems) length(value, field string, limit int) {
	switch n := utf8.RuneCountInString(value); {
	case n < 1:
		p.add(field, "Member must have length greater than or equal to 1")
	case n > limit:
		p.add(field, fmt.Sprintf("Member must have length less than or equal to %d", limit))
	}
}

type putJobSuccessResultInput struct {
	JobID           string            `json:"jobId"`
	Continuation    *string           `json:"continuationToken"`
	OutputVariables map[string]string `json:"outputVariables"`
	// What is not taken over was seen to appear nowhere: neither in the history nor in the state.
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
	found.id(in.JobID, "jobId")
	if in.Continuation != nil {
		found.length(*in.Continuation, "continuationToken", maxContinuation)
	}
	size := 0
	for _, key := range slices.Sorted(maps.Keys(in.OutputVariables)) {
		if !outputKey.MatchString(key) {
			found.add("outputVariables",
				"Map keys must satisfy constraint: [Member must satisfy regular expression pattern: [A-Za-z0-9@\\-_]+]")
		}
		size += len(key) + len(in.OutputVariables[key])
	}
	if d := in.ExecutionDetails; d != nil && len(d.ExternalID) > maxExternalID {
		found.length(d.ExternalID, "executionDetails.externalExecutionId", maxExternalID)
	}
	if err := found.err(); err != nil {
		return nil, err
	}
	if in.Continuation != nil && len(in.OutputVariables) > 0 {
		return nil,
			&Error{"ValidationException", "A job can not contain both a continuation token and output variables."}
	}
	if size > assumptions.OutputVariablesLimit {
		return nil, &Error{"OutputVariablesSizeExceededException", fmt.Sprintf(
			"The total size of the output variables is %d bytes, at most %d are allowed", size,
			assumptions.OutputVariablesLimit)}
	}
	report := Success{Variables: in.OutputVariables}
	if in.Continuation != nil {
		report.Continuation = *in.Continuation
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
	found.id(in.JobID, "jobId")
	if in.FailureDetails == nil {
		found.add("failureDetails", "Member must not be null")
		return nil, found.err()
	}
	if !slices.Contains(failureTypes, in.FailureDetails.Type) {
		found.add("failureDetails.type", "Member must satisfy enum value set: ["+strings.Join(failureTypes, ", ")+"]")
	}
	found.length(in.FailureDetails.Message, "failureDetails.message", maxMessage)
	if err := found.err(); err != nil {
		return nil, err
	}
	return struct{}{},
		s.options.Jobs.Failure(in.JobID, Failure{Type: in.FailureDetails.Type, Message: in.FailureDetails.Message})
}

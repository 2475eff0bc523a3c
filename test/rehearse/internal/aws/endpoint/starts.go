package endpoint

import (
	"encoding/json"
	"regexp"
)

// Starts starts executions of pipelines. Its errors that CodePipeline has a name
// for are of the type *Error.
type Starts interface {
	// StartExecution is given StartPipelineExecution's input as it was sent.
	StartExecution(caller Caller, pipeline, input string) (execution string, err error)
}

var (
	pipelinePattern = regexp.MustCompile(`^[A-Za-z0-9.@\-_]{1,100}$`)
	tokenPattern    = regexp.MustCompile(`^[a-zA-Z0-9-]{1,128}$`)
)

func (s *Server) startPipelineExecution(caller Caller, body []byte) (any, error) {
	var in struct {
		Name  string  `json:"name"`
		Token *string `json:"clientRequestToken"`
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, &Error{"SerializationException", err.Error()}
	}
	var found problems
	if !pipelinePattern.MatchString(in.Name) {
		found.add("name", "Member must satisfy regular expression pattern: [A-Za-z0-9.@\\-_]+")
	}
	if in.Token != nil && !tokenPattern.MatchString(*in.Token) {
		found.add("clientRequestToken", "Member must satisfy regular expression pattern: ^[a-zA-Z0-9-]+$")
	}
	if err := found.err(); err != nil {
		return nil, err
	}
	if s.options.Starts == nil {
		return nil, &Error{"PipelineNotFoundException", "this endpoint has no pipelines"}
	}
	id, err := s.options.Starts.StartExecution(caller, in.Name, string(body))
	if err != nil {
		return nil, err
	}
	return map[string]string{"pipelineExecutionId": id}, nil
}

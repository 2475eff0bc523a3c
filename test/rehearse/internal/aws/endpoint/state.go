package endpoint

// PipelineState is GetPipelineState's answer, as far as it is known here.
type PipelineState struct {
	Name    string       `json:"pipelineName"`
	Version int          `json:"pipelineVersion"`
	Stages  []StageState `json:"stageStates"`
	Created float64      `json:"created"`
	Updated float64      `json:"updated"`
}

// StageState is one stage's.
type StageState struct {
	Name    string          `json:"stageName"`
	Inbound map[string]bool `json:"inboundTransitionState"`
	// Waiting is not modelled: nobody is shown who waits for a stage.
	Waiting []any         `json:"inboundExecutions"`
	Actions []ActionState `json:"actionStates"`
	// Latest is missing if no execution has come to the stage.
	Latest *StageExecution `json:"latestExecution,omitempty"`
}

// StageExecution is the execution that was the last to enter a stage.
type StageExecution struct {
	ID     string `json:"pipelineExecutionId"`
	Status string `json:"status"`
	// Type is ROLLBACK, or missing.
	Type string `json:"type,omitempty"`
}

// ActionState is one action's.
type ActionState struct {
	Name string `json:"actionName"`
	// Latest is missing if the action never ran. It may be of an earlier execution than the
	// stage's.
	Latest *LatestAction `json:"latestExecution,omitempty"`
}

// LatestAction is the latest attempt of an action.
type LatestAction struct {
	ID      string  `json:"actionExecutionId"`
	Status  string  `json:"status"`
	Changed float64 `json:"lastStatusChange"`
	Summary string  `json:"summary,omitempty"`
	// Token answers an approval that waits.
	Token       string `json:"token,omitempty"`
	ExternalID  string `json:"externalExecutionId,omitempty"`
	ExternalURL string `json:"externalExecutionUrl,omitempty"`
	// Error has a code and a message.
	Error map[string]string `json:"errorDetails,omitempty"`
}

func (s *Server) getPipelineState(_ Caller, body []byte) (any, error) {
	var in struct {
		Name string `json:"name"`
	}
	if err := decode(body, &in); err != nil {
		return nil, err
	}
	var found problems
	found.length(in.Name, "name", 100)
	if err := found.err(); err != nil {
		return nil, err
	}
	state, err := s.options.Pipelines.State(in.Name)
	if err != nil {
		return nil, err
	}
	for i := range state.Stages {
		state.Stages[i].Inbound, state.Stages[i].Waiting = map[string]bool{"enabled": true}, []any{}
	}
	return state, nil
}

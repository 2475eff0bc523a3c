package endpoint

import (
	"crypto/rand"
	"slices"
)

// Pipelines are the pipelines that can be asked about. Its errors that
// CodePipeline has a name for are of the type *Error.
type Pipelines interface {
	Execution(caller Caller, pipeline, id string) (PipelineExecution, error)
	// Actions are all attempts of an execution's actions, the newest first.
	Actions(caller Caller, pipeline, id string) ([]ActionExecution, error)
	State(pipeline string) (PipelineState, error)
}

// PipelineExecution is GetPipelineExecution's answer, as far as it is known here.
type PipelineExecution struct {
	Pipeline string `json:"pipelineName"`
	Version  int    `json:"pipelineVersion"`
	ID       string `json:"pipelineExecutionId"`
	Status   string `json:"status"`
	// Summary is why the execution is over, if its actions don't say.
	Summary string `json:"statusSummary,omitempty"`
	Mode    string `json:"executionMode"`
	// Type is ROLLBACK, or missing.
	Type     string            `json:"executionType,omitempty"`
	Trigger  map[string]string `json:"trigger,omitempty"`
	Rollback map[string]string `json:"rollbackMetadata,omitempty"`
	// Variables are missing of an execution that had no values.
	Variables []ResolvedVariable `json:"variables,omitempty"`
	// Revisions are what the source actions brought.
	Revisions []ArtifactRevision `json:"artifactRevisions"`
}

// ResolvedVariable is a variable of the pipeline.
type ResolvedVariable struct {
	Name  string `json:"name"`
	Value string `json:"resolvedValue"`
}

// ArtifactRevision is what a source action brought; its name is the artifact's.
type ArtifactRevision struct {
	Name    string `json:"name"`
	ID      string `json:"revisionId"`
	Summary string `json:"revisionSummary,omitempty"`
}

// ActionExecution is one of ListActionExecutions' answers, as far as it is known here.
type ActionExecution struct {
	Execution string       `json:"pipelineExecutionId"`
	ID        string       `json:"actionExecutionId"`
	Version   int          `json:"pipelineVersion"`
	Stage     string       `json:"stageName"`
	Action    string       `json:"actionName"`
	Status    string       `json:"status"`
	Start     float64      `json:"startTime"`
	Update    float64      `json:"lastUpdateTime"`
	Input     ActionInput  `json:"input"`
	Output    ActionOutput `json:"output"`
}

// ActionInput is what an action was given.
type ActionInput struct {
	Type          map[string]string `json:"actionTypeId"`
	Configuration map[string]string `json:"configuration"`
	Resolved      map[string]string `json:"resolvedConfiguration,omitempty"`
	Role          string            `json:"roleArn,omitempty"`
	Region        string            `json:"region"`
	Namespace     string            `json:"namespace,omitempty"`
	Artifacts     []ActionArtifact  `json:"inputArtifacts"`
}

// ActionArtifact is an artifact and where it is kept.
type ActionArtifact struct {
	Name     string `json:"name"`
	Location struct {
		Bucket string `json:"bucket"`
		Key    string `json:"key"`
	} `json:"s3location"`
}

// ActionOutput is what came of an action.
type ActionOutput struct {
	Artifacts []ActionArtifact  `json:"outputArtifacts"`
	Variables map[string]string `json:"outputVariables"`
	Result    struct {
		ID      string `json:"externalExecutionId,omitempty"`
		URL     string `json:"externalExecutionUrl,omitempty"`
		Summary string `json:"externalExecutionSummary,omitempty"`
		// Error has a code, and no message: that is the summary.
		Error map[string]string `json:"errorDetails,omitempty"`
	} `json:"executionResult"`
}

// maxSummary is the length of a summary in CodePipeline's history.
// https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_ActionExecution.html
const maxSummary = 2048

// Failed notes why an action failed.
func (o *ActionOutput) Failed(code, message string) {
	o.Result.Summary = string([]rune(message)[:min(maxSummary, len([]rune(message)))])
	o.Result.Error = map[string]string{"code": code}
}

const (
	// maxResults is ListActionExecutions' limit.
	maxResults = 100
	// pageSize is how many results a page has here at most. CodePipeline may answer with fewer than
	// it is asked for; callers must go on.
	pageSize = 3
)

func (s *Server) listActionExecutions(caller Caller, body []byte) (any, error) {
	var in struct {
		Name   string `json:"pipelineName"`
		Filter struct {
			ID string `json:"pipelineExecutionId"`
		} `json:"filter"`
		Max   *int   `json:"maxResults"`
		Token string `json:"nextToken"`
	}
	if err := decode(body, &in); err != nil {
		return nil, err
	}
	var found problems
	found.length(in.Name, "pipelineName", 100)
	found.id(in.Filter.ID, "filter.pipelineExecutionId")
	size := pageSize
	if in.Max != nil {
		if *in.Max < 1 || *in.Max > maxResults {
			found.add("maxResults", "Member must have value less than or equal to 100, and greater than or equal to 1")
		}
		size = min(size, *in.Max)
	}
	if err := found.err(); err != nil {
		return nil, err
	}
	actions, err := s.listed(caller, in.Name, in.Filter.ID, in.Token)
	if err != nil {
		return nil, err
	}
	answer := map[string]any{"actionExecutionDetails": actions[:min(size, len(actions))]}
	if len(actions) > size {
		token := rand.Text()
		s.mu.Lock()
		s.pages[token] = page{in.Name + " " + in.Filter.ID, actions[size:]}
		s.mu.Unlock()
		answer["nextToken"] = token
	}
	return answer, nil
}

// page is what is left of a list, and what the list is about.
type page struct {
	about string
	rest  []ActionExecution
}

// listed are the actions that a token stands for, or, without one, all.
func (s *Server) listed(caller Caller, pipeline, id, token string) ([]ActionExecution, error) {
	if token == "" {
		actions, err := s.options.Pipelines.Actions(caller, pipeline, id)
		return slices.Clip(actions), err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	p, ok := s.pages[token]
	if !ok || p.about != pipeline+" "+id {
		return nil, &Error{"InvalidNextTokenException", "The next token is not one of this list: " + token}
	}
	return p.rest, nil
}

func (s *Server) getPipelineExecution(caller Caller, body []byte) (any, error) {
	var in struct {
		Name string `json:"pipelineName"`
		ID   string `json:"pipelineExecutionId"`
	}
	if err := decode(body, &in); err != nil {
		return nil, err
	}
	var found problems
	found.length(in.Name, "pipelineName", 100)
	found.id(in.ID, "pipelineExecutionId")
	if err := found.err(); err != nil {
		return nil, err
	}
	x, err := s.options.Pipelines.Execution(caller, in.Name, in.ID)
	if err != nil {
		return nil, err
	}
	if x.Revisions == nil {
		x.Revisions = []ArtifactRevision{}
	}
	return map[string]any{"pipelineExecution": x}, nil
}

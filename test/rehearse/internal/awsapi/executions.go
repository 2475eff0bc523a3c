package awsapi

import "context"

// Pipelines are the pipelines that can be asked about. Its errors that
// CodePipeline has a name for are of the type *Error.
type Pipelines interface {
	Execution(pipeline, id string) (PipelineExecution, error)
	Actions(pipeline, id string) ([]ActionExecution, error)
}

// PipelineExecution is GetPipelineExecution's answer, as far as it is known here.
type PipelineExecution struct {
	Pipeline string            `json:"pipelineName"`
	ID       string            `json:"pipelineExecutionId"`
	Status   string            `json:"status"`
	Mode     string            `json:"executionMode"`
	Type     string            `json:"executionType"`
	Trigger  map[string]string `json:"trigger,omitempty"`
	Rollback map[string]string `json:"rollbackMetadata,omitempty"`
	// Revisions are what the source actions brought.
	Revisions []ArtifactRevision `json:"artifactRevisions,omitempty"`
}

// ArtifactRevision is what a source action brought.
type ArtifactRevision struct {
	Name    string `json:"name"`
	ID      string `json:"revisionId"`
	Summary string `json:"revisionSummary,omitempty"`
}

// ActionExecution is one of ListActionExecutions' answers, as far as it is known here.
type ActionExecution struct {
	Execution string       `json:"pipelineExecutionId"`
	Stage     string       `json:"stageName"`
	Action    string       `json:"actionName"`
	Status    string       `json:"status"`
	Start     float64      `json:"startTime"`
	Update    float64      `json:"lastUpdateTime"`
	Output    ActionOutput `json:"output"`
}

// ActionOutput is what an action said.
type ActionOutput struct {
	Result struct {
		Summary string            `json:"externalExecutionSummary,omitempty"`
		Error   map[string]string `json:"errorDetails,omitempty"`
	} `json:"executionResult"`
}

// maxSummary is the length of a summary in CodePipeline's history.
// https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_ActionExecution.html
const maxSummary = 2048

// Failed notes why an action failed.
func (o *ActionOutput) Failed(message string) {
	o.Result.Summary = string([]rune(message)[:min(maxSummary, len([]rune(message)))])
	o.Result.Error = map[string]string{"code": "JobFailed", "message": message}
}

func (s *Server) listActionExecutions(_ Caller, body []byte) (any, error) {
	var in struct {
		Name   string `json:"pipelineName"`
		Filter struct {
			ID string `json:"pipelineExecutionId"`
		} `json:"filter"`
	}
	if err := decode(body, &in); err != nil {
		return nil, err
	}
	var found problems
	found.length(in.Name, "pipelineName", 100)
	if !jobID.MatchString(in.Filter.ID) {
		found.add(in.Filter.ID, "filter.pipelineExecutionId", "Member must satisfy regular expression pattern: [0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
	}
	if err := found.err(); err != nil {
		return nil, err
	}
	actions, err := s.options.Pipelines.Actions(in.Name, in.Filter.ID)
	if err != nil {
		return nil, err
	}
	return map[string]any{"actionExecutionDetails": actions}, nil
}

func (s *Server) getPipelineExecution(_ Caller, body []byte) (any, error) {
	var in struct {
		Name string `json:"pipelineName"`
		ID   string `json:"pipelineExecutionId"`
	}
	if err := decode(body, &in); err != nil {
		return nil, err
	}
	var found problems
	found.length(in.Name, "pipelineName", 100)
	if !jobID.MatchString(in.ID) { // all ids have one form
		found.add(in.ID, "pipelineExecutionId", "Member must satisfy regular expression pattern: [0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
	}
	if err := found.err(); err != nil {
		return nil, err
	}
	x, err := s.options.Pipelines.Execution(in.Name, in.ID)
	if err != nil {
		return nil, err
	}
	return map[string]any{"pipelineExecution": x}, nil
}

// Commits are the source repositories that can be asked about. Its errors that
// CodeCommit has a name for are of the type *Error.
type Commits interface {
	MergeBase(ctx context.Context, repository, source, destination string) (MergeOptions, error)
}

// MergeOptions is GetMergeOptions' answer. Which merges are possible is not
// worked out.
type MergeOptions struct {
	Source      string   `json:"sourceCommitId"`
	Destination string   `json:"destinationCommitId"`
	Base        string   `json:"baseCommitId"`
	Options     []string `json:"mergeOptions"`
}

func (s *Server) getMergeOptions(_ Caller, body []byte) (any, error) {
	var in struct {
		Repository  string `json:"repositoryName"`
		Source      string `json:"sourceCommitSpecifier"`
		Destination string `json:"destinationCommitSpecifier"`
	}
	if err := decode(body, &in); err != nil {
		return nil, err
	}
	var found problems
	found.length(in.Repository, "repositoryName", 100)
	found.length(in.Source, "sourceCommitSpecifier", 256)
	found.length(in.Destination, "destinationCommitSpecifier", 256)
	if err := found.err(); err != nil {
		return nil, err
	}
	options, err := s.options.Commits.MergeBase(context.Background(), in.Repository, in.Source, in.Destination)
	if options.Options == nil {
		options.Options = []string{}
	}
	return options, err
}

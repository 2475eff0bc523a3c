package codepipeline

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"archway/test/rehearse/internal/decided"
)

// StartInput is StartPipelineExecution's input.
type StartInput struct {
	// Trigger says, for people, who started the execution.
	Trigger         string           `json:"-"`
	Name            string           `json:"name"`
	SourceRevisions []SourceRevision `json:"sourceRevisions"`
	Variables       []StartVariable  `json:"variables"`
	ClientToken     string           `json:"clientRequestToken"`
}

// SourceRevision pins a source action to a commit.
type SourceRevision struct {
	ActionName    string `json:"actionName"`
	RevisionType  string `json:"revisionType"`
	RevisionValue string `json:"revisionValue"`
}

// StartVariable is the value of a pipeline variable.
type StartVariable struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// ParseStartInput reads what a target of an event rule is given. Fields that
// StartPipelineExecution does not have are refused: AWS drops them silently, and
// the pin to a commit with them.
func ParseStartInput(payload string) (StartInput, error) {
	var input StartInput
	d := json.NewDecoder(strings.NewReader(payload))
	d.DisallowUnknownFields()
	if err := d.Decode(&input); err != nil {
		return input, fmt.Errorf("the input is not one of StartPipelineExecution: %w: %s", err, payload)
	}
	return input, nil
}

// accept validates the input as StartPipelineExecution does.
func (e *Engine) accept(input StartInput) (Variables, map[string]string, error) {
	if input.Name != "" && input.Name != e.pipeline.Name {
		return nil, nil, fmt.Errorf("PipelineNotFoundException: the input names the pipeline %q", input.Name)
	}
	values := map[string]string{}
	for _, v := range e.pipeline.Variables {
		values[v.Name] = v.Default
	}
	for _, v := range input.Variables {
		if _, ok := values[v.Name]; !ok {
			return nil, nil, fmt.Errorf("ValidationException: the pipeline has no variable %q", v.Name)
		}
		if n := utf8.RuneCountInString(v.Value); n < 1 || n > maxValue {
			return nil, nil, fmt.Errorf("ValidationException: the value of the variable %s has %d characters, expected 1 to %d", v.Name, n, maxValue)
		}
		values[v.Name] = v.Value
	}
	for name, value := range values {
		if value == "" {
			return nil, nil, fmt.Errorf("ValidationException: the variable %s has no default and was given no value", name)
		}
	}
	revisions := map[string]string{}
	for _, r := range input.SourceRevisions {
		known := slices.ContainsFunc(e.pipeline.Stages[0].Actions, func(a Action) bool { return a.Name == r.ActionName })
		if !known {
			return nil, nil, fmt.Errorf("ValidationException: the pipeline has no source action %q", r.ActionName)
		}
		if r.RevisionType != "COMMIT_ID" {
			return nil, nil, fmt.Errorf("source revision of %s: the rehearsal does not support the type %q", r.ActionName, r.RevisionType)
		}
		if r.RevisionValue == "" {
			return nil, nil, fmt.Errorf("ValidationException: the source revision of %s is empty", r.ActionName)
		}
		revisions[r.ActionName] = r.RevisionValue
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.waiting >= decided.QueueLimit {
		return nil, nil, fmt.Errorf("ConcurrentPipelineExecutionsLimitExceededException: %d executions are queued", e.waiting)
	}
	e.waiting++
	return Variables{variablesNamespace: values}, revisions, nil
}

package codepipeline

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"archway/test/rehearse/internal/assumptions"
)

// StartInput is StartPipelineExecution's input.
type StartInput struct {
	// Trigger says, for people, who started the execution, and Cause in CodePipeline's words.
	Trigger         string           `json:"-"`
	Cause           Trigger          `json:"-"`
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

// Start starts an execution. Executions enter each stage in the order of their
// starts. A token that is known already starts nothing: the execution is returned
// that it started first.
func (e *Engine) Start(ctx context.Context, input StartInput) (*Execution, error) {
	e.starting.Lock()
	defer e.starting.Unlock()
	if err := e.check(input); err != nil {
		return nil, fmt.Errorf("StartPipelineExecution of %s: %w", e.pipeline.Name, err)
	}
	if x, ok := e.tokens[input.ClientToken]; ok {
		return x, nil
	}
	x, err := e.start(ctx, input)
	if err != nil {
		return nil, fmt.Errorf("StartPipelineExecution of %s: %w", e.pipeline.Name, err)
	}
	if input.ClientToken != "" {
		e.tokens[input.ClientToken] = x
	}
	return x, nil
}

func (e *Engine) start(ctx context.Context, input StartInput) (*Execution, error) {
	revisions := map[string]string{}
	for _, r := range input.SourceRevisions {
		revisions[r.ActionName] = r.RevisionValue
	}
	about := Result{Trigger: input.Trigger, Cause: input.Cause, Revisions: maps.Clone(revisions)}
	values, missing := e.values(input.Variables)
	if len(missing) > 0 {
		x := e.newExecution(about, Variables{})
		x.fail("Values for required variables haven't been provided: " + strings.Join(missing, ", "))
		return x, nil
	}
	if err := e.queue(); err != nil {
		return nil, err
	}
	x := e.newExecution(about, Variables{VariablesNamespace: values})
	x.revisions = revisions
	place := e.queues[0].join()
	x.begin(ctx, part{place: place, first: 0, last: len(e.pipeline.Stages) - 1, mode: AllActions, queued: true})
	return x, nil
}

// fail ends an execution before its first action.
func (x *Execution) fail(why string) {
	x.cancel, x.done = func() {}, make(chan struct{})
	x.engine.register(x)
	x.result.Message = why
	x.finish(Failed)
}

// queue takes a place among the executions that wait.
func (e *Engine) queue() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.waiting >= assumptions.QueueLimit {
		return refuse("ConcurrentPipelineExecutionsLimitExceededException", "%d executions are queued", e.waiting)
	}
	e.waiting++
	return nil
}

// values are those of the pipeline's variables, and the names of those that have none. What the
// pipeline doesn't declare is ignored.
func (e *Engine) values(given []StartVariable) (values map[string]string, missing []string) {
	values = map[string]string{}
	for _, v := range e.pipeline.Variables {
		values[v.Name] = v.Default
	}
	for _, v := range given {
		if _, ok := values[v.Name]; ok {
			values[v.Name] = v.Value
		}
	}
	for _, v := range e.pipeline.Variables {
		if values[v.Name] == "" {
			missing = append(missing, v.Name)
		}
	}
	return values, missing
}

// check validates the input as StartPipelineExecution does, before it looks at the token.
func (e *Engine) check(input StartInput) error {
	if input.Name != "" && input.Name != e.pipeline.Name {
		return refuse("PipelineNotFoundException", "the input names the pipeline %q", input.Name)
	}
	if err := checkVariables(input.Variables); err != nil {
		return err
	}
	for _, r := range input.SourceRevisions {
		known := slices.ContainsFunc(e.pipeline.Stages[0].Actions,
			func(a Action) bool { return a.Name == r.ActionName })
		if !known {
			return refuse("ValidationException", "the pipeline has no source action %q", r.ActionName)
		}
		if r.RevisionType != "COMMIT_ID" {
			return fmt.Errorf("source revision of %s: the rehearsal does not support the type %q", r.ActionName,
				r.RevisionType)
		}
		if r.RevisionValue == "" {
			return refuse("ValidationException", "the source revision of %s is empty", r.ActionName)
		}
	}
	return nil
}

// checkVariables answers in the words that were recorded.
func checkVariables(given []StartVariable) error {
	names := map[string]bool{}
	for i, v := range given {
		constrain := func(field, constraint string) error {
			return refuse("ValidationException",
				"1 validation error detected: Value at 'variables.%d.member.%s' failed to satisfy constraint: %s", i+1,
				field, constraint)
		}
		switch n := utf8.RuneCountInString(v.Value); {
		case !variablePattern.MatchString(v.Name):
			return constrain("name", "Member must satisfy regular expression pattern: [A-Za-z0-9@\\-_]+")
		case n < 1:
			return constrain("value", "Member must have length greater than or equal to 1")
		case n > maxValue:
			return constrain("value", fmt.Sprintf("Member must have length less than or equal to %d", maxValue))
		case names[v.Name]:
			return refuse("ValidationException",
				"Variable names must be unique. The following variable name is already in use: %s", v.Name)
		}
		names[v.Name] = true
	}
	return nil
}

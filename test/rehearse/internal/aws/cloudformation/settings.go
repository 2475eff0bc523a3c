package cloudformation

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"archway/internal/settings"
	"archway/internal/strict"
	"archway/test/rehearse/internal/aws/codepipeline"
	"archway/test/rehearse/internal/aws/lambdaruntime"
)

// executionReference is the one thing in the parameters of a Lambda action that differs from run to
// run.
const executionReference = "#{codepipeline.PipelineExecutionId}"

// checkSettings compares what the functions of a pipeline decide by: the file in each function's
// code, what the pipeline's metadata shows to reviewers, and the file's hash in the parameters of
// each action.
func (l *loader) checkSettings() error {
	var problems []error
	for _, function := range slices.Sorted(maps.Keys(l.settings)) {
		data := l.settings[function]
		if data == nil {
			continue
		}
		if err := l.checkShown(data); err != nil {
			problems = append(problems, fmt.Errorf("function %s: %s in its code: %w", function, settings.File, err))
		}
	}
	for _, pipeline := range Of[*codepipeline.Pipeline](l.stack) {
		for _, stage := range pipeline.Stages {
			for _, a := range stage.Actions {
				if err := l.checkParameters(pipeline, a); err != nil {
					problems = append(problems,
						fmt.Errorf("pipeline %s: stage %s: action %s: %w", pipeline.Name, stage.Name, a.Name, err))
				}
			}
		}
	}
	return errors.Join(problems...)
}

// checkShown compares a file of settings with the metadata of its pipeline.
func (l *loader) checkShown(data []byte) error {
	p, err := settings.Decode(data)
	if err != nil {
		return err
	}
	shown, ok := l.shown[p.Name]
	switch {
	case !ok:
		return fmt.Errorf("it is about the pipeline %q, which the template lacks: synthesize the app again", p.Name)
	case shown == nil:
		return fmt.Errorf("the pipeline %s lacks the metadata %s, which shows the same to reviewers", p.Name,
			settings.Metadata)
	case !same(shown, data):
		return fmt.Errorf("the metadata %s of the pipeline %s shows something else than the file: reviewers would not see what the function "+
			"decides by; synthesize the app again, and change neither by hand", settings.Metadata, p.Name)
	}
	return nil
}

// same reports whether the metadata, a JSON object or its text, means what the file does.
func same(shown any, data []byte) bool {
	text, isText := shown.(string)
	if !isText {
		written, err := json.Marshal(shown)
		if err != nil {
			return false
		}
		text = string(written)
	}
	var a, b any
	return json.Unmarshal([]byte(text), &a) == nil && json.Unmarshal(data, &b) == nil && reflect.DeepEqual(a, b)
}

// checkParameters checks an action whose function has settings, or whose pipeline shows some.
func (l *loader) checkParameters(pipeline *codepipeline.Pipeline, a codepipeline.Action) error {
	name := a.Configuration["FunctionName"]
	functions := Of[*lambdaruntime.Function](l.stack)
	at := slices.IndexFunc(functions, func(f *lambdaruntime.Function) bool { return f.Name == name || f.ARN == name })
	if at < 0 {
		return nil // it is no Lambda action, or the engine says what is wrong
	}
	name = functions[at].Name
	data := l.settings[name]
	switch {
	case data == nil && l.shown[pipeline.Name] == nil:
		return nil
	case data == nil:
		return fmt.Errorf("the code of its function %s lacks the file %s, which the pipeline's metadata %s shows", name,
			settings.File, settings.Metadata)
	}
	if p, err := settings.Decode(data); err == nil && p.Name != pipeline.Name {
		return fmt.Errorf("its function %s has the settings of the pipeline %q", name, p.Name)
	}
	var given settings.Parameters
	if err := strict.Decode([]byte(a.Configuration["UserParameters"]), &given); err != nil {
		return fmt.Errorf("UserParameters: %w", err)
	}
	if sum := settings.Sum(data); given.Settings != sum {
		return fmt.Errorf("UserParameters: settings: got %s, but %s in the code of the function %s has the hash %s: synthesize the app again",
			given.Settings, settings.File, name, sum)
	}
	if given.Execution != executionReference {
		return fmt.Errorf("UserParameters: execution: got %q, expected %q", given.Execution, executionReference)
	}
	return nil
}

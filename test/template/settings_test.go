package template_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"archway/internal/settings"

	"github.com/google/go-cmp/cmp"
)

// pipelineOf is the pipeline of a stack.
func pipelineOf(t *testing.T, stack string) map[string]any {
	t.Helper()
	for _, r := range template(t, stack)["Resources"].(map[string]any) {
		if r := r.(map[string]any); r["Type"] == "AWS::CodePipeline::Pipeline" {
			return r
		}
	}
	t.Fatalf("%s has no pipeline", stack)
	return nil
}

// settingsOf are the settings that the template shows.
func settingsOf(t *testing.T, stack string) *settings.Pipeline {
	t.Helper()
	p, err := settings.Decode([]byte(asJSON(pipelineOf(t, stack)["Metadata"].(map[string]any)[settings.Metadata])))
	if err != nil {
		t.Fatalf("%s: %v", stack, err)
	}
	return p
}

const executionID = "#{codepipeline.PipelineExecutionId}"

// substitution is what CodePipeline replaces in the configuration of an action by somebody's text.
var substitution = regexp.MustCompile(`#\{[^}]*\}?`)

// Actions are given the execution's id and no more. A variable is pasted in as it is: its value
// could be the end of one parameter, and the beginning of another. An id can't.
func TestActionsGetTheExecution(t *testing.T) {
	for _, stack := range all {
		given := 0
		walk(pipelineOf(t, stack)["Properties"], nil, func(path []string, text string) {
			for _, found := range substitution.FindAllString(text, -1) {
				given++
				if found != executionID {
					t.Errorf("%s: %s holds %s: let the action ask for it by the execution's id", stack,
						strings.Join(path, "."), found)
				}
			}
		})
		if given == 0 {
			t.Errorf("%s: no action is given the execution's id", stack)
		}
	}
}

// What a reviewer reads in the template is what the functions decide by: the very file is in each
// function's package, and its hash in what each action hands over.
func TestSettings(t *testing.T) {
	for _, stack := range all {
		shown := settingsOf(t, stack)
		sums, functions := map[string]bool{}, 0
		for _, r := range template(t, stack)["Resources"].(map[string]any) {
			r := r.(map[string]any)
			program := programOf(r)
			if program == "" || program == "archway/lambda/notify" {
				continue
			}
			functions++
			key := r["Properties"].(map[string]any)["Code"].(map[string]any)["S3Key"].(string)
			code, err := synthesized(t, stack).Asset(key)
			if err != nil {
				t.Fatal(err)
			}
			file, err := os.ReadFile(filepath.Join(code.Path, settings.File))
			if err != nil {
				t.Fatal(err)
			}
			packed, err := settings.Decode(file)
			if err != nil {
				t.Fatalf("%s: %s: %v", stack, program, err)
			}
			if diff := cmp.Diff(shown, packed); diff != "" {
				t.Errorf("%s: settings of %s (-template +package):\n%s", stack, program, diff)
			}
			sums[settings.Sum(file)] = true
		}
		if functions == 0 || len(sums) != 1 {
			t.Errorf("%s: %d functions have %d different settings", stack, functions, len(sums))
		}
		handed(t, stack, sums)
	}
}

// handed checks what actions and schedules hand to the functions.
func handed(t *testing.T, stack string, sums map[string]bool) {
	t.Helper()
	var images []string
	for _, stage := range pipelineOf(t, stack)["Properties"].(map[string]any)["Stages"].([]any) {
		for _, action := range stage.(map[string]any)["Actions"].([]any) {
			text, ok := action.(map[string]any)["Configuration"].(map[string]any)["UserParameters"].(string)
			if !ok {
				continue
			}
			var parameters map[string]string
			if err := json.Unmarshal([]byte(text), &parameters); err != nil {
				t.Fatalf("%s: %v", stack, err)
			}
			name, image := action.(map[string]any)["Name"].(string), parameters["image"]
			if name == settings.ActionPromote {
				name = "" // it is about all images
			}
			delete(parameters, "image")
			if !sums[parameters["settings"]] || parameters["execution"] != executionID || image != name ||
				len(parameters) != 2 {
				t.Errorf("%s: an action hands over %s", stack, text)
			}
			images = append(images, image)
		}
	}
	if len(images) == 0 {
		t.Errorf("%s: no action hands over anything", stack)
	}
	for _, p := range partsOf(t, stack, "AWS::Events::Rule") {
		for _, target := range p.properties["Targets"].([]any) {
			text, ok := target.(map[string]any)["Input"].(string)
			if !ok {
				continue
			}
			var event map[string]settings.DriftCheck
			if err := json.Unmarshal([]byte(text), &event); err != nil || !sums[event["archway.driftCheck"].Settings] {
				t.Errorf("%s: %s hands over %s: %v", stack, p.id, text, err)
			}
		}
	}
}

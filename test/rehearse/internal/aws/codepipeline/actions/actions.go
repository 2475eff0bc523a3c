// Package actions are the providers of the pipeline actions that can be
// rehearsed: a CodeCommit source, a CodeBuild build or test, a Lambda invocation and a manual
// approval.
package actions

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"archway/test/rehearse/internal/aws/codepipeline"
)

// The types of the actions; those of sources stand in their files.
var (
	CodeBuild = codepipeline.ActionType{Category: "Build", Owner: "AWS", Provider: "CodeBuild", Version: "1"}
	// A test action is a build with another label in the console.
	CodeBuildTest = codepipeline.ActionType{Category: "Test", Owner: "AWS", Provider: "CodeBuild", Version: "1"}
	Manual        = codepipeline.ActionType{Category: "Approval", Owner: "AWS", Provider: "Manual", Version: "1"}
	Lambda        = codepipeline.ActionType{Category: "Invoke", Owner: "AWS", Provider: "Lambda", Version: "1"}
)

// configuration checks an action's configuration: required keys are there, and
// no key is there that would be skipped in silence. A key with a list of values
// allows only these.
func configuration(a codepipeline.Action, required []string, optional map[string][]string) error {
	for _, key := range required {
		if a.Configuration[key] == "" {
			return fmt.Errorf("configuration %s: it is missing", key)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(a.Configuration)) {
		if slices.Contains(required, key) {
			continue
		}
		allowed, ok := optional[key]
		if !ok {
			return fmt.Errorf("configuration %s: the rehearsal does not support this", key)
		}
		if value := a.Configuration[key]; len(allowed) > 0 && !slices.Contains(allowed, value) {
			return fmt.Errorf("configuration %s: got %q; the rehearsal supports %s only", key, value,
				strings.Join(allowed, ", "))
		}
	}
	return nil
}

// counts checks how many artifacts an action takes and makes.
func counts(a codepipeline.Action, minInputs, maxInputs, minOutputs, maxOutputs int) error {
	if n := len(a.Inputs); n < minInputs || n > maxInputs {
		return fmt.Errorf("got %d input artifacts, expected %d to %d", n, minInputs, maxInputs)
	}
	if n := len(a.Outputs); n < minOutputs || n > maxOutputs {
		return fmt.Errorf("got %d output artifacts, expected %d to %d", n, minOutputs, maxOutputs)
	}
	return nil
}

package buildspecs_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"testing"
)

const (
	commit    = "0123456789abcdef0123456789abcdef01234567"
	execution = "11111111-2222-3333-4444-555555555555"
)

// started is what get-pipeline-execution answers about a run whose variable rule has this value.
func started(rule any) string {
	return object(map[string]any{"pipelineExecution": map[string]any{
		"pipelineExecutionId": execution,
		"variables": []any{
			map[string]any{"name": "ref", "resolvedValue": "main"},
			map[string]any{"name": "rule", "resolvedValue": rule},
		},
	}})
}

// attempt is one entry of an execution's history.
type attempt struct {
	stage, action, status string
	second                string // of its start: 05.250
	outputs               map[string]any
	execution             string // default: this one
}

// history is a folder with what list-action-executions answers at the first look, the second one,
// and so on.
func history(t *testing.T, looks ...[]attempt) string {
	t.Helper()
	dir := t.TempDir()
	for i, look := range looks {
		details := []any{}
		for _, a := range look {
			details = append(details, a.detail())
		}
		write(t, filepath.Join(dir, fmt.Sprint(i+1)), object(map[string]any{"actionExecutionDetails": details}), 0o644)
	}
	return dir
}

func (a attempt) detail() map[string]any {
	of, second := a.execution, a.second
	if of == "" {
		of = execution
	}
	if second == "" {
		second = "05"
	}
	return map[string]any{
		"pipelineExecutionId": of, "stageName": a.stage, "actionName": a.action, "status": a.status,
		"startTime": "2026-11-21T17:46:" + second + "+00:00",
		"output":    map[string]any{"outputVariables": a.outputs},
	}
}

func object(value any) string {
	data, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return string(data)
}

// built is a build's entry.
func built(action, status, second string, digest any) attempt {
	outputs := map[string]any{"IMAGE_DIGEST": digest}
	return attempt{stage: "Build", action: action, status: status, second: second, outputs: outputs}
}

// bothBuilt is the history of a run that has built both platforms.
func bothBuilt(amd64, arm64 any) []attempt {
	return []attempt{built("hello-arm64", "Succeeded", "07", arm64), built("hello-amd64", "Succeeded", "05", amd64)}
}

// validated is the history of a run whose Validate action gave these.
func validated(digest, platforms any) []attempt {
	outputs := map[string]any{"digest": digest, "platforms": platforms}
	return []attempt{{stage: "Validate", action: "hello", status: "Succeeded", outputs: outputs}}
}

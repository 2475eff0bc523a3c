package main

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"archway/test/rehearse/internal/aws/endpoint"
)

// history is a pipeline whose executions have done nothing but what it says.
type history struct {
	actions []endpoint.ActionExecution
	refuse  error
}

func (h *history) Execution(_ endpoint.Caller, pipeline, id string) (endpoint.PipelineExecution, error) {
	return endpoint.PipelineExecution{Pipeline: pipeline, ID: id, Status: "InProgress",
		Variables: []endpoint.ResolvedVariable{{Name: "rule", Value: "a<b"}}}, h.refuse
}

func (h *history) Actions(endpoint.Caller, string, string) ([]endpoint.ActionExecution, error) {
	return h.actions, h.refuse
}

func (h *history) State(string) (endpoint.PipelineState, error) {
	return endpoint.PipelineState{}, h.refuse
}

const execution = "11111111-2222-4333-8444-555555555555"

// cli runs a command line, and returns what it prints.
func cli(t *testing.T, line ...string) (out string, code int, problems string) {
	t.Helper()
	var o, p bytes.Buffer
	code = run(t.Context(), line, &o, &p)
	return o.String(), code, p.String()
}

func TestGetPipelineExecution(t *testing.T) {
	h := &history{}
	endpointOf(t, endpoint.Options{Pipelines: h})
	line := []string{"codepipeline", "get-pipeline-execution", "--pipeline-name", "app", "--pipeline-execution-id",
		execution}
	out, code, problems := cli(t, line...)
	want := fmt.Sprintf(`{
    "pipelineExecution": {
        "artifactRevisions": [],
        "executionMode": "",
        "pipelineExecutionId": %q,
        "pipelineName": "app",
        "pipelineVersion": 0,
        "status": "InProgress",
        "variables": [
            {
                "name": "rule",
                "resolvedValue": "a<b"
            }
        ]
    }
}
`, execution)
	if diff := cmp.Diff(want, out); diff != "" || code != 0 {
		t.Errorf("%d, %s (-want +got):\n%s", code, problems, diff)
	}
	h.refuse = &endpoint.Error{Code: "PipelineExecutionNotFoundException", Message: "there is none"}
	_, code, problems = cli(t, line...)
	if code != exitService ||
		!strings.Contains(problems,
			"An error occurred (PipelineExecutionNotFoundException) "+
				"when calling the GetPipelineExecution operation: there is none") {
		t.Errorf("got %d, %s", code, problems)
	}
}

// All pages are one answer, with times as the CLI writes them.
func TestListActionExecutions(t *testing.T) {
	h := &history{}
	for n := range 10 {
		h.actions = append(h.actions,
			endpoint.ActionExecution{Action: fmt.Sprint(n), Start: 1_790_000_000 + float64(n)/4, Update: 1_790_000_000})
	}
	endpointOf(t, endpoint.Options{Pipelines: h})
	out, code, problems := cli(t, "codepipeline", "list-action-executions", "--pipeline-name", "app", "--filter",
		"pipelineExecutionId="+execution, "--output", "json")
	if code != 0 {
		t.Fatalf("got %d, %s", code, problems)
	}
	for n := range 10 {
		if !strings.Contains(out, fmt.Sprintf("\"actionName\": \"%d\"", n)) {
			t.Errorf("the action %d is missing", n)
		}
	}
	for _, want := range []string{`"startTime": "2026-09-21T14:13:20+00:00"`,
		`"startTime": "2026-09-21T14:13:20.250000+00:00"`, `"lastUpdateTime": "2026-09-21T14:13:20+00:00"`} {
		if !strings.Contains(out, want) {
			t.Errorf("got %s\nexpected %s", out, want)
		}
	}
	if strings.Contains(out, "nextToken") {
		t.Errorf("got %s, expected no token", out)
	}
	h.actions = nil
	out, code, _ = cli(t, "codepipeline", "list-action-executions", "--pipeline-name", "app", "--filter",
		"pipelineExecutionId="+execution)
	if code != 0 || out != "{\n    \"actionExecutionDetails\": []\n}\n" {
		t.Errorf("nothing: got %d, %s", code, out)
	}
	for _, filter := range []string{"executionId=" + execution, "latestInPipelineExecution={pipelineExecutionId=a}",
		"pipelineExecutionId=a,b=c", execution} {
		if _, code, problems := cli(t, "codepipeline", "list-action-executions", "--pipeline-name", "app", "--filter",
			filter); code != exitOther || !strings.Contains(problems, filter) {
			t.Errorf("%s: got %d, %s", filter, code, problems)
		}
	}
}

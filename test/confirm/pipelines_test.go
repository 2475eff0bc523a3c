package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"archway/test/confirm/facts"
)

// answers are how the pipelines of this cloud behave, which have a source and the approval Wait.
type answers struct {
	// targetID: a rollback's PipelineExecutionId is its target's. again: how a rollback to a
	// rollback is refused.
	targetID bool
	again    string
	// forgets tokens at once; serial: an execution begins when the one before has ended; late
	// answers of the history after an approval.
	forgets, serial bool
	late            int
	// noPermission: nobody may ask for the history.
	noPermission bool
}

type execution struct {
	id, target, token string
	approved          bool
}

// pipelines stand for those parts of CodePipeline that moto lacks.
type pipelines struct {
	answers
	executions []*execution
}

type object = map[string]any

func (p *pipelines) start(token string) *execution {
	for _, e := range p.executions {
		if token != "" && e.token == token && !p.forgets {
			return e
		}
	}
	e := &execution{id: fmt.Sprintf("00000000-0000-0000-0000-%012d", len(p.executions)+1), token: token}
	p.executions = append(p.executions, e)
	return e
}

func (p *pipelines) find(id string) *execution {
	for _, e := range p.executions {
		if e.id == id {
			return e
		}
	}
	return &execution{}
}

// waiting is the execution that is in the stage Wait.
func (p *pipelines) waiting() *execution {
	for _, e := range p.executions {
		if !e.approved {
			return e
		}
	}
	return p.executions[len(p.executions)-1]
}

func status(done bool) string {
	if done {
		return "Succeeded"
	}
	return "InProgress"
}

// answer gives an answer or the name of an error. It answers nothing to calls that moto knows.
func (p *pipelines) answer(call string, in map[string]any) (out object, refused string, known bool) {
	text := func(key string) string { s, _ := in[key].(string); return s }
	switch call {
	case "StartPipelineExecution":
		return object{"pipelineExecutionId": p.start(text("clientRequestToken")).id}, "", true
	case "ListPipelineExecutions":
		if len(p.executions) == 0 {
			p.start("") // a new pipeline starts by itself
		}
		all := []object{}
		for _, e := range p.executions {
			all = append([]object{{"pipelineExecutionId": e.id}}, all...)
		}
		return object{"pipelineExecutionSummaries": all}, "", true
	case "GetPipelineState":
		e := p.waiting()
		latest := object{"status": status(e.approved)}
		if !e.approved {
			latest["token"] = "00000000-0000-0000-0000-00000000000a"
		}
		return object{"stageStates": []object{{"stageName": "Wait", "latestExecution": object{
			"pipelineExecutionId": e.id, "status": status(e.approved),
		}, "actionStates": []object{{"actionName": "Wait", "latestExecution": latest}}}}}, "", true
	case "PutApprovalResult":
		p.waiting().approved = true
		return object{}, "", true
	case "GetPipelineExecution":
		e := p.find(text("pipelineExecutionId"))
		return object{"pipelineExecution": object{"pipelineExecutionId": e.id, "status": status(e.approved)}}, "", true
	case "RollbackStage":
		target := p.find(text("targetPipelineExecutionId"))
		if target.target != "" && p.again != "" {
			return nil, p.again, true
		}
		e := p.start("")
		e.target = target.id
		return object{"pipelineExecutionId": e.id}, "", true
	case "ListActionExecutions":
		if p.noPermission {
			return nil, "AccessDeniedException", true
		}
		filter, _ := in["filter"].(map[string]any)
		id, _ := filter["pipelineExecutionId"].(string)
		e := p.find(id)
		resolves := e.id
		if p.targetID && e.target != "" {
			resolves = e.target
		}
		if p.serial && e != p.waiting() {
			return object{"actionExecutionDetails": []object{}}, "", true
		}
		done := e.approved
		if done && p.late > 0 {
			p.late--
			done = false
		}
		return object{"actionExecutionDetails": []object{
			{"actionName": "Source", "status": "Succeeded"},
			{"actionName": "Wait", "status": status(done),
				"input": object{"resolvedConfiguration": object{"CustomData": resolves}}},
		}}, "", true
	}
	return nil, "", false
}

// serve answers a call of CodePipeline, unless moto knows it.
func (p *pipelines) serve(w http.ResponseWriter, call string, body []byte) bool {
	var in map[string]any
	_ = json.Unmarshal(body, &in)
	out, refused, known := p.answer(call, in)
	if !known {
		return false
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	if refused != "" {
		w.Header().Set("X-Amzn-ErrorType", refused)
		w.WriteHeader(http.StatusBadRequest)
		return true
	}
	_ = json.NewEncoder(w).Encode(out)
	return true
}

// Each trial sees what the cloud does, and doesn't take a missing permission for an answer.
func TestTrialsSeeWhatIsThere(t *testing.T) {
	c := newCloud(t)
	before := c.resources(t)
	for _, test := range []struct {
		fact, want string
		answers
	}{
		{"rollback-id", "own", answers{}},
		{"rollback-id", "target", answers{targetID: true}},
		{"rollback-again", "unable", answers{again: "UnableToRollbackStageException"}},
		{"rollback-again", "refused", answers{again: "ConflictException"}},
		{"rollback-again", "accepted", answers{}},
		{"start-tokens", "lasting", answers{}},
		{"start-tokens", "expired", answers{forgets: true}},
		{"queued-stages", "each-stage", answers{}},
		{"queued-stages", "whole", answers{serial: true}},
		{"queued-stages", "", answers{noPermission: true}},
		{"history-lag", "prompt", answers{}},
		{"history-lag", "lags", answers{late: 2}},
		{"history-lag", "", answers{noPermission: true}},
	} {
		t.Run(test.fact+" "+test.want, func(t *testing.T) {
			c.pipelines = &pipelines{answers: test.answers}
			got := confirm(t.Context(), c, nil, facts.All(), "--yes", "--json", "--only", test.fact, "--patience",
				"20ms")
			var document struct {
				Facts []struct{ Reading, Seen string }
			}
			if err := json.Unmarshal([]byte(got.out), &document); err != nil {
				t.Fatalf("%v\n%v", err, got)
			}
			if document.Facts[0].Reading != test.want {
				t.Errorf("got %q, want %q: %s", document.Facts[0].Reading, test.want, document.Facts[0].Seen)
			}
			if test.noPermission && !strings.Contains(document.Facts[0].Seen, "AccessDenied") {
				t.Errorf("got %s", document.Facts[0].Seen)
			}
		})
	}
	if diff := cmp.Diff(before, c.resources(t)); diff != "" {
		t.Errorf("left behind:\n%s", diff)
	}
}

package rehearsal

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"archway/test/rehearse/internal/aws/codepipeline"
	"archway/test/rehearse/internal/aws/endpoint"
)

func aPipeline() *codepipeline.Pipeline {
	return &codepipeline.Pipeline{Name: "app", ARN: "arn",
		Stages: []codepipeline.Stage{{Name: "Build", Actions: []codepipeline.Action{{Name: "build"}}}}}
}

func aResult(status codepipeline.Status) codepipeline.Result {
	return codepipeline.Result{
		Execution: "x", Attempt: 1, Status: status, Span: codepipeline.Span{Start: time.UnixMilli(1790616759208)},
		Cause: codepipeline.Trigger{Type: codepipeline.TriggeredByRule, Detail: "rule"},
		Stages: []codepipeline.StageResult{{Name: "Build", Status: status,
			Actions: []codepipeline.ActionResult{{Name: "build", ID: "a", Status: status}}}},
	}
}

// Numbers with a decimal point are what programs stumble over that expect whole ones.
func TestEventsOfExecutions(t *testing.T) {
	var details []string
	for _, e := range changes(aPipeline(), codepipeline.Result{}, aResult(codepipeline.InProgress)) {
		detail, err := json.Marshal(e["detail"])
		if err != nil {
			t.Fatal(err)
		}
		details = append(details, string(detail))
		if at := e["time"].(string); strings.Contains(at, ".") {
			t.Errorf("time %s", at)
		}
	}
	for i, parts := range [][]string{
		{`"action-execution-id":"a"`, `"pipeline-execution-attempt":1.0`, `"version":1.0`},
		{`"stage":"Build"`, `"pipeline-execution-attempt":0.0`},
		{`"execution-trigger":{"trigger-detail":"rule","trigger-type":"CloudWatchEvent"}`,
			`"start-time":"2026-09-28T17:32:39.208Z"`, `"pipeline-execution-attempt":1.0`},
	} {
		for _, part := range parts {
			if !strings.Contains(details[i], part) {
				t.Errorf("%s lacks %s", details[i], part)
			}
		}
	}
	ended := changes(aPipeline(), aResult(codepipeline.InProgress), aResult(codepipeline.Succeeded))
	if detail, _ := json.Marshal(ended[2]["detail"]); strings.Contains(string(detail), "trigger") {
		t.Errorf("only a start names its trigger: %s", detail)
	}
}

func TestEventsOvertakeEachOther(t *testing.T) {
	r := &Rehearsal{}
	observe := r.observe(aPipeline())
	observe(aResult(codepipeline.InProgress))
	observe(aResult(codepipeline.Failed))
	if err := r.Settle(); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"Stage Build: STARTED", "Action Build build: STARTED", "Action Build build: FAILED", "Pipeline: STARTED",
		"Pipeline: FAILED", "Stage Build: FAILED",
	}
	if got := r.States(); !slices.Equal(got, want) {
		t.Errorf("got %q\nexpected %q", got, want)
	}
}

// What ended shows as ended after some answers, to each who asks, or at once.
func TestHistoryLags(t *testing.T) {
	r := &Rehearsal{}
	h := &history{r: r, answers: map[[2]string]int{}}
	one, other := endpoint.Caller{Kind: "function", Name: "one"}, endpoint.Caller{Kind: "function", Name: "other"}
	var told []bool
	for _, c := range []endpoint.Caller{one, one, other, one, other, other} {
		told = append(told, !h.late(c, "a", time.Now(), time.Minute))
	}
	if want := []bool{false, false, false, true, false, true}; !slices.Equal(told, want) {
		t.Errorf("got %v, expected %v", told, want)
	}
	if h.late(one, "b", time.Now().Add(-2*time.Minute), time.Minute) {
		t.Error("what ended a minute ago is late")
	}
	r.options.Readings.PromptHistory = true
	if h.late(one, "c", time.Now(), time.Minute) {
		t.Error("the prompt history is late")
	}
}

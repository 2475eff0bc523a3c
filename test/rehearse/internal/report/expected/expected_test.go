package expected

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"archway/test/rehearse/internal/aws/codepipeline"

	"github.com/google/go-cmp/cmp"
)

func ran(name string, order int, took time.Duration) codepipeline.ActionResult {
	start := time.Unix(1000, 0)
	return codepipeline.ActionResult{
		Name: name, RunOrder: order, Status: codepipeline.Succeeded,
		Span: codepipeline.Span{Start: start, End: start.Add(took)},
	}
}

// What AWS adds is added once for what runs beside each other, and for each that runs after
// another.
func TestTimeline(t *testing.T) {
	x := codepipeline.Result{Stages: []codepipeline.StageResult{
		{Name: "Source", Actions: []codepipeline.ActionResult{ran("Source", 1, time.Second)}},
		{Name: "Build", Actions: []codepipeline.ActionResult{
			ran("app-amd64", 1, 20*time.Second), ran("app-arm64", 1, 300*time.Second),
			ran("ui-arm64", 1, 40*time.Second),
		}},
		{Name: "Validate", Actions: []codepipeline.ActionResult{
			ran("app", 1, time.Second), ran("ui", 1, 33*time.Second), ran("after", 2, 0),
		}},
		{Name: "Approval", Actions: []codepipeline.ActionResult{ran("Approve", 1, 5*time.Second)}},
		{Name: "Promote", Status: codepipeline.DidNotRun, Actions: []codepipeline.ActionResult{ran("Promote", 1, 0)}},
	}}
	got := Of(x, map[string]string{
		"Build/app-amd64": "x86_64", "Build/app-arm64": "arm64", "Build/ui-arm64": "arm64",
		"Validate/app": "Lambda", "Validate/ui": "Lambda", "Validate/after": "Lambda", "Promote/Promote": "Lambda",
	}, "x86_64")
	var lines []string
	for _, s := range got.Stages {
		lines = append(lines, fmt.Sprintf("%s %v-%v", s.Name, s.Start, s.End))
		for _, a := range s.Actions {
			lines = append(lines, fmt.Sprintf("  %s %v", a.Name, a.Took()))
		}
	}
	want := []string{
		"Source 0s-18s", "  Source 18s",
		// The emulated build is expected to be as quick as its sibling; what has none takes its own
		// time.
		"Build 19s-1m36s", "  app-amd64 57s", "  app-arm64 57s", "  ui-arm64 1m17s",
		"Validate 1m37s-3m14s", "  app 32s", "  ui 1m4s", "  after 32s",
		"Approval 3m15s-3m15s", "  Approve 0s",
	}
	if diff := cmp.Diff(want, lines); diff != "" || got.Total != 195*time.Second {
		t.Errorf("in all %v (-want +got):\n%s", got.Total, diff)
	}
	for _, a := range got.Stages[1].Actions {
		emulated := strings.Contains(a.Why, "emulated")
		if emulated != (a.Machine == "arm64") {
			t.Errorf("%s: %s", a.Name, a.Why)
		}
	}
}

// Each number stands in the documents, with its source.
func TestNumbersAreDocumented(t *testing.T) {
	text, err := os.ReadFile("../../../../../docs/rehearsal.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range Numbers() {
		row := fmt.Sprintf("| %s | %g s | %s |\n", n.Name, n.Time.Seconds(), n.Source)
		if !strings.Contains(string(text), row) {
			t.Errorf("docs/rehearsal.md lacks the row\n%s", row)
		}
	}
}

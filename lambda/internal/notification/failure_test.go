package notification

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/google/go-cmp/cmp"
)

const (
	execution = "11111111-2222-3333-4444-555555555555"
	commit    = "0123456789abcdef0123456789abcdef01234567"
)

// pipeline answers as CodePipeline's API does, with what a test puts in.
type pipeline struct {
	kind   string
	commit string
	// status is Failed if it is empty.
	status, reason string
	actions        []map[string]any
	// late is how many questions for the actions are answered with nothing.
	late int
	// refuse is an error code for every call.
	refuse string
	asked  int
}

func (p *pipeline) serve(t *testing.T) CodePipeline {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		if p.refuse != "" {
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprintf(w, `{"__type":%q,"message":"refused by the test"}`, p.refuse)
			return
		}
		body, _ := io.ReadAll(r.Body)
		_, call, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		answer := map[string]any{}
		switch call {
		case "GetPipelineExecution":
			x := map[string]any{"pipelineName": "app", "pipelineExecutionId": execution, "status": "Failed"}
			if p.status != "" {
				x["status"] = p.status
			}
			if p.kind != "" { // ordinary executions have none
				x["executionType"] = p.kind
			}
			if p.reason != "" {
				x["statusSummary"] = p.reason
			}
			if p.commit != "" {
				x["artifactRevisions"] = []any{map[string]any{"name": "SourceCode", "revisionId": p.commit,
					"revisionSummary": "Say hello\n\nAt last.\n"}}
			}
			answer["pipelineExecution"] = x
		case "ListActionExecutions":
			var in struct {
				Filter    struct{ PipelineExecutionID string }
				NextToken string
			}
			if err := json.Unmarshal(body, &in); err != nil || in.Filter.PipelineExecutionID != execution {
				t.Errorf("asked with %s", body)
			}
			p.asked++
			if p.asked <= p.late {
				answer["actionExecutionDetails"] = []any{}
				break
			}
			// Two pages, the newest first, as CodePipeline lists them.
			half := len(p.actions) / 2
			if in.NextToken == "" && half > 0 {
				answer["actionExecutionDetails"], answer["nextToken"] = p.actions[:half], "more"
			} else {
				answer["actionExecutionDetails"] = p.actions[half:]
			}
		default:
			t.Errorf("unexpected call %s", call)
		}
		_ = json.NewEncoder(w).Encode(answer)
	}))
	t.Cleanup(server.Close)
	return NewCodePipeline(aws.Config{
		Region: "eu-west-1", BaseEndpoint: aws.String(server.URL),
		Credentials: credentials.NewStaticCredentialsProvider("AKID", "secret", ""),
	})
}

// action is one that ended; at is the second at which it did.
func action(stage, name, status string, at int, result map[string]any) map[string]any {
	return map[string]any{
		"pipelineExecutionId": execution, "stageName": stage, "actionName": name, "status": status,
		"startTime": 1.7e9 + float64(at) - 0.5, "lastUpdateTime": 1.7e9 + float64(at),
		"output": map[string]any{"executionResult": result},
	}
}

func said(summary, message, url string) map[string]any {
	r := map[string]any{"externalExecutionSummary": summary,
		"errorDetails": map[string]any{"code": "JobFailed", "message": message}}
	if url != "" {
		r["externalExecutionUrl"] = url
	}
	return r
}

type sent struct{ topic, subject, text string }

func handle(t *testing.T, runs Runs) ([]sent, string) {
	t.Helper()
	var messages []sent
	var log bytes.Buffer
	n := &Notifier{
		Runs: runs, Topic: "arn:topic",
		PipelineURL: "https://console.test/codesuite/codepipeline/pipelines/app/view?region=eu-west-1",
		Log:         slog.New(slog.NewJSONHandler(&log, nil)), Pause: time.Millisecond,
		Notify: func(_ context.Context, topic, subject, text string) error {
			messages = append(messages, sent{topic, subject, text})
			return nil
		},
	}
	if err := n.Handle(t.Context(), event("FAILED")); err != nil {
		t.Fatal(err)
	}
	return messages, log.String()
}

func event(state string) Event {
	var e Event
	e.DetailType = "CodePipeline Pipeline Execution State Change"
	e.Detail.Pipeline, e.Detail.Execution, e.Detail.State = "app", execution, state
	return e
}

const retry = "If nothing is wrong with the commit, run the stage again there, or with\n" +
	"  aws codepipeline retry-stage-execution --pipeline-name app --stage-name %s --pipeline-execution-id " +
	execution + " --retry-mode FAILED_ACTIONS\n"

const theRun = "\nThe run: https://console.test/codesuite/codepipeline/pipelines/app/executions/" + execution +
	"/timeline?region=eu-west-1\n"

// One message has what all failed actions said.
func TestManyFailedActions(t *testing.T) {
	const verdict = "The image index sha256:0123 of app is not valid: 1 error. No tag was moved.\n1. error config-platform: it says \"amd64\"."
	tests := map[string]struct {
		pipeline      pipeline
		subject, text string
	}{
		"the validator's sentences": {
			pipeline{commit: commit, actions: []map[string]any{
				action("Validate", "app", "Failed", 3,
					said("The image index sha256:0123 of app is not …", verdict, "")),
				action("Build", "app-amd64", "Succeeded", 2, nil),
				action("Source", "Source", "Succeeded", 1, nil),
			}},
			"Archway: app failed in Validate",
			"A run of the pipeline app failed in the stage Validate. Every tag serves what it served before.\n" +
				"Commit 0123456789ab: Say hello\n\nValidate / app:\n" + verdict + "\n" + theRun +
				fmt.Sprintf(retry, "Validate"),
		},
		"two builds": {
			pipeline{commit: commit, actions: []map[string]any{
				action("Build", "app-arm64", "Failed", 3,
					said("Build terminated with state: FAILED", "Build terminated with state: FAILED. Phase: BUILD",
						"https://build/arm64")),
				action("Build", "app-amd64", "Failed", 2,
					said("Build terminated with state: FAILED", "", "https://build/amd64")),
				action("Source", "Source", "Succeeded", 1, nil),
			}},
			"Archway: app failed in Build",
			"A run of the pipeline app failed in the stage Build. Every tag serves what it served before.\nCommit 0123456789ab: Say hello\n" +
				"\nBuild / app-amd64:\nBuild terminated with state: FAILED\nLook closer: https://build/amd64\n" +
				"\nBuild / app-arm64:\nBuild terminated with state: FAILED. Phase: BUILD\nLook closer: https://build/arm64\n" +
				theRun + fmt.Sprintf(retry, "Build"),
		},
		"only the latest attempts": {
			pipeline{commit: commit, actions: []map[string]any{
				action("Promote", "app", "Failed", 5, said("No tag was moved: x.", "", "")),
				action("Validate", "app", "Succeeded", 4, nil),
				action("Validate", "app", "Failed", 3, said("The registry could not be asked.", "", "")),
				action("Source", "Source", "Succeeded", 1, nil),
			}},
			"Archway: app failed in Promote",
			"A run of the pipeline app failed in the stage Promote.\nCommit 0123456789ab: Say hello\n\nPromote / app:\nNo tag was moved: x.\n" +
				theRun + fmt.Sprintf(retry, "Promote"),
		},
		"a rollback": {
			pipeline{kind: "ROLLBACK", actions: []map[string]any{action("Promote", "app", "Failed", 5, nil)}},
			"Archway: rollback of app failed in Promote",
			"A rollback of the pipeline app failed in the stage Promote.\n\nPromote / app:\nIt gave no reason.\n" +
				theRun + fmt.Sprintf(retry, "Promote"),
		},
		"actions that are known late": {
			pipeline{late: looks - 1,
				actions: []map[string]any{action("Source", "Source", "Failed", 5, said("no such branch", "", ""))}},
			"Archway: app failed in Source",
			"A run of the pipeline app failed in the stage Source. Every tag serves what it served before.\n\nSource / Source:\nno such branch\n" +
				theRun + fmt.Sprintf(retry, "Source"),
		},
		"a function, as it was recorded": {
			pipeline{actions: []map[string]any{action("Validate", "app", "Failed", 3, map[string]any{
				"externalExecutionId": "validate", "externalExecutionSummary": verdict,
				"errorDetails":         map[string]any{"code": "JobFailed"},
				"externalExecutionUrl": "https://log/validate",
			})}},
			"Archway: app failed in Validate",
			"A run of the pipeline app failed in the stage Validate. Every tag serves what it served before.\n\nValidate / app:\n" +
				verdict +
				"\nLook closer: https://log/validate\n" + theRun + fmt.Sprintf(retry, "Validate"),
		},
		"no action at all": {
			pipeline{late: looks, reason: "Values for required variables haven't been provided: Alpha"},
			"Archway: app failed",
			"A run of the pipeline app failed.\n\nValues for required variables haven't been provided: Alpha\n\nCodePipeline names no action that failed.\n" +
				theRun,
		},
		"an event that comes after the retry": {
			pipeline{status: "InProgress",
				actions: []map[string]any{action("Source", "Source", "Failed", 5, said("no such branch", "", ""))}},
			"Archway: app failed in Source",
			"A run of the pipeline app failed in the stage Source. Every tag serves what it served before.\n\nSource / Source:\nno such branch\n" +
				"\nBy now CodePipeline calls it InProgress: somebody has probably retried it.\n" + theRun +
				fmt.Sprintf(retry, "Source"),
		},
		"actions that never become known": {
			pipeline{late: looks},
			"Archway: app failed",
			"A run of the pipeline app failed.\n\nCodePipeline names no action that failed.\n" + theRun,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, _ := handle(t, test.pipeline.serve(t))
			want := []sent{{"arn:topic", test.subject, test.text}}
			if diff := cmp.Diff(want, got, cmp.AllowUnexported(sent{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A failure is told even if nothing can be asked.
func TestUnavailableDetails(t *testing.T) {
	p := pipeline{refuse: "AccessDeniedException"}
	got, log := handle(t, p.serve(t))
	if len(got) != 1 || got[0].subject != "Archway: app failed" ||
		!strings.Contains(got[0].text, "What failed could not be found out: ask for execution "+execution) ||
		!strings.Contains(got[0].text, "AccessDeniedException") || !strings.Contains(got[0].text, theRun) {
		t.Errorf("%+v", got)
	}
	if !strings.Contains(log, "AccessDeniedException") {
		t.Errorf("log:\n%s", log)
	}
}

func TestManyLongMessagesStayReadable(t *testing.T) {
	p := pipeline{}
	for n := range 20 {
		p.actions = append(p.actions,
			action("Validate", fmt.Sprintf("app%02d", n), "Failed", n, said(strings.Repeat("x", 3000), "", "")))
	}
	got, _ := handle(t, p.serve(t))
	if len(got) != 1 || len(got[0].text) > maxText+1000 ||
		!strings.Contains(got[0].text, "\n… and 17 more failed actions.\n") {
		t.Errorf("%d messages, the first has %d bytes:\n%s", len(got), len(got[0].text), got[0].text)
	}
}

type none struct{}

func (none) Run(context.Context, string, string) (Run, error) { return Run{}, nil }

// Lambda tries again if nobody could be told.
func TestNobodyCouldBeTold(t *testing.T) {
	refused := errors.New("refused")
	n := &Notifier{Runs: none{}, Log: slog.New(slog.DiscardHandler),
		Notify: func(context.Context, string, string, string) error { return refused }}
	if err := n.Handle(t.Context(), event("FAILED")); !errors.Is(err, refused) {
		t.Errorf("error %v", err)
	}
}

func TestOtherEventsAreRefused(t *testing.T) {
	n := &Notifier{Runs: none{}, Log: slog.New(slog.DiscardHandler),
		Notify: func(context.Context, string, string, string) error {
			t.Error("somebody was told")
			return nil
		}}
	for _, e := range []Event{{}, event("SUPERSEDED"), event("STOPPED")} {
		if err := n.Handle(t.Context(), e); err == nil || !strings.Contains(err.Error(), "none of a failed run") {
			t.Errorf("%+v: error %v", e, err)
		}
	}
}

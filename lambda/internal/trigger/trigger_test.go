package trigger

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"archway/internal/rule"
)

const commit = "0123456789abcdef0123456789abcdef01234567"

var rules = []Rule{
	{Rule: rule.Rule{Name: "main", Type: rule.Branch, Exact: "main"}, Direct: true},
	{Rule: rule.Rule{Name: "release", Type: rule.Branch, Pattern: `release-(?<version>\d+\.\d+)`}},
	{Rule: rule.Rule{Name: "version", Type: rule.Tag, Pattern: `v\d+.*`}},
}

type starter struct {
	starts []Start
	err    error
}

func (s *starter) Start(_ context.Context, start Start) (string, error) {
	s.starts = append(s.starts, start)
	return "execution-1", s.err
}

func event(change, kind, name, commit string) Event {
	e := Event{ID: "11111111-2222-3333-4444-555555555555"}
	e.Detail.Event, e.Detail.ReferenceType, e.Detail.ReferenceName, e.Detail.CommitID = change, rule.Type(kind), name, commit
	return e
}

func TestRulesDecideWhatAPushStarts(t *testing.T) {
	for name, test := range map[string]struct {
		event Event
		want  Result
	}{
		"a new branch":                 {event("referenceCreated", "branch", "release-1.2", commit), Result{Started, "release", "execution-1"}},
		"a push to a branch":           {event("referenceUpdated", "branch", "release-1.2", commit), Result{Started, "release", "execution-1"}},
		"a git tag":                    {event("referenceCreated", "tag", "v1.2", commit), Result{Started, "version", "execution-1"}},
		"a tag named like a branch":    {event("referenceCreated", "tag", "release-1.2", commit), Result{Decision: NoMatch}},
		"a part of a name":             {event("referenceCreated", "branch", "my-release-1.2", commit), Result{Decision: NoMatch}},
		"what EventBridge starts":      {event("referenceUpdated", "branch", "main", commit), Result{Decision: Direct, Rule: "main"}},
		"a deleted branch":             {event("referenceDeleted", "branch", "release-1.2", ""), Result{Decision: Deleted}},
		"a name with a quote":          {event("referenceCreated", "tag", `v1"`, commit), Result{Decision: Unfit, Rule: "version"}},
		"a name that is a variable":    {event("referenceCreated", "tag", `v1#{a.b}`, commit), Result{Decision: Unfit, Rule: "version"}},
		"a name with other than ASCII": {event("referenceCreated", "tag", `v1-größe&<x>`, commit), Result{Started, "version", "execution-1"}},
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			s := &starter{}
			handle, err := Handler(rules, s, slog.New(slog.NewJSONHandler(&log, nil)))
			if err != nil {
				t.Fatal(err)
			}
			got, err := handle(t.Context(), test.event)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
			var want []Start
			if got.Decision == Started {
				want = []Start{{Token: test.event.ID, Rule: test.want.Rule, Ref: test.event.Detail.ReferenceName, Commit: commit}}
			}
			if diff := cmp.Diff(want, s.starts); diff != "" {
				t.Errorf("starts (-want +got):\n%s", diff)
			}
			var line map[string]any
			if err := json.Unmarshal(log.Bytes(), &line); err != nil || line["decision"] != string(test.want.Decision) || line["referenceName"] != test.event.Detail.ReferenceName {
				t.Errorf("log %s, %v: want one line with the decision", log.String(), err)
			}
		})
	}
}

func TestFailedStartIsAnErrorSoThatLambdaTriesAgain(t *testing.T) {
	var log bytes.Buffer
	handle, err := Handler(rules, &starter{err: errors.New("ConcurrentPipelineExecutionsLimitExceededException")}, slog.New(slog.NewJSONHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	for name, e := range map[string]Event{"refused": event("referenceCreated", "tag", "v1", commit), "no commit": event("referenceCreated", "tag", "v1", "")} {
		if _, err := handle(t.Context(), e); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if n := strings.Count(log.String(), `"decision":"start failed"`); n != 2 {
		t.Errorf("%d lines about failed starts, want 2:\n%s", n, log.String())
	}
}

func TestHandlerRefusesRulesThatAreNone(t *testing.T) {
	if _, err := Handler([]Rule{{Rule: rule.Rule{Name: "x", Type: rule.Tag, Pattern: "("}}}, nil, nil); err == nil {
		t.Error("no error")
	}
}

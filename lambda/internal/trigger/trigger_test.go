package trigger

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/google/go-cmp/cmp"

	"archway/internal/rule"
	"archway/internal/settings"
	"archway/lambda/internal/fixture"
	"archway/lambda/internal/pipeline/history"
	"archway/lambda/internal/retry"
)

var (
	commit = strings.Repeat("a", 40)
	newer  = strings.Repeat("b", 40)
	object = strings.Repeat("f", 40)
)

const eventID = "11111111-2222-3333-4444-555555555555"

func loaded() *settings.Loaded {
	return &settings.Loaded{Pipeline: settings.Pipeline{
		Name: fixture.Pipeline, Source: settings.Source{Repository: fixture.SourceRepository, Branch: "main"},
		Stages: []settings.Stage{{Name: "Source", Actions: []string{"Source"}},
			{Name: "Build", Actions: []string{"app-amd64"}}},
		Rules: []rule.Tagged{
			{Rule: rule.Rule{Name: "main", Type: rule.Branch, Exact: "main"}},
			{Rule: rule.Rule{Name: "release", Type: rule.Branch, Pattern: `release-(?<version>\d+\.\d+)`}},
			{Rule: rule.Rule{Name: "version", Type: rule.Tag, Pattern: `v\d+.*`}},
		},
	}}
}

// fast is Patience for tests.
var fast = retry.Policy{Attempts: Patience.Attempts, First: time.Millisecond, Longest: 2 * time.Millisecond}

// function is the function with an AWS around it.
type function struct {
	aws    *fixture.AWS
	handle func(context.Context, json.RawMessage) (Result, error)
	log    bytes.Buffer
}

func set(t *testing.T) *function {
	t.Helper()
	f := &function{aws: fixture.ServeAWS(t)}
	f.aws.Line(commit, newer)
	f.aws.Branch("main", newer)
	f.aws.GitTag("v1", commit, "")
	f.aws.GitTag("v2", commit, object)
	cfg := aws.Config{
		Region: "eu-west-1", BaseEndpoint: &f.aws.URL,
		Credentials:      credentials.NewStaticCredentialsProvider("AKID", "secret", ""),
		RetryMaxAttempts: 1,
	}
	starter, err := NewCodePipeline(cfg, loaded())
	if err != nil {
		t.Fatal(err)
	}
	f.handle, err = Handler(loaded(), history.NewCodeCommit(cfg, fixture.SourceRepository), starter, fast,
		slog.New(slog.NewJSONHandler(&f.log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// event is what EventBridge sends, with keys that nobody here knows.
func event(change, kind, name, commit string) json.RawMessage {
	text, err := json.Marshal(map[string]any{
		"version": "0", "id": eventID, "detail-type": "CodeCommit Repository State Change", "source": "aws.codecommit",
		"account": "111122223333",
		"detail": map[string]any{
			"callerUserArn": "arn:aws:iam::111122223333:user/x", "event": change,
			"repositoryName": fixture.SourceRepository,
			"referenceType":  kind, "referenceName": name, "commitId": commit,
			"referenceFullName": "refs/heads/" + name,
		},
	})
	if err != nil {
		panic(err)
	}
	return text
}

func TestRulesDecideWhatAPushStarts(t *testing.T) {
	for name, test := range map[string]struct {
		event json.RawMessage
		want  Result
	}{
		"a new branch": {event("referenceCreated", "branch", "release-1.2", commit),
			Result{Started, "release", commit, "started-1"}},
		"a push to a branch": {event("referenceUpdated", "branch", "release-1.2", commit),
			Result{Started, "release", commit, "started-1"}},
		"a push to an exact branch": {event("referenceUpdated", "branch", "main", commit),
			Result{Started, "main", commit, "started-1"}},
		"a git tag": {event("referenceCreated", "tag", "v1", commit),
			Result{Started, "version", commit, "started-1"}},
		"a tag named like a branch": {event("referenceCreated", "tag", "release-1.2", commit),
			Result{Decision: NoMatch}},
		"a branch named like a tag": {event("referenceCreated", "branch", "v1", commit), Result{Decision: NoMatch}},
		"a part of a name": {event("referenceCreated", "branch", "my-release-1.2", commit),
			Result{Decision: NoMatch}},
		"a deleted branch": {event("referenceDeleted", "branch", "release-1.2", ""),
			Result{Decision: Deleted}},
		"an annotated tag's object": {event("referenceCreated", "tag", "v2", object),
			Result{Started, "version", commit, "started-1"}},
		"an annotated tag's commit": {event("referenceCreated", "tag", "v2", commit),
			Result{Started, "version", commit, "started-1"}},
		"a tag that has moved": {event("referenceCreated", "tag", "v1", newer),
			Result{Decision: Moved, Rule: "version"}},
		"a tag that is gone": {event("referenceCreated", "tag", "v3", commit),
			Result{Decision: Moved, Rule: "version"}},
		"a hostile name with no rule": {event("referenceCreated", "branch", `main","ref":"main`, commit),
			Result{Decision: NoMatch}},
		"a hostile name that is fit": {event("referenceCreated", "tag", `v1"},{"name":"rule","value":"main`, commit),
			Result{Decision: Moved, Rule: "version"}},
		"a name that is almost a rule": {event("referenceCreated", "branch", "main\n", commit),
			Result{Decision: NoMatch}},
	} {
		t.Run(name, func(t *testing.T) {
			f := set(t)
			got, err := f.handle(t.Context(), test.event)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
			if n := len(f.aws.Starts()); (n == 1) != (got.Decision == Started) || n > 1 {
				t.Errorf("%d starts", n)
			}
			var line map[string]any
			if err := json.Unmarshal(f.log.Bytes(), &line); err != nil ||
				line["decision"] != string(test.want.Decision) || line["event"] != eventID {
				t.Errorf("log %s, %v: want one line with the decision", f.log.String(), err)
			}
		})
	}
}

// Both readings: GetFolder resolves the object of an annotated tag, or doesn't know it.
func TestTagObjectThatCodeCommitPeels(t *testing.T) {
	f := set(t)
	f.aws.Line(commit, newer,
		object) // it knows the object by itself, so that it leads to another commit than the tag does
	if got, err := f.handle(t.Context(), event("referenceCreated", "tag", "v2", object)); err != nil ||
		got.Decision != Moved {
		t.Errorf("got %+v, %v", got, err)
	}
	f = set(t)
	f.aws.Answer("GetFolder", `{"commitId":"`+commit+`"}`) // to the tag, and to its object
	if got, err := f.handle(t.Context(), event("referenceCreated", "tag", "v2", object)); err != nil ||
		got.Commit != commit {
		t.Errorf("got %+v, %v", got, err)
	}
}

// Start pins the commit, and tells the rule and the reference.
func TestStart(t *testing.T) {
	f := set(t)
	hostile := `v1"},{"name":"rule","value":"main`
	f.aws.GitTag(hostile, commit, "")
	if _, err := f.handle(t.Context(), event("referenceCreated", "tag", hostile, commit)); err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte("app-pipeline\n" + eventID))
	text, err := json.Marshal(f.aws.Starts())
	if err != nil {
		t.Fatal(err)
	}
	ref, err := json.Marshal(hostile)
	if err != nil {
		t.Fatal(err)
	}
	want := `[{"Name":"app-pipeline","clientRequestToken":"` + hex.EncodeToString(sum[:]) +
		`","sourceRevisions":[{"ActionName":"Source","RevisionType":"COMMIT_ID","RevisionValue":"` + commit + `"}],` +
		`"Variables":[{"Name":"rule","Value":"version"},{"Name":"ref","Value":` + string(ref) + `}]}]`
	if diff := cmp.Diff(want, string(text)); diff != "" {
		t.Error(diff)
	}
}

func TestEventThatComesTwiceStartsOnce(t *testing.T) {
	f := set(t)
	for range 2 {
		if got, err := f.handle(t.Context(), event("referenceUpdated", "branch", "main", commit)); err != nil ||
			got.Execution != "started-1" {
			t.Errorf("got %+v, %v", got, err)
		}
	}
	if n := len(f.aws.Starts()); n != 1 {
		t.Errorf("%d starts, want 1", n)
	}
}

// Two pipelines that see one event both start.
func TestTwoPipelinesOfOneEvent(t *testing.T) {
	other := loaded()
	other.Name = "other"
	a, b := (&trigger{settings: loaded()}).token(eventID), (&trigger{settings: other}).token(eventID)
	if a == b || a == (&trigger{settings: loaded()}).token("another") || len(a) != 64 {
		t.Errorf("tokens %s and %s", a, b)
	}
}

// A failed start is an error, so that Lambda tries again.
func TestFailedStart(t *testing.T) {
	good := event("referenceCreated", "tag", "v1", commit)
	for name, test := range map[string]struct {
		event json.RawMessage
		set   func(*fixture.AWS)
		want  string
	}{
		"refused": {good,
			func(a *fixture.AWS) { a.Refuse("StartPipelineExecution", "AccessDeniedException") },
			"starting the pipeline app-pipeline for v1 by the rule version"},
		"no answer of history": {good, func(a *fixture.AWS) { a.Refuse("GetFolder", "AccessDeniedException") },
			"ask for the commit"},
		"no commit": {event("referenceCreated", "tag", "v1", ""), func(*fixture.AWS) {},
			"detail.commitId is missing or wrong"},
		"no name": {event("referenceCreated", "tag", "", commit), func(*fixture.AWS) {},
			"detail.referenceName"},
		"another repository": {bytes.Replace(good, []byte(fixture.SourceRepository), []byte("other"), 1),
			func(*fixture.AWS) {}, `about the repository "other"`},
		"no id": {bytes.Replace(good, []byte(eventID), nil, 1), func(*fixture.AWS) {}, "id, detail"},
		"a key twice": {bytes.Replace(good, []byte(`{`), []byte(`{"id":"x",`), 1), func(*fixture.AWS) {},
			"duplicate"},
		"no object":             {json.RawMessage(`[]`), func(*fixture.AWS) {}, "no JSON object"},
		"another service's":     {json.RawMessage(`{"Records":[]}`), func(*fixture.AWS) {}, `about the repository ""`},
		"a detail that is none": {json.RawMessage(`{"detail":5}`), func(*fixture.AWS) {}, "no event of a reference"},
	} {
		f := set(t)
		test.set(f.aws)
		if _, err := f.handle(t.Context(), test.event); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want %s", name, err, test.want)
		}
		if n := strings.Count(f.log.String(), `"decision":"start failed"`); n != 1 || len(f.aws.Starts()) != 0 {
			t.Errorf("%s: %d starts, and the log\n%s", name, len(f.aws.Starts()), f.log.String())
		}
	}
}

func TestThrottlingIsOutlasted(t *testing.T) {
	for _, code := range []string{"ThrottlingException", "TooManyRequestsException",
		"ConcurrentPipelineExecutionsLimitExceededException"} {
		f := set(t)
		f.aws.Refuse("StartPipelineExecution", code)
		asked := 0
		f.aws.Before = func() {
			if asked++; asked == 50 {
				f.aws.Allow("StartPipelineExecution")
			}
		}
		got, err := f.handle(t.Context(), event("referenceUpdated", "branch", "main", commit))
		if err != nil || got.Decision != Started || asked != 50 || len(f.aws.Starts()) != 1 {
			t.Errorf("%s: %+v after %d questions, %v", code, got, asked, err)
		}
	}
}

// Throttling that doesn't end is an error in time.
func TestEndlessThrottling(t *testing.T) {
	f := set(t)
	f.aws.Refuse("StartPipelineExecution", "ThrottlingException")
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if _, err := f.handle(ctx, event("referenceUpdated", "branch", "main", commit)); err == nil || ctx.Err() != nil {
		t.Errorf("error %v, and of the time %v", err, ctx.Err())
	}
	if !strings.Contains(f.log.String(), "ThrottlingException") {
		t.Errorf("the log lacks the reason: %s", &f.log)
	}
}

func TestBuildNow(t *testing.T) {
	ctx := lambdacontext.NewContext(t.Context(), &lambdacontext.LambdaContext{AwsRequestID: "request-1"})
	for name, test := range map[string]struct{ build, want string }{
		"the head":          {`{"type":"branch","name":"main"}`, newer},
		"an earlier commit": {`{"type":"branch","name":"main","commit":"` + commit + `"}`, commit},
		"a tag":             {`{"type":"tag","name":"v2"}`, commit},
		"a tag's commit":    {`{"type":"tag","name":"v1","commit":"` + commit + `"}`, commit},
		"another tag's": {`{"type":"tag","name":"v1","commit":"` + newer + `"}`,
			`nothing was started: the tag "v1" leads to the commit aaaaaaaaaaaa`},
		"a foreign commit": {`{"type":"branch","name":"main","commit":"` + object + `"}`,
			"nothing was started: the source repository can't compare"},
		"half a commit": {`{"type":"branch","name":"main","commit":"aaaaaaa"}`,
			`the commit is "aaaaaaa", expected 40`},
		"no such branch": {`{"type":"branch","name":"release-1.2"}`,
			`the source repository has no branch "release-1.2"`},
		"no rule": {`{"type":"branch","name":"other"}`,
			`no rule of the pipeline app-pipeline matches the branch "other"`},
		"no type":        {`{"name":"main"}`, `no rule of the pipeline app-pipeline matches the  "main"`},
		"an unknown key": {`{"type":"branch","name":"main","rule":"release"}`, `expected {"build":`},
		"a key twice": {`{"type":"branch","name":"main","name":"release-1.2"}`,
			`duplicate object member name "name"`},
		"something beside it": {`{"type":"branch","name":"main"},"id":"x"`, `expected {"build":`},
	} {
		t.Run(name, func(t *testing.T) {
			f := set(t)
			got, err := f.handle(ctx, json.RawMessage(`{"build":`+test.build+`}`))
			switch starts := f.aws.Starts(); {
			case err != nil:
				if !strings.Contains(err.Error(), test.want) || len(starts) > 0 ||
					!strings.Contains(f.log.String(), "start failed") {
					t.Errorf("error %v, want %s; %d starts", err, test.want, len(starts))
				}
			case len(starts) != 1 || got.Execution != "started-1" || got.Commit != test.want ||
				starts[0].Revisions[0].RevisionValue != test.want:
				t.Errorf("got %+v, starts %+v", got, starts)
			case starts[0].Token != (&trigger{settings: loaded()}).token("request-1"):
				t.Errorf("token %s", starts[0].Token)
			}
		})
	}
	f := set(t)
	f.aws.Refuse("GetBranch", "AccessDeniedException")
	if _, err := f.handle(ctx, json.RawMessage(`{"build":{"type":"branch","name":"main"}}`)); err == nil {
		t.Error("no error")
	}
}

// The function refuses settings that are none.
func TestSettingsThatAreNone(t *testing.T) {
	l := loaded()
	l.Rules[0].Rule = rule.Rule{Name: "x", Type: rule.Tag, Pattern: "("}
	if _, err := Handler(l, nil, nil, fast, nil); err == nil {
		t.Error("a rule that is none: no error")
	}
	l.Stages = l.Stages[1:]
	if _, err := NewCodePipeline(aws.Config{}, l); err == nil {
		t.Error("no source: no error")
	}
}

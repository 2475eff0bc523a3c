package codepipeline

import (
	"strings"
	"testing"
	"time"
)

// declared is a pipeline with two variables, of which one has no default.
func declared() *Pipeline {
	p := pipeline(Stage{Name: "Build", Actions: []Action{work("a", func(a *Action) {
		a.Configuration = map[string]string{"told": "#{variables.Alpha} #{variables.branch}"}
	})}})
	p.Variables = []Variable{{Name: "branch", Default: "main"}, {Name: "Alpha"}}
	return p
}

func alpha(value string) StartVariable { return StartVariable{"Alpha", value} }

func TestStartRefuses(t *testing.T) {
	const constraint = " failed to satisfy constraint: Member must "
	tests := map[string]StartInput{
		"PipelineNotFoundException": {Name: "other"},
		"ValidationException: Variable names must be unique. The following variable name is already in use: Alpha": {
			Variables: []StartVariable{alpha("1"), alpha("2")}},
		"Value at 'variables.1.member.value'" + constraint + "have length greater than or equal to 1": {
			Variables: []StartVariable{alpha("")}},
		"Value at 'variables.2.member.value'" + constraint + "have length less than or equal to 1000": {
			Variables: []StartVariable{alpha("1"), {"branch", strings.Repeat("x", 1001)}}},
		"Value at 'variables.1.member.name'" + constraint + `satisfy regular expression pattern: [A-Za-z0-9@\-_]+`: {
			Variables: []StartVariable{{"a.b", "1"}}},
		`no source action "Other"`:  {SourceRevisions: []SourceRevision{{"Other", "COMMIT_ID", "abc"}}},
		`type "S3_OBJECT_KEY"`:      {SourceRevisions: []SourceRevision{{"source", "S3_OBJECT_KEY", "abc"}}},
		"source revision of source": {SourceRevisions: []SourceRevision{{"source", "COMMIT_ID", ""}}},
	}
	e, _, err := engine(t, declared(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for want, input := range tests {
		if _, err := e.Start(t.Context(), input); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: got %v, expected %q", input, err, want)
		}
	}
	if n := len(e.Executions()); n != 0 {
		t.Errorf("%d executions", n)
	}
}

func TestStartWithoutARequiredValue(t *testing.T) {
	e, fake, err := engine(t, declared(), nil)
	if err != nil {
		t.Fatal(err)
	}
	x, err := e.Start(t.Context(), StartInput{Variables: []StartVariable{{"alpha", "names are case-sensitive"}}})
	if err != nil {
		t.Fatal(err)
	}
	got := x.Wait()
	if got.Status != Failed || got.Message != "Values for required variables haven't been provided: Alpha" {
		t.Errorf("got %s, %q", got.Status, got.Message)
	}
	if len(fake.ran) != 0 || len(x.Attempts()) != 0 || got.Stage("Source").Status != DidNotRun ||
		got.Variables[VariablesNamespace] != nil {
		t.Errorf("ran %v: %+v", fake.ran, got)
	}
	if found, ok := e.Find(x.ID()); !ok || found != x {
		t.Error("it can't be found")
	}
}

func TestStartIgnoresUnknownVariables(t *testing.T) {
	got, _ := start(t, declared(), StartInput{Variables: []StartVariable{alpha("1"), {"Beta", "2"}}}, nil)
	if got.Status != Succeeded || len(got.Variables[VariablesNamespace]) != 2 {
		t.Errorf("got %s, %v", got.Status, got.Variables[VariablesNamespace])
	}
}

// A token answers with the first execution, whatever else is asked for; but not what can't be
// valid.
func TestStartTokens(t *testing.T) {
	e, _, err := engine(t, declared(), nil)
	if err != nil {
		t.Fatal(err)
	}
	start := func(token, value string) *Execution {
		t.Helper()
		x, err := e.Start(t.Context(), StartInput{ClientToken: token, Variables: []StartVariable{alpha(value)}})
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	first := start("one", "1")
	if again := start("one", "2"); again != first {
		t.Error("the token started another execution")
	}
	if other, without := start("two", "1"), start("", "1"); other == first || without == start("", "1") {
		t.Error("another token, or none, started nothing")
	}
	if _, err := e.Start(t.Context(),
		StartInput{ClientToken: "one", Variables: []StartVariable{alpha("")}}); err == nil {
		t.Error("an empty value is valid with a known token")
	}
	for _, x := range e.Executions() {
		x.Wait()
	}
}

func TestAttemptsAndState(t *testing.T) {
	w := newWorld(t, nil)
	good := w.run()
	w.breaks("b")
	bad := w.run()
	w.breaks()
	if _, err := w.RetryStage(t.Context(), "Promote", bad.ID(), FailedActions); err != nil {
		t.Fatal(err)
	}
	bad.Wait()
	var got []string
	ids := map[string]bool{}
	before := time.Time{}
	for _, a := range bad.Attempts() {
		got = append(got, a.Action.Name+" "+string(a.Status))
		ids[a.ID] = true
		if a.Start.Before(before) || a.End.Before(a.Start) {
			t.Errorf("%s: %v", a.Action.Name, a.Span)
		}
		before = a.Start
	}
	// What runs at the same time is in no order.
	if got[2] > got[3] {
		got[2], got[3] = got[3], got[2]
	}
	if want := "source Succeeded, build Succeeded, a Succeeded, b Failed, b Succeeded, last Succeeded"; strings.Join(
		got,
		", ") != want {
		t.Errorf("got %s", strings.Join(got, ", "))
	}
	if len(ids) != 6 {
		t.Errorf("%d ids of 6 attempts", len(ids))
	}
	build := bad.Attempts()[1]
	if build.Outcome.Variables["DIGEST"] != "digest of "+bad.ID() || len(build.Inputs) != 1 ||
		build.Inputs[0].Name != "Code" {
		t.Errorf("build: %+v", build)
	}
	// A rollback is in its stage only; the others keep what they had.
	back, err := w.RollbackStage(t.Context(), "Promote", good.ID(), somebody)
	if err != nil {
		t.Fatal(err)
	}
	back.Wait()
	state := w.State()
	if state[1].Entered != bad || state[2].Entered != back || state[2].Status != Succeeded {
		t.Errorf("got %+v", state)
	}
	if a := state[2].Actions[0]; a.Name != "a" || a.Latest.Execution != back.ID() ||
		a.Latest.Resolved["digest"] != "digest of "+good.ID() {
		t.Errorf("got %+v", a.Latest)
	}
}

func TestArtifactFolder(t *testing.T) {
	if got := ArtifactFolder("stackd-lifecycle-7cc", "SourceArtifact"); got != "stackd-lifecycle-7cc/SourceArti/" {
		t.Errorf("got %s", got)
	}
	if got := ArtifactFolder("a-pipeline-with-a-long-name", "Code"); got != "a-pipeline-with-a-lo/Code/" {
		t.Errorf("got %s", got)
	}
}

package scenarios_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"archway/test/rehearse/internal/aws/codepipeline"
	"archway/test/rehearse/internal/aws/codepipeline/actions"
)

const (
	queued     = "queued"
	superseded = "superseded"
)

// person answers approvals when a test says so.
type person struct {
	asked   chan actions.Request
	answers chan actions.Decision
}

func newPerson() *person {
	return &person{make(chan actions.Request, 100), make(chan actions.Decision)}
}

func (p *person) decide(ctx context.Context, r actions.Request) (actions.Decision, error) {
	p.asked <- r
	select {
	case d := <-p.answers:
		return d, nil
	case <-ctx.Done():
		return actions.Decision{}, context.Cause(ctx)
	}
}

// request waits until the person is asked about an execution, which must not end before.
func (p *person) request(w *world, x *codepipeline.Execution) actions.Request {
	w.t.Helper()
	ended := make(chan codepipeline.Result, 1)
	go func() { ended <- x.Wait() }()
	select {
	case r := <-p.asked:
		if r.Execution != x.ID() {
			w.t.Fatalf("the person is asked about execution %s, want %s", r.Execution, x.ID())
		}
		return r
	case r := <-ended:
		w.succeeded(r)
		w.t.Fatalf("execution %s ended, and nobody was asked", r.Execution)
	}
	return actions.Request{}
}

// answer waits until the person is asked about an execution, and answers.
func (p *person) answer(w *world, x *codepipeline.Execution, d actions.Decision) codepipeline.Result {
	w.t.Helper()
	p.request(w, x)
	p.answers <- d
	return x.Wait()
}

var (
	yes = actions.Decision{Approved: true, Summary: "looks good"}
	no  = actions.Decision{Summary: "not on a Friday"}
)

func statuses(r codepipeline.Result) map[string]codepipeline.Status {
	all := map[string]codepipeline.Status{}
	for _, s := range r.Stages {
		all[s.Name] = s.Status
	}
	return all
}

func wantStatuses(t *testing.T, r codepipeline.Result, want string) {
	t.Helper()
	var got []string
	for _, s := range r.Stages {
		got = append(got, fmt.Sprintf("%s %s", s.Name, s.Status))
	}
	if diff := cmp.Diff(want, strings.Join(got, ", ")); diff != "" {
		t.Errorf("stages (-want +got):\n%s", diff)
	}
}

const approved = "Source Succeeded, Build Succeeded, Merge Succeeded, Validate Succeeded, SmokeTest Succeeded, Approval Succeeded, Promote Succeeded"

func TestApprovalsAreGivenByDefault(t *testing.T) {
	w := deploy(t, gates+queued)
	x := w.seed(queued).Wait()[0]
	wantStatuses(t, x, approved)
	if got := x.Action("Approval", "Approve").Message; got != "Approved: the rehearsal approves by itself" {
		t.Errorf("message %q", got)
	}
}

// Who approves is told what would be promoted.
func TestApproverIsTold(t *testing.T) {
	p := newPerson()
	w := deployWith(t, gates+queued, options{approve: p.decide})
	push, err := w.PushSeed(t.Context(), queued, nil)
	if err != nil {
		t.Fatal(err)
	}
	asked := p.request(w, push.Executions[0])
	x := push.Executions[0].Result()
	digest := validated(x, "app")
	want := fmt.Sprintf("Is it tested?\nExecution %s of queued has validated:\napp (linux/amd64, linux/arm64)",
		x.Execution)
	if diff := cmp.Diff(want, asked.Text); diff != "" {
		t.Errorf("text (-want +got):\n%s", diff)
	}
	// Nothing but the execution's id is written into a text: there, the commit and what was
	// validated stand as they are.
	link := "https://eu-west-1.console.aws.amazon.com/codesuite/codepipeline/pipelines/queued/executions/" +
		x.Execution + "/timeline?region=eu-west-1"
	if digest == "" || x.Revisions["Source"] != push.Commit() {
		t.Errorf("the execution shows %q of the commit %s", digest, x.Revisions["Source"])
	}
	if asked.Link != link {
		t.Errorf("link %s, want %s", asked.Link, link)
	}
	w.wantTags(queued, map[string]string{}) // nobody has approved yet
	notices := w.Notices()
	if len(notices) != 1 || !strings.Contains(notices[0].Topic, "Approval") ||
		notices[0].Subject != "APPROVAL NEEDED: AWS CodePipeline queued for action Approve" {
		t.Fatalf("notices %+v", notices)
	}
	var notice struct {
		Approval struct{ PipelineName, StageName, ActionName, CustomData, ExternalEntityLink string }
	}
	if err := json.Unmarshal([]byte(notices[0].Text), &notice); err != nil {
		t.Fatal(err)
	}
	if got := notice.Approval; got.StageName != "Approval" || got.CustomData != want || got.ExternalEntityLink != link {
		t.Errorf("notice %+v", got)
	}
	p.answers <- yes
	x = push.Wait()[0]
	wantStatuses(t, x, approved)
	w.wantTags(queued, map[string]string{push.Commit()[:12]: digest, "latest": digest, "main": digest})
}

// A rejected execution leaves every tag as it was, until it is asked again.
func TestRejectedExecution(t *testing.T) {
	p := newPerson()
	w := deployWith(t, gates+queued, options{approve: p.decide})
	push, err := w.PushSeed(t.Context(), queued, nil)
	if err != nil {
		t.Fatal(err)
	}
	w.succeeded(p.answer(w, push.Executions[0], yes))
	before, err := w.Tags(queued)
	if err != nil {
		t.Fatal(err)
	}
	next := w.commit(queued, "main", "2")
	x := p.answer(w, next.Executions[0], no)
	wantStatuses(t, x,
		"Source Succeeded, Build Succeeded, Merge Succeeded, Validate Succeeded, SmokeTest Succeeded, Approval Failed, Promote DidNotRun")
	if got := x.Action("Approval", "Approve").Message; got != "Rejected: not on a Friday" {
		t.Errorf("message %q", got)
	}
	w.wantTags(queued, before)
	again, err := w.RetryStage(t.Context(), queued, "Approval", x.Execution, codepipeline.FailedActions)
	if err != nil {
		t.Fatal(err)
	}
	x = p.answer(w, again, yes)
	w.succeeded(x)
	digest := validated(x, "app")
	before[next.Commit()[:12]], before["latest"], before["main"] = digest, digest, digest
	w.wantTags(queued, before)
}

// Queued executions wait in order behind the one that waits for a person.
func TestQueueBehindAnApproval(t *testing.T) {
	p := newPerson()
	w := deployWith(t, gates+queued, options{approve: p.decide})
	push, err := w.PushSeed(t.Context(), queued, nil)
	if err != nil {
		t.Fatal(err)
	}
	first := push.Executions[0]
	p.request(w, first)
	second, third := w.commit(queued, "main", "2").Executions[0], w.commit(queued, "main", "3").Executions[0]
	p.answers <- yes
	w.succeeded(first.Wait())
	w.succeeded(p.answer(w, second, yes))
	w.succeeded(p.answer(w, third, yes))
	tags, err := w.Tags(queued)
	if err != nil {
		t.Fatal(err)
	}
	if newest := validated(third.Result(), "app"); tags["latest"] != newest {
		t.Errorf("latest serves %s, want that of the third push, %s", tags["latest"], newest)
	}
}

// An execution that waits for a person is not superseded, but what waits behind it is.
func TestSupersededApproval(t *testing.T) {
	p := newPerson()
	w := deployWith(t, gates+superseded, options{approve: p.decide})
	push, err := w.PushSeed(t.Context(), superseded, nil)
	if err != nil {
		t.Fatal(err)
	}
	first := push.Executions[0]
	p.request(w, first)
	second := w.commit(superseded, "main", "2").Executions[0]
	w.await(second, "SmokeTest", codepipeline.Succeeded)
	third := w.commit(superseded, "main", "3").Executions[0]
	overtaken := second.Wait()
	if overtaken.Status != codepipeline.Overtaken {
		t.Errorf("the second execution: %s, want %s", overtaken.Status, codepipeline.Overtaken)
	}
	wantStatuses(t, overtaken,
		"Source Succeeded, Build Succeeded, Merge Succeeded, Validate Succeeded, SmokeTest Succeeded, Approval DidNotRun, Promote DidNotRun")
	if got := statuses(first.Result())["Approval"]; got != codepipeline.InProgress {
		t.Errorf("the first execution's approval: %s", got)
	}
	p.answers <- yes
	w.succeeded(first.Wait())
	asked := p.request(w, third)
	if !strings.Contains(asked.Link,
		"/codesuite/codepipeline/pipelines/superseded/executions/"+third.ID()+"/timeline?region=eu-west-1") {
		t.Errorf("link %s: it leads to the execution", asked.Link)
	}
	if want := "\nExecution " + third.ID() +
		" of superseded has validated:\napp (linux/amd64, linux/arm64)\ntool (linux/arm64)"; !strings.HasSuffix(
		asked.Text,
		want) {
		t.Errorf("text %q, expected %q", asked.Text, want)
	}
	p.answers <- yes
	w.succeeded(third.Wait())
}

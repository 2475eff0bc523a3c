package scenarios_test

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"archway/test/rehearse/internal/aws/codepipeline"
	"archway/test/rehearse/internal/aws/iam"
	"archway/test/rehearse/internal/aws/iam/iamtest"
)

// One permission of each kind of role is missing: the run stops where it is needed, and its message
// names it as AWS does.
func TestMissingPermissions(t *testing.T) {
	tests := map[string]struct{ role, action, stage string }{
		"the source action reads the commit":   {"/PipelineRole", "codecommit:GetCommit", "Source"},
		"the pipeline starts a build":          {"/PipelineRole", "codebuild:StartBuild", "Build"},
		"CodeBuild takes on the build's role":  {"BuildArm64Role", "sts:AssumeRole", "Build"},
		"the validator reads the index":        {"/ValidateRole", "ecr:BatchGetImage", "Validate"},
		"the promoter writes the tags":         {"/PromoteAccess", "ecr:PutImage", "Promote"},
		"the promoter reads what was staged":   {"/PromoteAccess", "ecr:GetDownloadUrlForLayer", "Promote"},
		"the promoter asks whose turn it is":   {"/PromoteRole", "codepipeline:GetPipelineState", "Promote"},
		"the merge asks what the builds made":  {"MergeRole", "codepipeline:ListActionExecutions", "Merge"},
		"the promoter has a token for reading": {"/PromoteRole", "ecr:GetAuthorizationToken", "Promote"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := without(t, test.role, test.action)
			push, err := w.PushSeed(t.Context(), app, nil)
			if err != nil {
				t.Fatal(err)
			}
			result := push.Wait()[0]
			if result.Status != codepipeline.Failed || result.Stage(test.stage).Status != codepipeline.Failed {
				t.Errorf("got %s, expected the stage %s to fail", result.Status, test.stage)
			}
			var messages []string
			for _, action := range result.Stage(test.stage).Actions {
				messages = append(messages, action.Message)
			}
			if all := strings.Join(messages, "\n"); !strings.Contains(all,
				"is not authorized to perform: "+test.action+" on resource: ") {
				t.Errorf("no message names %s: %s", test.action, all)
			}
			w.wantTags(app, map[string]string{})
			w.wantRefused(test.action)
		})
	}
}

// A rule that may not start the pipeline leaves a dead letter. Nothing runs then, so the refusal is
// all that is left; and the event must not be lost.
func TestRuleWithoutPermission(t *testing.T) {
	w := without(t, "/TriggerRole", "codepipeline:StartPipelineExecution")
	push, err := w.PushSeed(t.Context(), app, nil)
	if err == nil ||
		!strings.Contains(err.Error(), "is not authorized to perform: codepipeline:StartPipelineExecution") ||
		len(push.Executions) > 0 {
		t.Errorf("got %v", err)
	}
	w.wantRefused("codepipeline:StartPipelineExecution")
	letters := 0
	for _, messages := range w.DeadLetters() {
		letters += len(messages)
	}
	if letters != 1 {
		t.Errorf("got %d dead letters, expected 1", letters)
	}
	for _, a := range w.Permissions().NotExercised {
		if a.Action == "sqs:SendMessage" && strings.Contains(a.Owner, "DeadLettersPolicy") {
			t.Errorf("nothing needed %+v", a)
		}
	}
}

// without deploys the example without one permission.
func without(t *testing.T, role, action string) *world {
	t.Helper()
	all := stacks(t, example)
	permission, err := iamtest.Find(all, role, action, 0)
	if err != nil {
		t.Fatal(err)
	}
	changed, err := iamtest.Without(all, permission)
	if err != nil {
		t.Fatal(err)
	}
	w := deployStacks(t, changed, options{})
	w.refusals = true
	return w
}

// wantRefused: calls of this action were refused, and of no other.
func (w *world) wantRefused(action string) {
	w.t.Helper()
	refused := w.Permissions().Refused
	if len(refused) == 0 {
		w.t.Errorf("no call of %s was refused", action)
	}
	for _, message := range refused {
		if !strings.Contains(message, "to perform: "+action+" on") {
			w.t.Errorf("refused: %s", message)
		}
	}
}

// An allowance that nothing needs is reported.
func TestNeedlessAllowance(t *testing.T) {
	changed, err := iamtest.With(stacks(t, example), "hello-go/PromoteRole", "ecr:BatchDeleteImage")
	if err != nil {
		t.Fatal(err)
	}
	w := deployStacks(t, changed, options{})
	w.seed(app)
	unused := promoters(w.Permissions().Unused)
	if len(unused) != 1 || unused[0].Action != "ecr:BatchDeleteImage" ||
		!strings.HasPrefix(unused[0].Statement, "hello-go/PromoteRole") {
		t.Errorf("got %+v, expected ecr:BatchDeleteImage alone", unused)
	}
}

func promoters(all []iam.Allowance) []iam.Allowance {
	return slices.DeleteFunc(all,
		func(a iam.Allowance) bool { return !strings.HasPrefix(a.Owner, "hello-go/PromoteRole") })
}

// What one good commit does not need, other days do: a second commit, a validation and a promotion
// that fail, a stop.
func TestOtherDaysNeedTheRest(t *testing.T) {
	w := deploy(t, example)
	w.seed(app)
	second := w.commit(app, "main", "second")
	w.succeeded(second.Wait()[0])
	for method, stage := range map[string]string{http.MethodGet: "Validate", http.MethodPut: "Promote"} {
		w.faults(func(response http.ResponseWriter, r *http.Request) bool {
			if r.Method == method {
				response.WriteHeader(http.StatusForbidden)
			}
			return r.Method == method
		})
		if r := w.commit(app, "main", stage).Wait()[0]; r.Stage(stage).Status != codepipeline.Failed {
			t.Fatalf("%s: got %s", stage, r.Stage(stage).Status)
		}
		w.faults(nil)
	}
	if r := w.at(app,
		second.Commit()).Wait(); r.Stage("Promote").Status != codepipeline.Failed { // another build of the same commit
		t.Fatalf("got %s", r.Stage("Promote").Status)
	}
	building := make(chan struct{})
	var once sync.Once
	w.hold = func(ctx context.Context) {
		once.Do(func() { close(building) })
		<-ctx.Done()
	}
	stopped := w.commit(app, "main", "stopped").Executions[0]
	<-building
	stopped.Stop()

	report := w.Permissions()
	needed := []string{"codepipeline:PutJobFailureResult", "codecommit:GetMergeOptions", "codebuild:StopBuild",
		"ecr:DescribeImages", "ecr:GetDownloadUrlForLayer"}
	if len(report.Unused) > 0 {
		t.Errorf("nothing needed %+v", report.Unused)
	}
	for _, a := range report.NotExercised {
		// An execution that is stopped while it builds has nothing else to stop.
		other := a.Action == "codebuild:StopBuild" && !strings.Contains(a.Resource, "Build")
		if slices.Contains(needed, a.Action) && !other {
			t.Errorf("nothing needed %s of %s on %s", a.Action, a.Owner, a.Resource)
		}
	}
	removed, err := iamtest.Check(stacks(t, example), report)
	if err != nil {
		t.Error(err)
	}
	t.Logf("%d permissions removed in turn; %d calls, %d of them different", removed, report.Calls, len(report.Uses))
}

// Git tags, and builds that somebody asks for, need what pushes of branches don't.
func TestTagsAndWishesNeedTheRest(t *testing.T) {
	w := deploy(t, withRules)
	seed := w.seed("ruled")
	w.succeeded(w.tagged("ruled", "v1", seed.Commit()).Wait()[0])
	w.succeeded(w.commit("ruled", "preview/x", "2").Wait()[0])
	for stack, branch := range map[string]string{"ruled": "feature/y", "ruled-previews": "preview/y"} {
		w.point("ruled", branch, seed.Commit())
		w.succeeded(w.wished(stack, `{"build": {"type": "branch", "name": "`+branch+`"}}`))
	}
	w.due()
	report := w.Permissions()
	if len(report.Unused) > 0 {
		t.Errorf("nothing needed %+v", report.Unused)
	}
	for _, a := range report.NotExercised {
		if strings.HasPrefix(a.Action, "codecommit:Get") && a.Action != "codecommit:GetMergeOptions" {
			t.Errorf("nothing needed %s of %s on %s", a.Action, a.Owner, a.Resource)
		}
	}
	if removed, err := iamtest.Check(stacks(t, withRules), report); err != nil {
		t.Errorf("%d permissions removed in turn: %v", removed, err)
	}
}

// wished is a run that somebody asks the function for.
func (w *world) wished(stack, wish string) codepipeline.Result {
	w.t.Helper()
	answer, log, err := w.Invoke(w.t.Context(), stack, "archway/lambda/trigger", []byte(wish))
	var started struct{ Execution string }
	if err == nil {
		err = json.Unmarshal(answer, &started)
	}
	if err != nil {
		w.t.Fatalf("%v\n%s", err, log)
	}
	x, err := w.Find(stack, started.Execution)
	if err != nil {
		w.t.Fatal(err)
	}
	return x.Wait()
}

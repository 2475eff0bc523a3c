package scenarios_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"archway/internal/settings"
	"archway/test/rehearse/internal/aws/codepipeline"
	"archway/test/rehearse/internal/aws/iam"
	"archway/test/rehearse/internal/aws/iam/iamtest"
)

// company is a pipeline with all that tells people, with a customer's key for everything, and that
// can be removed whole.
const company = "../../testdata/company/cdk.json"

// inVain are the allowances that nothing needed.
func (w *world) inVain() []string {
	w.t.Helper()
	var all []string
	for _, u := range w.Permissions().Unused {
		all = append(all, fmt.Sprintf("%s allows %s on %s", u.Statement, u.Action, u.Resource))
	}
	return all
}

// due lets the scheduled checks run.
func (w *world) due() {
	w.t.Helper()
	if log, err := w.RunSchedules(w.t.Context()); err != nil {
		w.t.Fatalf("%v\n%s", err, log)
	}
}

// A green run of a stack with everything leaves nothing unexplained.
func TestGreenRun(t *testing.T) {
	w := deploy(t, company)
	w.seed("company")
	w.due()
	if unused := w.inVain(); len(unused) > 0 {
		t.Errorf("nothing needed:\n%s", strings.Join(unused, "\n"))
	}
	if notices := w.told(); len(notices) != 1 || !strings.HasPrefix(notices[0].Subject, "APPROVAL NEEDED") {
		t.Errorf("a green run tells %+v, expected the approval alone", notices)
	}
}

// What only the notifier may be allowed without a need in a green run is reported of everybody
// else, and of the notifier what is not known.
func TestExceptionsOfOneRole(t *testing.T) {
	changed := stacks(t, company)
	added := []struct{ role, action string }{
		{"company/FailureNoticeNotifierRole", "ecr:BatchDeleteImage"},
		{"company/PromoteRole", "sns:Publish"},
		{"company/TriggerRole", "codepipeline:ListActionExecutions"},
		{"company/ValidateRole", "logs:CreateLogGroup"},
	}
	for _, one := range added {
		var err error
		if changed, err = iamtest.With(changed, one.role, one.action); err != nil {
			t.Fatal(err)
		}
	}
	w := deployStacks(t, changed, options{})
	w.seed("company")
	w.due()
	unused := w.inVain()
	if len(unused) != len(added) {
		t.Fatalf("got %q, expected what was added: %+v", unused, added)
	}
	for i, one := range added {
		if !strings.HasPrefix(unused[i], one.role) || !strings.Contains(unused[i], " allows "+one.action+" on") {
			t.Errorf("got %q, expected %s of %s", unused[i], one.action, one.role)
		}
	}
}

// A failed run, drift, and a push that can't start a run need what a green run doesn't.
func TestBadDays(t *testing.T) {
	w := deploy(t, company)
	good := w.seed("company").Wait()[0]
	w.spoils(miscast)
	spoiled := w.commit("company", "main", "spoiled").Executions[0].Wait()
	if spoiled.Stage("Validate").Status != codepipeline.Failed {
		t.Fatalf("the spoiled commit: %s", spoiled.Status)
	}
	w.told()
	// Nothing but what was promoted is there to point a tag at: here a part of it.
	if err := w.Retag("company", "latest", spoiled.Variables["Merge-app"][settings.IndexDigest]); err == nil {
		t.Error("what was not validated is in the release")
	}
	if err := w.Retag("company", "latest", good.Variables["Build-app-amd64"][settings.ImageDigest]); err != nil {
		t.Fatal(err)
	}
	w.due()
	exercised(t, w, "FailureNotice", "ValidateRole")
}

// exercised: nothing of these owners is left that the report only explains.
func exercised(t *testing.T, w *world, owners ...string) {
	t.Helper()
	for _, n := range w.Permissions().NotExercised {
		if n.Elsewhere && slices.ContainsFunc(owners, func(o string) bool { return strings.Contains(n.Owner, o) }) {
			t.Errorf("nothing needed %s of %s: %s", n.Action, n.Statement, n.Reason)
		}
	}
}

// A push that can't start a run leaves a dead letter, and the alarm on it tells the topic:
// CloudWatch may publish to it, and use its key.
func TestAlarmOnEncryptedTopic(t *testing.T) {
	permission, err := iamtest.Find(stacks(t, company), "company/TriggerRole", "codepipeline:StartPipelineExecution", 0)
	if err != nil {
		t.Fatal(err)
	}
	changed, err := iamtest.Without(stacks(t, company), permission)
	if err != nil {
		t.Fatal(err)
	}
	w := deployStacks(t, changed, options{})
	w.refusals = true
	if _, err := w.PushSeed(t.Context(), "company", nil); err == nil || strings.Contains(err.Error(), "cloudwatch") {
		t.Errorf("got %v, expected the push to start nothing, and the alarm to tell", err)
	}
	if notices := w.told(); len(notices) != 1 || !strings.HasPrefix(notices[0].Subject, "ALARM: ") ||
		!strings.Contains(notices[0].Text, "the dead-letter queue") {
		t.Errorf("told: %+v", notices)
	}
	isCloudWatchs := func(n iam.Unexercised) bool { return n.Service == "cloudwatch.amazonaws.com" }
	if rest := slices.DeleteFunc(w.Permissions().NotExercised,
		func(n iam.Unexercised) bool { return !isCloudWatchs(n) }); len(rest) > 0 {
		t.Errorf("nothing needed %+v", rest)
	}
}

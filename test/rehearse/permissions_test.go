package main

import (
	"os"
	"slices"
	"strings"
	"testing"

	"archway/test/rehearse/internal/aws/codepipeline"
	"archway/test/rehearse/internal/aws/iam"
	"archway/test/rehearse/internal/aws/iam/iamtest"
	"archway/test/rehearse/internal/rehearsal"
)

// Builds of the example, with BuildKit and the machine's Docker: one can't push the image, and
// fails. The other can't write its cache, and BuildKit makes do without; the rehearsal does not.
func TestBuildsThatLackPermissions(t *testing.T) {
	needsMachine(t)
	changed := stacks(t, helloGo)
	permission, err := iamtest.Find(changed, "BuildAmd64Role", "ecr:PutImage", 0)
	if err == nil {
		changed, err = iamtest.Without(changed, permission)
	}
	if err != nil {
		t.Fatal(err)
	}
	r := deployLacking(t, changed)
	push, err := r.PushSeed(t.Context(), "hello-go", nil)
	result := only(t, push, err)
	wantStages(t, result, map[string]codepipeline.Status{
		"Source": codepipeline.Succeeded, "Build": codepipeline.Failed,
		"Merge": codepipeline.DidNotRun, "Validate": codepipeline.DidNotRun, "SmokeTest": codepipeline.DidNotRun,
		"Promote": codepipeline.DidNotRun,
	})
	if arm := result.Action("Build", "hello-go-arm64"); arm.Status != codepipeline.Succeeded {
		t.Errorf("arm64, which lacks nothing: %s", arm.Message)
	}
	log, err := os.ReadFile(result.Action("Build", "hello-go-amd64").Log)
	if err != nil {
		t.Fatal(err)
	}
	const refusal = "is not authorized to perform: "
	if !strings.Contains(string(log), refusal+"ecr:PutImage"+
		" on resource: arn:aws:ecr:eu-west-1:111122223333:repository/staging/hello-go"+
		" because no identity-based policy allows the ecr:PutImage action") {
		t.Errorf("the log does not name what is missing:\n%s", log)
	}
	var actions []string
	for _, refused := range r.Permissions().Refused {
		_, rest, _ := strings.Cut(refused, refusal)
		action, _, _ := strings.Cut(rest, " ")
		actions = append(actions, action)
	}
	slices.Sort(actions)
	if got := slices.Compact(actions); !slices.Equal(got, []string{"ecr:PutImage"}) {
		t.Errorf("refused were %q, expected ecr:PutImage", got)
	}
	wantTags(t, r, "hello-go", map[string]string{})
}

// permissionsAreNeeded: nothing was refused, nothing is allowed in vain, and without each single
// permission a call of its action would have been refused.
func permissionsAreNeeded(t *testing.T, got iam.Report) {
	t.Helper()
	for _, refusal := range got.Refused {
		t.Error(refusal)
	}
	for _, a := range got.Unused {
		t.Errorf("nothing needed %s on %s: %s", a.Action, a.Resource, a.Statement)
	}
	both := append(slices.Clone(stacks(t, "test/testdata/hello-go/cdk.json")), stacks(t, "examples/cdk.json")...)
	removed, err := iamtest.Check(both, got)
	if err != nil {
		t.Error(err)
	}
	t.Logf("%d permissions removed in turn; %d calls, %d of them different", removed, got.Calls, len(got.Uses))
}

// wantNeeded: calls needed all allowances of these actions.
func wantNeeded(t *testing.T, r *rehearsal.Rehearsal, actions ...string) {
	t.Helper()
	wantNeededBy(t, r, "", actions...)
}

// wantNeededBy is about roles or policies with a text in their logical id.
func wantNeededBy(t *testing.T, r *rehearsal.Rehearsal, owner string, actions ...string) {
	t.Helper()
	for _, a := range r.Permissions().NotExercised {
		if slices.Contains(actions, a.Action) && strings.Contains(a.Owner, owner) {
			t.Errorf("nothing needed %s of %s on %s", a.Action, a.Owner, a.Resource)
		}
	}
}

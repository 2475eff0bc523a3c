package report

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"archway/test/rehearse/internal/aws/codepipeline"
	"archway/test/rehearse/internal/aws/iam"
)

func TestPermissionsForPeople(t *testing.T) {
	allowance := func(statement, action string) iam.Allowance {
		return iam.Allowance{Owner: "app/Role", Statement: statement, Action: action, Resource: "arn:aws:s3:::bucket/*"}
	}
	refused := func(session string) string {
		return "User: arn:aws:sts::111122223333:assumed-role/r/" + session +
			" is not authorized to perform: a:B on resource: * because no identity-based policy allows the a:B action"
	}
	tests := map[string]struct {
		report iam.Report
		want   string
	}{
		"all is well": {iam.Report{Calls: 3},
			"Permissions: 3 calls, 0 refused; nothing is allowed that nobody needs\n"},
		"a refusal is said once for all sessions": {iam.Report{Calls: 2, Refused: []string{refused("1"), refused("2")}},
			"Permissions: 2 calls, 2 refused; nothing is allowed that nobody needs\n  refused  " + refused("1") + "\n"},
		"unused allowances by statement, the others by reason": {iam.Report{
			Unused: []iam.Allowance{allowance("app/Role.Policies[0].Statement[1]", "s3:PutObject"),
				allowance("app/Role.Policies[0].Statement[1]", "s3:GetObject"),
				allowance("app/Role.Policies[0].Statement[0]", "s3:GetObject")},
			NotExercised: []iam.Unexercised{
				{Allowance: allowance("x", "kms:Decrypt"), Reason: "why"},
				{Allowance: allowance("y", "kms:Decrypt"), Reason: "why"},
				{Allowance: allowance("z", "sns:Publish"), Reason: "nothing is wrong", Elsewhere: true},
			},
		}, "Permissions: 0 calls, 0 refused; 3 allowances were not used\n" +
			"  unused   app/Role.Policies[0].Statement[0]: s3:GetObject\n" +
			"  unused   app/Role.Policies[0].Statement[1]: s3:GetObject, s3:PutObject\n" +
			"  not now  sns:Publish: nothing is wrong\n" +
			"  not here kms:Decrypt: why\n"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			(&Report{Permissions: &test.report, Success: true}).Write(&out)
			want := "\n" + test.want + "The rehearsal succeeded.\n"
			if diff := cmp.Diff(want, out.String()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// The end of a failure says what failed, and is not buried in unused allowances. Most of the
// permissions were not used then, because most did not run.
func TestEndOfAFailure(t *testing.T) {
	permissions := iam.Report{Calls: 3,
		Unused: []iam.Allowance{{Owner: "app/Role", Statement: "app/Role.Policies[0].Statement[0]",
			Action: "s3:GetObject", Resource: "*"}}}
	text := func(r Report) string {
		var out strings.Builder
		r.Write(&out)
		return out.String()
	}
	run := Pipeline{Stack: "shop"}
	run.Execution.Status = codepipeline.Failed
	run.Execution.Stages = []codepipeline.StageResult{{Name: "Source", Status: codepipeline.Succeeded},
		{Name: "Build", Status: codepipeline.Failed}, {Name: "Merge", Status: codepipeline.DidNotRun}}
	got := text(Report{Permissions: &permissions, Pipelines: []Pipeline{run}})
	if !strings.Contains(got, "Permissions: 3 calls, 0 refused; 1 allowance was not used\n\n") ||
		strings.Contains(got, "unused") ||
		!strings.HasSuffix(got, "The rehearsal failed: shop failed in Build.\n") {
		t.Error(got)
	}
	run.Execution.Status, run.Proofs = codepipeline.Succeeded,
		[]Proof{{Platform: "linux/amd64", Error: "it printed nothing"}}
	if got := text(Report{Permissions: &permissions, Pipelines: []Pipeline{run}}); !strings.Contains(got,
		"  unused   app/Role") ||
		!strings.HasSuffix(got, "The rehearsal failed: what shop has built does not do what it should.\n") {
		t.Error(got)
	}
	run.Execution.Status, run.Proofs = codepipeline.Failed, nil
	refused := permissions
	refused.Refused = []string{"User: x/y is not authorized"}
	if got := text(Report{Permissions: &refused, Pipelines: []Pipeline{run}}); !strings.Contains(got,
		"  refused  User: x/y") || !strings.Contains(got, "  unused   app/Role") {
		t.Error(got)
	}
	if got := text(Report{Permissions: &iam.Report{Unused: permissions.Unused},
		Error: "there is no seed"}); got != "The rehearsal failed: there is no seed\n" {
		t.Error(got)
	}
}

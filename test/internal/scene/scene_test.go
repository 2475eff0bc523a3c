package scene

import (
	"encoding/json"
	"testing"

	"archway/test/internal/assembly"

	"github.com/google/go-cmp/cmp"
)

// look is the scene of a stack with these resources.
func look(t *testing.T, resources string) Scene {
	t.Helper()
	var stack map[string]assembly.Resource
	if err := json.Unmarshal([]byte(resources), &stack); err != nil {
		t.Fatal(err)
	}
	return New("app", stack)
}

// card is the card of what is kept under a title.
func card(t *testing.T, s Scene, title string) Card {
	t.Helper()
	for _, c := range s.Keeps {
		if c.Title == title {
			return c
		}
	}
	t.Fatalf("nothing is called %q in %v", title, s.Keeps)
	return Card{}
}

const registry = `
	"Pipeline": {"Type": "AWS::CodePipeline::Pipeline", "Properties": {"Name": "app", "Stages": [
		{"Name": "Build", "Actions": [
			{"Name": "app", "ActionTypeId": {"Provider": "CodeBuild"}, "Configuration": {"ProjectName": {"Ref": "Project"}}}]},
		{"Name": "Promote", "Actions": [
			{"Name": "Promote", "ActionTypeId": {"Provider": "Lambda"}, "Configuration": {"FunctionName": {"Ref": "Promote"}}}]}]}},
	"Project": {"Type": "AWS::CodeBuild::Project", "Properties": {"ServiceRole": {"Fn::GetAtt": ["BuildRole", "Arn"]}}},
	"Promote": {"Type": "AWS::Lambda::Function", "Metadata": {"archway:package": "x/promote"}, "Properties": {
		"Role": {"Fn::GetAtt": ["PromoteRole", "Arn"]}}},
	"BuildRole": {"Type": "AWS::IAM::Role", "Properties": {"Policies": [{"PolicyDocument": {"Statement": [
		{"Effect": "Allow", "Action": ["ecr:BatchGetImage", "ecr:PutImage"], "Resource": {"Fn::GetAtt": ["Staging", "Arn"]}}]}}]}},
	"PromoteRole": {"Type": "AWS::IAM::Role", "Properties": {}},
	"Access": {"Type": "AWS::IAM::Policy", "Properties": {"Roles": [{"Ref": "PromoteRole"}], "PolicyDocument": {"Statement": [
		{"Effect": "Allow", "Action": "ecr:BatchGetImage", "Resource": {"Fn::GetAtt": ["Staging", "Arn"]}},
		{"Effect": "Allow", "Action": "ecr:PutImage", "Resource": {"Fn::GetAtt": ["Release", "Arn"]}}]}}},
	"Staging": {"Type": "AWS::ECR::Repository", "Properties": {"RepositoryName": "staging/app", "LifecyclePolicy": {
		"LifecyclePolicyText": "{\"rules\":[{\"selection\":{\"tagStatus\":\"untagged\",` +
	`\"countType\":\"sinceImagePushed\",\"countNumber\":14,\"countUnit\":\"days\"}}]}"}}}`

// release is the scene with a release that has a policy of one statement.
func release(t *testing.T, effect, principal, action, condition string) Scene {
	t.Helper()
	return look(t, `{`+registry+`, "Release": {"Type": "AWS::ECR::Repository", "Properties": {"RepositoryName": "app",
		"RepositoryPolicyText": {"Statement": {"Effect": "`+effect+`", "Principal": `+principal+`, "Action": `+action+`,
			"Condition": `+condition+`}}}}}`)
}

// A picture must show that builds can't write releases, and what becomes of what they write.
func TestRepositories(t *testing.T) {
	const (
		writes = `["ecr:CompleteLayerUpload", "ecr:InitiateLayerUpload", "ecr:PutImage", "ecr:UploadLayerPart"]`
		all    = `"*"`
		unless = `{"ArnNotEquals": {"aws:PrincipalArn": [{"Fn::GetAtt": ["PromoteRole", "Arn"]}, "arn:aws:iam::1:role/break-glass"]}}`
	)
	guarded := release(t, "Deny", all, writes, unless)
	want := []string{"ECR repository", "tags may move", "written in Build", "images without a tag expire after 14 days"}
	if diff := cmp.Diff(want, card(t, guarded, "staging/app").Lines); diff != "" {
		t.Errorf("staging (-want +got):\n%s", diff)
	}
	want = []string{"ECR repository", "tags may move", "nobody but promote and role/break-glass may write",
		"nothing expires"}
	if diff := cmp.Diff(want, card(t, guarded, "app").Lines); diff != "" {
		t.Errorf("release (-want +got):\n%s", diff)
	}
	last := guarded.Who[len(guarded.Who)-1]
	said := Permission{Thing: "registry app", Verbs: []string{"write images and tags"}, Class: Writes}
	last.May[0].Actions = nil
	if diff := cmp.Diff([]Permission{said}, last.May); diff != "" ||
		last.Name != "nobody but promote and role/break-glass" {
		t.Errorf("%s (-want +got):\n%s", last.Name, diff)
	}
	// Whatever is not exactly that is shown as it stands.
	for name, s := range map[string]Scene{
		"another condition": release(t, "Deny", all, writes, `{"ArnNotLike": {"aws:PrincipalArn": "arn:x"}}`),
		"a condition more": release(t, "Deny", all, writes,
			`{"ArnNotEquals": {"aws:PrincipalArn": "arn:x"}, "Bool": {"aws:SecureTransport": "false"}}`),
		"a key more": release(t, "Deny", all, writes,
			`{"ArnNotEquals": {"aws:PrincipalArn": "arn:x", "aws:SourceArn": "arn:x"}}`),
		"another key":    release(t, "Deny", all, writes, `{"ArnNotEquals": {"aws:SourceArn": "arn:x"}}`),
		"one principal":  release(t, "Deny", `{"AWS": "arn:y"}`, writes, unless),
		"an allowance":   release(t, "Allow", all, writes, unless),
		"another action": release(t, "Deny", all, `"ecr:BatchGetImage"`, unless),
	} {
		if got := card(t, s, "app").Lines[2]; got != "written in Promote" {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// What starts a pipeline by way of a function starts it all the same.
func TestFunctionAsStart(t *testing.T) {
	for action, starts := range map[string]int{
		"codepipeline:StartPipelineExecution": 1,
		"codepipeline:GetPipelineExecution":   0,
	} {
		s := look(t, `{
			"Rule": {"Type": "AWS::Events::Rule", "Properties": {
				"EventPattern": {"detail": {"referenceType": ["branch", "tag"]}}, "Targets": [{"Arn": {"Fn::GetAtt": ["Trigger", "Arn"]}}]}},
			"Trigger": {"Type": "AWS::Lambda::Function", "Metadata": {"archway:package": "x/trigger"}, "Properties": {
				"Role": {"Fn::GetAtt": ["Role", "Arn"]}}},
			"Role": {"Type": "AWS::IAM::Role", "Properties": {"Policies": [{"PolicyDocument": {"Statement": [
				{"Effect": "Allow", "Action": "`+action+`", "Resource": "arn:aws:codepipeline:r:a:app"}]}}]}}}`)
		if len(s.Starts) != starts || len(s.Others) != 1-starts {
			t.Errorf("%s: %d starts, %d others", action, len(s.Starts), len(s.Others))
		}
		want := Card{Kind: Function, Title: "trigger", Lines: []string{"Lambda trigger", "may start pipeline app"},
			Of: []string{"Trigger"}}
		for _, e := range s.Starts {
			if diff := cmp.Diff(want, e.Then); diff != "" || e.When.Lines[0] != "any branch or tag" {
				t.Errorf("after %q (-want +got):\n%s", e.When.Lines, diff)
			}
		}
	}
}

// The rule is created before the pipeline, so that it can't refer to it.
func TestPipelineIsKnownByItsName(t *testing.T) {
	for arn, starts := range map[string]int{
		"arn:aws:codepipeline:r:a:app":   1,
		"arn:aws:codepipeline:r:a:other": 0,
		"arn:aws:sqs:r:a:app":            0,
	} {
		s := look(t, `{
			"Pipeline": {"Type": "AWS::CodePipeline::Pipeline", "Properties": {"Name": "app", "Stages": []}},
			"Rule": {"Type": "AWS::Events::Rule", "Properties": {"Targets": [{"Arn": "`+arn+`"}]}}}`)
		if len(s.Starts) != starts || len(s.Others) != 1-starts {
			t.Errorf("%s: %d starts, %d others", arn, len(s.Starts), len(s.Others))
		}
	}
}

// Whoever may choose the value of another variable would have it pasted into an action.
func TestNoteSaysWhatActionsAreGiven(t *testing.T) {
	const given = "CodePipeline V1 app; of what differs from run to run, actions are given "
	for configuration, want := range map[string]string{
		`"none"`:                                "CodePipeline V1 app",
		`"#{codepipeline.PipelineExecutionId}"`: given + "the execution's id and nothing else",
		`{"Fn::Join": ["", ["#{codepipeline.PipelineExecutionId} #{Source.CommitId}"]]}`: given +
			"Source.CommitId, codepipeline.PipelineExecutionId",
	} {
		s := look(t, `{"Pipeline": {"Type": "AWS::CodePipeline::Pipeline", "Properties": {"Name": "app", "Stages": [
			{"Name": "Build", "Actions": [{"Name": "app", "ActionTypeId": {"Provider": "CodeBuild"},
				"Configuration": {"EnvironmentVariables": `+configuration+`}}]}]}}}`)
		if s.Note != want {
			t.Errorf("%s: got %q, want %q", configuration, s.Note, want)
		}
	}
}

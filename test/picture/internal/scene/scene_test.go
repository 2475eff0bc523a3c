package scene

import (
	"encoding/json"
	"strings"
	"testing"

	"archway/test/picture/internal/assembly"

	"github.com/google/go-cmp/cmp"
)

// look is the scene of a stack with these resources.
func look(t *testing.T, resources string) Scene {
	t.Helper()
	stack := assembly.Stack{Name: "app"}
	if err := json.Unmarshal([]byte(resources), &stack.Resources); err != nil {
		t.Fatal(err)
	}
	return New(stack)
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
		{"Name": "Build", "Actions": [{"Name": "app", "ActionTypeId": {"Provider": "CodeBuild"}, "Configuration": {"ProjectName": {"Ref": "Project"}}}]},
		{"Name": "Promote", "Actions": [{"Name": "Promote", "ActionTypeId": {"Provider": "Lambda"}, "Configuration": {"FunctionName": {"Ref": "Promote"}}}]}]}},
	"Project": {"Type": "AWS::CodeBuild::Project", "Properties": {"ServiceRole": {"Fn::GetAtt": ["BuildRole", "Arn"]}}},
	"Promote": {"Type": "AWS::Lambda::Function", "Metadata": {"archway:package": "x/promote"}, "Properties": {"Role": {"Fn::GetAtt": ["PromoteRole", "Arn"]}}},
	"BuildRole": {"Type": "AWS::IAM::Role", "Properties": {"Policies": [{"PolicyDocument": {"Statement": [
		{"Effect": "Allow", "Action": ["ecr:BatchGetImage", "ecr:PutImage"], "Resource": {"Fn::GetAtt": ["Staging", "Arn"]}}]}}]}},
	"PromoteRole": {"Type": "AWS::IAM::Role", "Properties": {}},
	"Access": {"Type": "AWS::IAM::Policy", "Properties": {"Roles": [{"Ref": "PromoteRole"}], "PolicyDocument": {"Statement": [
		{"Effect": "Allow", "Action": "ecr:BatchGetImage", "Resource": {"Fn::GetAtt": ["Staging", "Arn"]}},
		{"Effect": "Allow", "Action": "ecr:PutImage", "Resource": {"Fn::GetAtt": ["Release", "Arn"]}}]}}},
	"Staging": {"Type": "AWS::ECR::Repository", "Properties": {"RepositoryName": "staging/app", "LifecyclePolicy": {"LifecyclePolicyText":
		"{\"rules\":[{\"selection\":{\"tagStatus\":\"untagged\",\"countType\":\"sinceImagePushed\",\"countNumber\":14,\"countUnit\":\"days\"}}]}"}}}`

// A picture must show that builds can't write releases, and what becomes of what they write.
func TestRepositoriesSayWhoWritesAndWhatExpires(t *testing.T) {
	const writes = `["ecr:CompleteLayerUpload", "ecr:InitiateLayerUpload", "ecr:PutImage", "ecr:UploadLayerPart"]`
	release := func(policy string) Scene {
		return look(t, `{`+registry+`, "Release": {"Type": "AWS::ECR::Repository", "Properties": {"RepositoryName": "app", "RepositoryPolicyText": {"Statement": [`+policy+`]}}}}`)
	}
	guarded := release(`{"Effect": "Deny", "Principal": "*", "Action": ` + writes + `, "Condition": {"ArnNotEquals": {"aws:PrincipalArn": [
		{"Fn::GetAtt": ["PromoteRole", "Arn"]}, "arn:aws:iam::111122223333:role/break-glass"]}}}`)
	if diff := cmp.Diff([]string{"ECR repository", "tags may move", "written in Build", "images without a tag expire after 14 days"}, card(t, guarded, "staging/app").Lines); diff != "" {
		t.Errorf("staging (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"ECR repository", "tags may move", "nobody but promote and role/break-glass may write", "nothing expires"}, card(t, guarded, "app").Lines); diff != "" {
		t.Errorf("release (-want +got):\n%s", diff)
	}
	last := guarded.Who[len(guarded.Who)-1]
	if last.Name != "nobody but promote and role/break-glass" || len(last.May) != 1 || last.May[0].Thing != "registry app" || last.May[0].Denied ||
		last.May[0].Verbs[0] != "write images and tags" {
		t.Errorf("got %+v", last)
	}
	// Whatever is not exactly that is shown as it stands.
	for name, policy := range map[string]string{
		"no policy":         ``,
		"another condition": `{"Effect": "Deny", "Principal": "*", "Action": ` + writes + `, "Condition": {"ArnNotLike": {"aws:PrincipalArn": "arn:x"}}}`,
		"a condition more":  `{"Effect": "Deny", "Principal": "*", "Action": ` + writes + `, "Condition": {"ArnNotEquals": {"aws:PrincipalArn": "arn:x"}, "Bool": {"aws:SecureTransport": "false"}}}`,
		"one principal":     `{"Effect": "Deny", "Principal": {"AWS": "arn:y"}, "Action": ` + writes + `, "Condition": {"ArnNotEquals": {"aws:PrincipalArn": "arn:x"}}}`,
		"an allowance":      `{"Effect": "Allow", "Principal": "*", "Action": ` + writes + `, "Condition": {"ArnNotEquals": {"aws:PrincipalArn": "arn:x"}}}`,
		"another action":    `{"Effect": "Deny", "Principal": "*", "Action": "ecr:BatchGetImage", "Condition": {"ArnNotEquals": {"aws:PrincipalArn": {"Ref": "PromoteRole"}}}}`,
	} {
		if got := card(t, release(policy), "app").Lines[2]; got != "written in Promote" {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// What starts a pipeline by way of a function starts it all the same.
func TestFunctionThatStartsThePipelineIsItsStart(t *testing.T) {
	for action, starts := range map[string]int{"codepipeline:StartPipelineExecution": 1, "codepipeline:GetPipelineExecution": 0} {
		s := look(t, `{
			"Rule": {"Type": "AWS::Events::Rule", "Properties": {"EventPattern": {"detail": {"referenceType": ["branch", "tag"]}}, "Targets": [{"Arn": {"Fn::GetAtt": ["Trigger", "Arn"]}}]}},
			"Trigger": {"Type": "AWS::Lambda::Function", "Metadata": {"archway:package": "x/trigger"}, "Properties": {"Role": {"Fn::GetAtt": ["Role", "Arn"]}}},
			"Role": {"Type": "AWS::IAM::Role", "Properties": {"Policies": [{"PolicyDocument": {"Statement": [
				{"Effect": "Allow", "Action": "`+action+`", "Resource": {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":codepipeline:r:a:app"]]}}]}}]}}}`)
		if len(s.Starts) != starts || len(s.Others) != 1-starts {
			t.Errorf("%s: %d starts, %d others", action, len(s.Starts), len(s.Others))
		}
		for _, e := range s.Starts {
			if e.Then.Title != "trigger" || !strings.Contains(strings.Join(e.Then.Lines, "; "), "may start pipeline app") || e.When.Lines[0] != "any branch or tag" {
				t.Errorf("got %+v", e)
			}
		}
	}
}

// Whoever may choose the value of another variable would have it pasted into an action.
func TestNoteSaysWhatActionsAreGiven(t *testing.T) {
	for configuration, want := range map[string]string{
		`"none"`:                                "CodePipeline V1 app",
		`"#{codepipeline.PipelineExecutionId}"`: "CodePipeline V1 app; of what differs from run to run, actions are given the execution's id and nothing else",
		`{"Fn::Join": ["", ["#{codepipeline.PipelineExecutionId} #{Source.CommitId}"]]}`: "CodePipeline V1 app; of what differs from run to run, actions are given Source.CommitId, codepipeline.PipelineExecutionId",
	} {
		s := look(t, `{"Pipeline": {"Type": "AWS::CodePipeline::Pipeline", "Properties": {"Name": "app", "Stages": [
			{"Name": "Build", "Actions": [{"Name": "app", "ActionTypeId": {"Provider": "CodeBuild"}, "Configuration": {"EnvironmentVariables": `+configuration+`}}]}]}}}`)
		if s.Note != want {
			t.Errorf("%s: got %q, want %q", configuration, s.Note, want)
		}
	}
}

package scene

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A rule of the build starts the pipeline as an event does, of branches and of git's tags.
func TestBuildRules(t *testing.T) {
	s := look(t, `{"Pipeline": {"Type": "AWS::CodePipeline::Pipeline", "Properties": {"Name": "app", "Stages": []},
		"Metadata": {"archway:settings": {
			"images": [{"name": "app", "builds": [{"action": "app-arm64", "skip": ["version"]}]}],
			"rules": [
				{"name": "main", "type": "branch", "exact": "main", "images": {"app": {"immutable": ["{commit}"], "moving": ["latest"]}}},
				{"name": "version", "type": "tag", "pattern": "v.*", "images": {"app": {}}}]}}}}`)
	want := []Event{
		{
			Card{Kind: Source, Title: "branch main", Lines: []string{"pushed to the source"}},
			Card{Kind: Rule, Title: "rule main", Lines: []string{"build rule of the trigger"}},
			Card{Kind: Rule, Title: "starts the pipeline", Lines: []string{"app: tagged {commit}; moves latest"}},
		},
		{
			Card{Kind: Source, Title: "tag v.*", Lines: []string{"pushed to the source"}},
			Card{Kind: Rule, Title: "rule version", Lines: []string{"build rule of the trigger", "without app-arm64"}},
			Card{Kind: Rule, Title: "starts the pipeline", Lines: []string{"app: no tag"}},
		},
	}
	if diff := cmp.Diff(want, s.Starts); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Who reads Slack is told.
func TestSlackIsTold(t *testing.T) {
	s := look(t, `{"Topic": {"Type": "AWS::SNS::Topic", "Properties": {}},
		"Slack": {"Type": "AWS::Chatbot::SlackChannelConfiguration", "Properties": {"SnsTopicArns": [{"Ref": "Topic"}]}}}`)
	if got := card(t, s, "Topic").Lines[1]; got != "tells by Slack" {
		t.Errorf("got %q", got)
	}
}

// A statement that says what it is not about, and a role that others may take on, are shown.
func TestNothingIsHidden(t *testing.T) {
	s := look(t, `{
		"Build": {"Type": "AWS::CodeBuild::Project", "Properties": {"ServiceRole": {"Ref": "Role"}}},
		"Role": {"Type": "AWS::IAM::Role", "Properties": {
			"AssumeRolePolicyDocument": {"Statement": [
				{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "codebuild.amazonaws.com"}},
				{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "arn:aws:iam::1:role/other"}}]},
			"Policies": [{"PolicyDocument": {"Statement": [
				{"Effect": "Allow", "NotAction": ["iam:PassRole"], "Resource": "*"},
				{"Effect": "Deny", "Action": "s3:GetObject", "NotResource": "arn:aws:s3:::mine"}]}}]}},
		"Bucket": {"Type": "AWS::S3::Bucket", "Properties": {}},
		"Policy": {"Type": "AWS::S3::BucketPolicy", "Properties": {"Bucket": {"Ref": "Bucket"}, "PolicyDocument": {"Statement": [
			{"Effect": "Deny", "NotPrincipal": {"AWS": "arn:aws:iam::1:root"}, "Action": "s3:*", "Resource": "*"}]}}}}`)
	var got []string
	for _, who := range s.Who {
		for _, p := range who.May {
			sign := "may"
			if p.Denied {
				sign = "may not"
			}
			got = append(got, who.Name+" "+sign+" "+strings.Join(p.Verbs, ", ")+" on "+p.Thing)
		}
	}
	want := []string{
		"Build may all: everything but iam:PassRole on any resource",
		"Build may not s3: GetObject on any resource but bucket mine",
		"arn:aws:iam::1:role/other may take on on role Role",
		"everybody but the account may not s3: * on bucket Bucket",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

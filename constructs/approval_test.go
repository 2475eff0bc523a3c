package constructs_test

import (
	"strings"
	"testing"

	archway "archway/constructs"

	"github.com/google/go-cmp/cmp"
)

// A pipeline may use the key of a topic from elsewhere, through SNS only.
func TestKeyOfForeignTopic(t *testing.T) {
	role := resources(t, gatedElsewhere, "AWS::IAM::Role")["PipelineRole"].Properties
	var got []string
	policy := role["Policies"].([]any)[0].(map[string]any)
	document := policy["PolicyDocument"].(map[string]any)
	for _, s := range document["Statement"].([]any) {
		if s := s.(map[string]any); strings.Contains(plain(s["Action"]), "kms:") {
			got = append(got,
				plain(s["Action"])+" on "+plain(s["Resource"])+" through "+
					plain(s["Condition"].(map[string]any)["StringEquals"].(map[string]any)["kms:ViaService"]))
		}
	}
	want := []string{"kms:Decrypt kms:GenerateDataKey on arn:aws:kms:eu-west-1:111122223333:key/theirs through sns.${AWS::Region}.${AWS::URLSuffix}"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	keys := resources(t, gatedElsewhere, "AWS::CodePipeline::Pipeline")["Pipeline"].Metadata[archway.TopicKeysMetadata]
	if diff := cmp.Diff(any(
		map[string]any{"arn:aws:sns:eu-west-1:111122223333:theirs": "arn:aws:kms:eu-west-1:111122223333:key/theirs"}),
		keys); diff != "" {
		t.Errorf("metadata (-want +got):\n%s", diff)
	}
}

// executionLink is what the link to an execution ends with.
const executionLink = "/codesuite/codepipeline/pipelines/app/executions/#{codepipeline.PipelineExecutionId}" +
	"/timeline?region=${AWS::Region}"

// An approval says what would be promoted.
func TestApprovalText(t *testing.T) {
	const want = "Is it tested?\nExecution #{codepipeline.PipelineExecutionId} of app has validated:\napp (linux/amd64, linux/arm64)"
	if got := configuration(t, gated, "CustomData")["Approval/Approve"]; got != want {
		t.Errorf("CustomData %q, want %q", got, want)
	}
	link := configuration(t, gated, "ExternalEntityLink")["Approval/Approve"]
	if !strings.HasSuffix(link, executionLink) {
		t.Errorf("link %s, want it to end with %s", link, executionLink)
	}
	if got := configuration(t, gated, "NotificationArn")["Approval/Approve"]; got != "${ReleasesTopic}" {
		t.Errorf("NotificationArn %s", got)
	}
}

// An approval of many images names as many as fit.
func TestApprovalOfManyImages(t *testing.T) {
	text := configuration(t, gatedByDefault, "CustomData")["Approval/Approve"]
	if n := len(text); n > 1000 {
		t.Errorf("the text has %d characters: CodePipeline allows 1000", n)
	}
	if !strings.HasPrefix(text, "mmm") || !strings.HasSuffix(text, "(linux/amd64, linux/arm64)\n... and 2 more") {
		t.Errorf("text %q", text)
	}
	if text := configuration(t, gatedElsewhere, "CustomData")["Approval/Approve"]; !strings.HasPrefix(text,
		"Promote these images?\nExecution ") {
		t.Errorf("text %q", text)
	}
	link := configuration(t, gatedByDefault, "ExternalEntityLink")["Approval/Approve"]
	if !strings.HasSuffix(link, executionLink) {
		t.Errorf("link %s, want it to end with %s", link, executionLink)
	}
	if _, told := configuration(t, gatedByDefault, "NotificationArn")["Approval/Approve"]; told {
		t.Error("somebody is told")
	}
}

func TestApprovalWaitsNoLongerThanItMay(t *testing.T) {
	for stack, want := range map[string]float64{gated: 90, gatedByDefault: 10080} {
		for _, s := range resources(t, stack, codePipeline)["Pipeline"].Properties["Stages"].([]any) {
			s := s.(map[string]any)
			for _, a := range s["Actions"].([]any) {
				got, limited := a.(map[string]any)["TimeoutInMinutes"]
				if approval := s["Name"] == "Approval"; limited != approval || approval && got != want {
					t.Errorf("%s, %s: TimeoutInMinutes %v, want %v for the approval and none elsewhere", stack,
						s["Name"], got, want)
				}
			}
		}
	}
}

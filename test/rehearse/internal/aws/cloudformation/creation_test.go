package cloudformation

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"archway/test/rehearse/internal/aws/cloudformation/template"
)

func TestBlocked(t *testing.T) {
	const holders = `"Bucket": {"Type": "AWS::S3::Bucket", "DeletionPolicy": "RetainExceptOnCreate"},
		"Images": {"Type": "AWS::ECR::Repository", "DeletionPolicy": "RetainExceptOnCreate"},
		"Staging": {"Type": "AWS::ECR::Repository", "Properties": {"EmptyOnDelete": true}},
		"Trial": {"Type": "AWS::S3::Bucket", "Properties": {"Tags": [{"Key": "aws-cdk:auto-delete-objects", "Value": "true"}]}}, `
	for name, test := range map[string]struct {
		resources string
		want      []string
	}{
		"the pipeline comes last": {holders +
			`"Pipeline": {"Type": "AWS::CodePipeline::Pipeline", "DependsOn": "Mid"}, "Mid": {"DependsOn": ["Failed"]}`,
			nil},
		"the pipeline fails": {holders + `"Failed": {"Type": "AWS::CodePipeline::Pipeline"}`, nil},
		"the pipeline may have run": {holders + `"Pipeline": {"Type": "AWS::CodePipeline::Pipeline"}`,
			[]string{"Bucket holds what Pipeline has written (AWS::S3::Bucket)",
				"Images holds what Pipeline has written (AWS::ECR::Repository)"}},
		"something is kept": {`"Logs": {"Type": "AWS::Logs::LogGroup", "DeletionPolicy": "Retain"}`,
			[]string{"Logs is kept (AWS::Logs::LogGroup)"}},
		"what would be kept is late": {`"Logs": {"Type": "AWS::Logs::LogGroup", "DeletionPolicy": "Retain", "Properties": {"LogGroupName": {"Ref": "Failed"}}}`,
			nil},
	} {
		t.Run(name, func(t *testing.T) {
			var parsed template.Template
			if err := json.Unmarshal([]byte(`{"Resources": {`+test.resources+`, "Failed": {}}}`), &parsed); err != nil {
				t.Fatal(err)
			}
			if name == "the pipeline fails" {
				parsed.Resources["Failed"] = template.Resource{Type: "AWS::CodePipeline::Pipeline"}
			}
			if diff := cmp.Diff(test.want, Blocked(&parsed, "Failed")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

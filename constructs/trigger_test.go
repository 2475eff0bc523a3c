package constructs_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

const eventRule = "AWS::Events::Rule"

// A push to the branch starts the pipeline.
func TestPushStartsPipeline(t *testing.T) {
	pattern := resources(t, twoImages, eventRule)["TriggerRule"].Properties["EventPattern"].(map[string]any)
	pattern["resources"] = plain(pattern["resources"])
	want := map[string]any{
		"source":      []any{"aws.codecommit"},
		"detail-type": []any{"CodeCommit Repository State Change"},
		"resources":   "${SourceRepository.Arn}",
		"detail": map[string]any{
			"event":         []any{"referenceCreated", "referenceUpdated"},
			"referenceType": []any{"branch"},
			"referenceName": []any{"trunk"},
		},
	}
	if diff := cmp.Diff(want, pattern); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestTriggerPinsThePushedCommit(t *testing.T) {
	targets := resources(t, twoImages, eventRule)["TriggerRule"].Properties["Targets"].([]any)
	if len(targets) != 1 {
		t.Fatalf("%d targets, want one", len(targets))
	}
	want := map[string]any{
		"InputPathsMap": map[string]any{"commit": "$.detail.commitId"},
		"InputTemplate": `{"sourceRevisions":[{"actionName":"Source","revisionType":"COMMIT_ID","revisionValue":<commit>}]}`,
	}
	if diff := cmp.Diff(want, targets[0].(map[string]any)["InputTransformer"]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A trigger may start this pipeline only.
func TestTriggerPermissions(t *testing.T) {
	want := []string{"codepipeline:StartPipelineExecution on arn:${AWS::Partition}:codepipeline:${AWS::Region}:${AWS::AccountId}:app"}
	if diff := cmp.Diff(want, permissions(t, twoImages, "TriggerRole")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

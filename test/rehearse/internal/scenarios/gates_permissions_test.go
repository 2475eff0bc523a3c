package scenarios_test

import (
	"strings"
	"testing"

	"archway/test/rehearse/internal/aws/codepipeline"
	"archway/test/rehearse/internal/aws/iam/iamtest"
)

// One permission of each optional stage is missing: the run stops there, its message names it, and
// no tag moves.
func TestOptionalStagesPermissions(t *testing.T) {
	tests := map[string]struct{ pipeline, role, action, stage string }{
		"the scan gate asks for findings": {scanned, "scanned/ScanGateRole", "ecr:DescribeImageScanFindings",
			"ScanGate"},
		"the scan gate reads the index": {scanned, "scanned/ScanGateRole", "ecr:BatchGetImage", "ScanGate"},
		"CodeBuild takes on the smoke test's role": {queued, "queued/appSmokeTestArm64Role", "sts:AssumeRole",
			"SmokeTest"},
		"the pipeline tells that it waits": {queued, "queued/PipelineRole", "sns:Publish", "Approval"},
		"the pipeline uses your topic's key": {superseded, "superseded/PipelineRole", "kms:GenerateDataKey",
			"Approval"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			all := stacks(t, gates+test.pipeline)
			permission, err := iamtest.Find(all, test.role, test.action, 0)
			if err != nil {
				t.Fatal(err)
			}
			changed, err := iamtest.Without(all, permission)
			if err != nil {
				t.Fatal(err)
			}
			w := deployStacks(t, changed, options{})
			w.refusals = true
			push, err := w.PushSeed(t.Context(), test.pipeline, nil)
			if err != nil {
				t.Fatal(err)
			}
			result := push.Wait()[0]
			var messages []string
			for _, action := range result.Stage(test.stage).Actions {
				messages = append(messages, action.Message)
			}
			if result.Stage(test.stage).Status != codepipeline.Failed ||
				!strings.Contains(strings.Join(messages, "\n"),
					"is not authorized to perform: "+test.action+" on resource: ") {
				t.Errorf("%s: %s, %q", test.stage, result.Stage(test.stage).Status, messages)
			}
			w.wantTags(test.pipeline, map[string]string{})
			w.wantRefused(test.action)
		})
	}
}

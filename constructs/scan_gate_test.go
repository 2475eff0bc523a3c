package constructs_test

import (
	"strings"
	"testing"

	"archway/internal/settings"
	"archway/internal/spec"

	"github.com/google/go-cmp/cmp"
)

func TestScanGateKnowsItsLimits(t *testing.T) {
	medium := 7
	for stack, want := range map[string]*spec.ScanGate{
		gated: {
			Limits: spec.Limits{Medium: &medium}, TimeoutMinutes: 45, AllowUnscannable: true,
			Accept: []spec.Accepted{{ID: "CVE-2026-1234", Reason: `not "reachable" & <so>`, Until: "2027-01-31"}},
		},
		gatedByDefault: {TimeoutMinutes: 30},
	} {
		got, err := settings.Decode(settingsOf(t, stack))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got.Images[0].Scan); diff != "" {
			t.Errorf("%s (-want +got):\n%s", stack, diff)
		}
		if got := configuration(t, stack, "UserParameters"); got["ScanGate/app"] == "" || got["ScanGate/ff"] != "" {
			t.Errorf("%s: judged are %v, want the images with limits", stack, got)
		}
	}
}

// How long a run may be held up is what the staging repository must outlast. Functions know it.
func TestLongestRun(t *testing.T) {
	for stack, want := range map[string]int{gated: 45 + 90, gatedByDefault: 30 + 7*24*60, twoImages: 0} {
		got, err := settings.Decode(settingsOf(t, stack))
		if err != nil {
			t.Fatal(err)
		}
		if got.HoldMinutes != want {
			t.Errorf("%s: %d minutes, want %d", stack, got.HoldMinutes, want)
		}
	}
}

// A scan gate may read indexes and findings only.
func TestScanGatePermissions(t *testing.T) {
	want := []string{
		"codepipeline:GetPipelineExecution on arn:${AWS::Partition}:codepipeline:${AWS::Region}:${AWS::AccountId}:app",
		"codepipeline:ListActionExecutions on arn:${AWS::Partition}:codepipeline:${AWS::Region}:${AWS::AccountId}:app",
		"codepipeline:PutJobFailureResult on *",
		"codepipeline:PutJobSuccessResult on *",
		"ecr:BatchGetImage on ${appRegistryStaging.Arn}",
		"ecr:DescribeImageScanFindings on ${appRegistryStaging.Arn}",
		"ecr:GetAuthorizationToken on *",
		"logs:CreateLogStream on ${ScanGateLogs.Arn}",
		"logs:PutLogEvents on ${ScanGateLogs.Arn}",
	}
	if diff := cmp.Diff(want, permissions(t, gatedByDefault, "ScanGateRole")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	got := strings.Join(permissions(t, gated, "ScanGateRole"), "\n")
	for _, want := range []string{"inspector2:ListCoverage on *", "inspector2:ListFindings on *"} {
		if !strings.Contains(got, want) {
			t.Errorf("with enhanced scanning, the role may not: %s; it may\n%s", want, got)
		}
	}
}

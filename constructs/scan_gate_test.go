package constructs_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestScanGateGetsTheValidatedDigestAndItsLimits(t *testing.T) {
	for stack, want := range map[string]string{
		gated:          `{"repository":"${appRegistryImages.RepositoryUri}","digest":"#{Validate-app.digest}","limits":{"CRITICAL":0,"HIGH":0,"MEDIUM":7},"minutes":45,"allowUnscannable":true}`,
		gatedByDefault: `{"repository":"${appRegistryImages.RepositoryUri}","digest":"#{Validate-app.digest}","limits":{"CRITICAL":0,"HIGH":0},"minutes":30}`,
	} {
		if got := configuration(t, stack, "UserParameters")["ScanGate/app"]; got != want {
			t.Errorf("%s: %s, want %s", stack, got, want)
		}
	}
	if got := configuration(t, gatedByDefault, "UserParameters"); got["ScanGate/f"] != "" {
		t.Errorf("an image without limits is judged: %s", got["ScanGate/f"])
	}
}

func TestScanGateIsToldByItsEnvironmentWhatIsAccepted(t *testing.T) {
	environment := func(stack string) string {
		variables, _ := resources(t, stack, "AWS::Lambda::Function")["ScanGateFunction"].Properties["Environment"].(map[string]any)
		return plain(variables["Variables"])
	}
	const want = `{"${appRegistryImages}":[{"id":"CVE-2026-1234","reason":"not \"reachable\" & <so>","until":"2027-01-31"}]}`
	variables := resources(t, gated, "AWS::Lambda::Function")["ScanGateFunction"].Properties["Environment"].(map[string]any)["Variables"].(map[string]any)
	if got := plain(variables["ACCEPTED_FINDINGS"]); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := environment(gatedByDefault); strings.Contains(got, "ACCEPTED") {
		t.Errorf("nothing is accepted, and the environment is %s", got)
	}
}

func TestScanGateMayReadIndexesAndFindingsOnly(t *testing.T) {
	want := []string{
		"codepipeline:PutJobFailureResult on *",
		"codepipeline:PutJobSuccessResult on *",
		"ecr:BatchGetImage on ${appRegistryImages.Arn}",
		"ecr:DescribeImageScanFindings on ${appRegistryImages.Arn}",
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

package constructs_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Smoke tests run on machines of their own architecture.
func TestSmokeTestMachines(t *testing.T) {
	for project, want := range map[string]map[string]any{
		"appTestamd64Project": {"Type": "LINUX_CONTAINER", "Image": "aws/codebuild/amazonlinux-x86_64-standard:6.0",
			"ComputeType": "BUILD_GENERAL1_LARGE", "PrivilegedMode": true},
		"appTestarm64Project": {"Type": "ARM_CONTAINER", "Image": "aws/codebuild/amazonlinux-aarch64-standard:4.0",
			"ComputeType": "BUILD_GENERAL1_LARGE", "PrivilegedMode": true},
	} {
		got := environment(t, gated, project)
		for key, value := range want {
			if got[key] != value {
				t.Errorf("%s: %s is %v, want %v", project, key, got[key], value)
			}
		}
	}
	if got := environment(t, gatedByDefault, "appTestarm64Project")["ComputeType"]; got != "BUILD_GENERAL1_SMALL" {
		t.Errorf("by default, the compute type is %v", got)
	}
}

// Smoke tests say what they run and expect.
func TestSmokeTestEnvironment(t *testing.T) {
	common := func(architecture string, more map[string]string) map[string]string {
		more["PIPELINE"], more["VALIDATE_ACTION"] = "app", "app"
		more["PLATFORM"], more["REPOSITORY_URI"] = "linux/"+architecture, "${appRegistryStaging.RepositoryUri}"
		return more
	}
	for project, want := range map[string]map[string]string{
		"appTestamd64Project": common("amd64", map[string]string{
			"COMMAND": `["--check","a \"b\" & c"]`, "ENVIRONMENT": `{"LEVEL":"debug"}`, "TIMEOUT_SECONDS": "90",
			"EXPECT_EXIT_CODE": "3", "EXPECT_MATCH": "matches", "EXPECT_TEXT": "^amd64 ok$",
		}),
		"appTestarm64Project": common("arm64", map[string]string{
			"COMMAND": `["--check","a \"b\" & c"]`, "ENVIRONMENT": `{"LEVEL":"debug"}`, "TIMEOUT_SECONDS": "90",
			"EXPECT_EXIT_CODE": "3", "EXPECT_MATCH": "matches", "EXPECT_TEXT": "^arm64 ok$",
		}),
	} {
		if diff := cmp.Diff(want, variables(t, gated, project)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", project, diff)
		}
	}
	if diff := cmp.Diff(common("arm64", map[string]string{
		"COMMAND": `[]`, "ENVIRONMENT": `{}`, "TIMEOUT_SECONDS": "60",
		"HTTP_PORT": "8080", "HTTP_PATH": "/", "EXPECT_STATUS": "200", "EXPECT_MATCH": "contains",
		"EXPECT_TEXT": "well",
	}), variables(t, gatedByDefault, "appTestarm64Project")); diff != "" {
		t.Errorf("a server (-want +got):\n%s", diff)
	}
}

func TestSmokeTestsHaveLimits(t *testing.T) {
	got := resources(t, gated, codeBuildProject)["appTestamd64Project"].Properties
	want := map[string]any{"TimeoutInMinutes": 17.0, "QueuedTimeoutInMinutes": 60.0}
	for key, value := range want {
		if got[key] != value {
			t.Errorf("%s is %v, want %v", key, got[key], value)
		}
	}
}

func TestSmokeTestsMayOnlyPull(t *testing.T) {
	want := []string{
		"codepipeline:ListActionExecutions on arn:${AWS::Partition}:codepipeline:${AWS::Region}:${AWS::AccountId}:app",
		"ecr:BatchGetImage on ${appRegistryStaging.Arn}",
		"ecr:GetAuthorizationToken on *",
		"ecr:GetDownloadUrlForLayer on ${appRegistryStaging.Arn}",
		"logs:CreateLogStream on ${appTestamd64Logs.Arn}",
		"logs:PutLogEvents on ${appTestamd64Logs.Arn}",
		"s3:GetBucketAcl on ${ArtifactsBucket.Arn}",
		"s3:GetBucketLocation on ${ArtifactsBucket.Arn}",
		"s3:GetObject on ${ArtifactsBucket.Arn}/*",
		"s3:GetObjectVersion on ${ArtifactsBucket.Arn}/*",
	}
	if diff := cmp.Diff(want, permissions(t, gated, "appTestamd64Role")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

package constructs_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	archway "archway/constructs"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/jsii-runtime-go"
	"github.com/google/go-cmp/cmp"
)

const codeBuildProject = "AWS::CodeBuild::Project"

var (
	builds = stack("Builds", func(stack awscdk.Stack) {
		registry := archway.NewRepositories(stack, "Registry", &archway.RepositoriesProps{RepositoryName: "app"})
		artifacts := archway.NewArtifacts(stack, "Artifacts", nil)
		var builds []*archway.NativeBuild
		for id, architecture := range map[string]archway.Platform{"Amd64": archway.AMD64, "Arm64": archway.ARM64} {
			builds = append(builds, archway.NewNativeBuild(stack, id, &archway.NativeBuildProps{
				Platform:   architecture,
				Repository: registry.Staging,
				Artifacts:  artifacts.Bucket,
				SourceURL:  "https://git.example.test/app",
			}))
		}
		archway.NewMerge(stack, "Merge", &archway.MergeProps{
			Repository: registry.Staging,
			Artifacts:  artifacts.Bucket,
			SourceURL:  "https://git.example.test/app",

			PipelineName: "shop", Image: "app", Builds: builds,
		})
	})
	buildsAsTold = stack("BuildsAsTold", func(stack awscdk.Stack) {
		registry := archway.NewRepositories(stack, "Registry", &archway.RepositoriesProps{RepositoryName: "app"})
		artifacts := archway.NewArtifacts(stack, "Artifacts", &archway.ArtifactsProps{
			ExpireDays: 7,
			EncryptionKey: awskms.Key_FromKeyArn(stack, jsii.String("Key"),
				jsii.String("arn:aws:kms:eu-west-1:111122223333:key/1")),
			RemovalPolicy: awscdk.RemovalPolicy_DESTROY,
		})
		build := archway.NewNativeBuild(stack, "Arm64", &archway.NativeBuildProps{
			Platform:      archway.ARM64,
			Repository:    registry.Staging,
			Artifacts:     artifacts.Bucket,
			SourceURL:     "https://git.example.test/app",
			Context:       "services/api/",
			Dockerfile:    "./docker/Dockerfile",
			Target:        "release",
			BuildArgs:     map[string]string{"B": "<2>", "A": "1"},
			Labels:        map[string]string{"com.example.team": "a & b"},
			Machine:       archway.Machine{Compute: archway.Compute2XLarge, TimeoutMinutes: 90},
			QueuedTimeout: 2 * time.Hour,
			SBOMGenerator: "example.test/scanner:1",
			BuildKitImage: "example.test/buildkit:1",
			Frontends:     []string{"example.test/frontend"},
			Logs: archway.Logs{LogRetention: awslogs.RetentionDays_ONE_WEEK,
				RemovalPolicy: awscdk.RemovalPolicy_DESTROY},
		})
		archway.NewMerge(stack, "Merge", &archway.MergeProps{
			PipelineName: "shop",
			Image:        "app",
			Builds:       []*archway.NativeBuild{build},
			Repository:   registry.Staging,
			Artifacts:    artifacts.Bucket,
			SourceURL:    "https://git.example.test/app",
			Timeout:      5 * time.Minute,
			Logs:         archway.Logs{LogRetention: awslogs.RetentionDays_ONE_WEEK},
		})
	})
)

func environment(t *testing.T, stack, project string) map[string]any {
	t.Helper()
	return resources(t, stack, codeBuildProject)[project].Properties["Environment"].(map[string]any)
}

func variables(t *testing.T, stack, project string) map[string]string {
	t.Helper()
	values := map[string]string{}
	for _, v := range environment(t, stack, project)["EnvironmentVariables"].([]any) {
		v := v.(map[string]any)
		if v["Type"] != "PLAINTEXT" {
			t.Errorf("%s is %s", v["Name"], v["Type"])
		}
		values[v["Name"].(string)] = plain(v["Value"])
	}
	return values
}

// Each architecture is built on its own machines.
func TestMachinesOfArchitectures(t *testing.T) {
	for project, want := range map[string]map[string]any{
		"Amd64Project": {"Type": "LINUX_CONTAINER", "Image": "aws/codebuild/amazonlinux-x86_64-standard:6.0"},
		"Arm64Project": {"Type": "ARM_CONTAINER", "Image": "aws/codebuild/amazonlinux-aarch64-standard:4.0"},
	} {
		got := environment(t, builds, project)
		if diff := cmp.Diff(want, map[string]any{"Type": got["Type"], "Image": got["Image"]}); diff != "" {
			t.Errorf("%s (-want +got):\n%s", project, diff)
		}
	}
}

// Machines have the size that is asked for.
func TestMachineSizes(t *testing.T) {
	for _, test := range []struct{ stack, project, want string }{
		{builds, "Amd64Project", "BUILD_GENERAL1_MEDIUM"},
		{builds, "Arm64Project", "BUILD_GENERAL1_MEDIUM"},
		{builds, "MergeProject", "BUILD_GENERAL1_SMALL"},
		{buildsAsTold, "Arm64Project", "BUILD_GENERAL1_2XLARGE"},
	} {
		if got := environment(t, test.stack, test.project)["ComputeType"]; got != test.want {
			t.Errorf("%s of %s has compute type %v, want %s", test.project, test.stack, got, test.want)
		}
	}
}

func TestOnlyBuildsArePrivileged(t *testing.T) {
	for project, want := range map[string]bool{"Amd64Project": true, "Arm64Project": true, "MergeProject": false} {
		if got := environment(t, builds, project)["PrivilegedMode"]; got != want {
			t.Errorf("PrivilegedMode of %s is %v, want %v", project, got, want)
		}
	}
}

func TestBuildHasTimeLimits(t *testing.T) {
	for _, test := range []struct {
		stack, project string
		build, queued  float64
	}{
		{builds, "Amd64Project", 60, 60},
		{builds, "MergeProject", 15, 60},
		{buildsAsTold, "Arm64Project", 90, 120},
		{buildsAsTold, "MergeProject", 5, 60},
	} {
		got := resources(t, test.stack, codeBuildProject)[test.project].Properties
		if got["TimeoutInMinutes"] != test.build || got["QueuedTimeoutInMinutes"] != test.queued {
			t.Errorf("%s of %s may take %v and wait %v minutes, want %v and %v", test.project, test.stack,
				got["TimeoutInMinutes"], got["QueuedTimeoutInMinutes"], test.build, test.queued)
		}
	}
}

// A build knows its image by its environment only.
func TestBuildEnvironment(t *testing.T) {
	want := map[string]string{
		"REPOSITORY_URI":   "${RegistryStaging.RepositoryUri}",
		"CACHE_REF":        "${RegistryStaging.RepositoryUri}:cache-amd64",
		"PLATFORM":         "linux/amd64",
		"BUILD_CONTEXT":    ".",
		"DOCKERFILE":       "Dockerfile",
		"BUILD_ARGS":       "{}",
		"IMAGE_LABELS":     "{}",
		"SOURCE_URL":       "https://git.example.test/app",
		"BUILDKIT_IMAGES":  strings.Join(archway.DefaultBuildKitImages, " "),
		"BUILDKITD_CONFIG": "[frontend.\"gateway.v0\"]\n  allowedRepositories = [\"docker.io/docker/dockerfile\", \"mirror.gcr.io/docker/dockerfile\"]\n",
	}
	if diff := cmp.Diff(want, variables(t, builds, "Amd64Project")); diff != "" {
		t.Errorf("defaults (-want +got):\n%s", diff)
	}
	want = map[string]string{
		"REPOSITORY_URI":   "${RegistryStaging.RepositoryUri}",
		"CACHE_REF":        "${RegistryStaging.RepositoryUri}:cache-arm64",
		"PLATFORM":         "linux/arm64",
		"BUILD_CONTEXT":    "services/api",
		"DOCKERFILE":       "docker/Dockerfile",
		"BUILD_TARGET":     "release",
		"BUILD_ARGS":       `{"A":"1","B":"<2>"}`,
		"IMAGE_LABELS":     `{"com.example.team":"a & b"}`,
		"SOURCE_URL":       "https://git.example.test/app",
		"SBOM_GENERATOR":   "example.test/scanner:1",
		"BUILDKIT_IMAGES":  "example.test/buildkit:1",
		"BUILDKITD_CONFIG": "[frontend.\"gateway.v0\"]\n  allowedRepositories = [\"example.test/frontend\"]\n",
	}
	if diff := cmp.Diff(want, variables(t, buildsAsTold, "Arm64Project")); diff != "" {
		t.Errorf("as told (-want +got):\n%s", diff)
	}
}

// A merge knows its image by its environment only.
func TestMergeEnvironment(t *testing.T) {
	want := map[string]string{
		"REPOSITORY_URI": "${RegistryStaging.RepositoryUri}", "SOURCE_URL": "https://git.example.test/app",
		"PIPELINE": "shop", "BUILDS": `{"linux/amd64":"app-amd64","linux/arm64":"app-arm64"}`,
	}
	if diff := cmp.Diff(want, variables(t, builds, "MergeProject")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A build may read its source, use its cache and push.
func TestBuildPermissions(t *testing.T) {
	want := []string{
		"ecr:BatchCheckLayerAvailability on ${RegistryStaging.Arn}",
		"ecr:BatchGetImage on ${RegistryStaging.Arn}",
		"ecr:CompleteLayerUpload on ${RegistryStaging.Arn}",
		"ecr:GetAuthorizationToken on *",
		"ecr:GetDownloadUrlForLayer on ${RegistryStaging.Arn}",
		"ecr:InitiateLayerUpload on ${RegistryStaging.Arn}",
		"ecr:PutImage on ${RegistryStaging.Arn}",
		"ecr:UploadLayerPart on ${RegistryStaging.Arn}",
		"logs:CreateLogStream on ${Amd64Logs.Arn}",
		"logs:PutLogEvents on ${Amd64Logs.Arn}",
		"s3:GetBucketAcl on ${ArtifactsBucket.Arn}",
		"s3:GetBucketLocation on ${ArtifactsBucket.Arn}",
		"s3:GetObject on ${ArtifactsBucket.Arn}/*",
		"s3:GetObjectVersion on ${ArtifactsBucket.Arn}/*",
	}
	if diff := cmp.Diff(want, permissions(t, builds, "Amd64Role")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A merge may read images and put an index.
func TestMergePermissions(t *testing.T) {
	want := []string{
		"codepipeline:ListActionExecutions on arn:${AWS::Partition}:codepipeline:${AWS::Region}:${AWS::AccountId}:shop",
		"ecr:BatchGetImage on ${RegistryStaging.Arn}",
		"ecr:GetAuthorizationToken on *",
		"ecr:PutImage on ${RegistryStaging.Arn}",
		"logs:CreateLogStream on ${MergeLogs.Arn}",
		"logs:PutLogEvents on ${MergeLogs.Arn}",
		"s3:GetBucketAcl on ${ArtifactsBucket.Arn}",
		"s3:GetBucketLocation on ${ArtifactsBucket.Arn}",
		"s3:GetObject on ${ArtifactsBucket.Arn}/*",
		"s3:GetObjectVersion on ${ArtifactsBucket.Arn}/*",
	}
	if diff := cmp.Diff(want, permissions(t, builds, "MergeRole")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A build may decrypt artifacts, with their key only.
func TestBuildDecryptsArtifacts(t *testing.T) {
	var got []string
	for _, permission := range permissions(t, buildsAsTold, "Arm64Role") {
		if permission[:4] == "kms:" {
			got = append(got, permission)
		}
	}
	if diff := cmp.Diff([]string{"kms:Decrypt on arn:aws:kms:eu-west-1:111122223333:key/1"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Only CodeBuild of this account runs builds.
func TestBuildTrust(t *testing.T) {
	roles := resources(t, builds, "AWS::IAM::Role")
	if got, want := slices.Sorted(maps.Keys(roles)),
		[]string{"Amd64Role", "Arm64Role", "MergeRole"}; !slices.Equal(got, want) {
		t.Errorf("got the roles %v, expected %v", got, want)
	}
	for id, role := range roles {
		want := []any{map[string]any{
			"Action":    "sts:AssumeRole",
			"Effect":    "Allow",
			"Principal": map[string]any{"Service": "codebuild.amazonaws.com"},
			"Condition": map[string]any{
				"StringEquals": map[string]any{"aws:SourceAccount": map[string]any{"Ref": "AWS::AccountId"}}},
		}}
		got := role.Properties["AssumeRolePolicyDocument"].(map[string]any)["Statement"]
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", id, diff)
		}
	}
}

func TestBuildLogsAreKeptForAWhile(t *testing.T) {
	for _, test := range []struct {
		stack, group string
		days         float64
		deletion     string
	}{
		{builds, "Amd64Logs", 90, "RetainExceptOnCreate"},
		{builds, "MergeLogs", 90, "RetainExceptOnCreate"},
		{buildsAsTold, "Arm64Logs", 7, "Delete"},
		{buildsAsTold, "MergeLogs", 7, "RetainExceptOnCreate"},
	} {
		got := resources(t, test.stack, "AWS::Logs::LogGroup")[test.group]
		if got.Properties["RetentionInDays"] != test.days || got.DeletionPolicy != test.deletion {
			t.Errorf("%s of %s: %v days, %s; want %v days, %s", test.group, test.stack,
				got.Properties["RetentionInDays"], got.DeletionPolicy, test.days, test.deletion)
		}
	}
}

func TestBuildWritesToItsOwnLogGroup(t *testing.T) {
	for _, name := range []string{"Amd64", "Arm64", "Merge"} {
		want := map[string]any{"CloudWatchLogs": map[string]any{"Status": "ENABLED",
			"GroupName": "${" + name + "Logs}"}}
		got := resources(t, builds, codeBuildProject)[name+"Project"].Properties["LogsConfig"].(map[string]any)
		group := got["CloudWatchLogs"].(map[string]any)
		group["GroupName"] = plain(group["GroupName"])
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

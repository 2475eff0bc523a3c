package constructs_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A pipeline may do what its actions do, on their resources only.
func TestPipelinePermissions(t *testing.T) {
	want := []string{
		"codebuild:BatchGetBuilds on ${apiBuildamd64Project.Arn}",
		"codebuild:BatchGetBuilds on ${apiBuildarm64Project.Arn}",
		"codebuild:BatchGetBuilds on ${apiMergeProject.Arn}",
		"codebuild:BatchGetBuilds on ${webBuildarm64Project.Arn}",
		"codebuild:BatchGetBuilds on ${webMergeProject.Arn}",
		"codebuild:StartBuild on ${apiBuildamd64Project.Arn}",
		"codebuild:StartBuild on ${apiBuildarm64Project.Arn}",
		"codebuild:StartBuild on ${apiMergeProject.Arn}",
		"codebuild:StartBuild on ${webBuildarm64Project.Arn}",
		"codebuild:StartBuild on ${webMergeProject.Arn}",
		"codebuild:StopBuild on ${apiBuildamd64Project.Arn}",
		"codebuild:StopBuild on ${apiBuildarm64Project.Arn}",
		"codebuild:StopBuild on ${apiMergeProject.Arn}",
		"codebuild:StopBuild on ${webBuildarm64Project.Arn}",
		"codebuild:StopBuild on ${webMergeProject.Arn}",
		"codecommit:CancelUploadArchive on ${SourceRepository.Arn}",
		"codecommit:GetBranch on ${SourceRepository.Arn}",
		"codecommit:GetCommit on ${SourceRepository.Arn}",
		"codecommit:GetUploadArchiveStatus on ${SourceRepository.Arn}",
		"codecommit:UploadArchive on ${SourceRepository.Arn}",
		"lambda:InvokeFunction on ${PromoteFunction.Arn}",
		"lambda:InvokeFunction on ${ValidateFunction.Arn}",
		"s3:GetBucketAcl on ${ArtifactsBucket.Arn}",
		"s3:GetBucketLocation on ${ArtifactsBucket.Arn}",
		"s3:GetBucketVersioning on ${ArtifactsBucket.Arn}",
		"s3:GetObject on ${ArtifactsBucket.Arn}/*",
		"s3:GetObjectVersion on ${ArtifactsBucket.Arn}/*",
		"s3:PutObject on ${ArtifactsBucket.Arn}/*",
	}
	if diff := cmp.Diff(want, permissions(t, twoImages, "PipelineRole")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestActionsUseThePipelinesRole(t *testing.T) {
	for _, stage := range stages(t, twoImages) {
		for _, action := range stage.Actions {
			if action.RoleArn != nil {
				t.Errorf("%s/%s has a role of its own: %s", stage.Name, action.Name, plain(action.RoleArn))
			}
		}
	}
}

// Nobody but the promoter may write releases. A machine that runs somebody's Dockerfile must not be
// able to write where people pull.
func TestWhoWritesReleases(t *testing.T) {
	for _, stack := range []string{twoImages, ruled, gated} {
		writers := 0
		for role := range resources(t, stack, "AWS::IAM::Role") {
			for _, permission := range permissions(t, stack, role) {
				action, on, _ := strings.Cut(permission, " on ")
				if !strings.HasPrefix(action, "ecr:") || !strings.Contains(on, "RegistryImages") &&
					!(on == "*" && action != "ecr:GetAuthorizationToken") {
					continue
				}
				switch action {
				case "ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:DescribeImages",
					"ecr:GetDownloadUrlForLayer", "ecr:DescribeImageScanFindings":
				default:
					if writers++; role != "PromoteRole" {
						t.Errorf("%s: %s may %s", stack, role, permission)
					}
				}
			}
		}
		if writers == 0 {
			t.Errorf("%s: nobody writes releases", stack)
		}
	}
}

// The policies of releases deny everybody else to write.
func TestReleasePolicy(t *testing.T) {
	for _, name := range []string{"apiRegistryImages", "webRegistryImages"} {
		want := map[string]any{"Version": "2012-10-17", "Statement": []any{map[string]any{
			"Sid": "OnlyThePromoterWrites", "Effect": "Deny", "Principal": "*",
			"Action": []any{"ecr:CompleteLayerUpload", "ecr:InitiateLayerUpload", "ecr:PutImage",
				"ecr:UploadLayerPart"},
			"Condition": map[string]any{
				"ArnNotEquals": map[string]any{"aws:PrincipalArn": []any{"${PromoteRole.Arn}"}}},
		}}}
		got, _ := resources(t, twoImages, ecrRepository)[name].Properties["RepositoryPolicyText"].(map[string]any)
		for _, statement := range got["Statement"].([]any) {
			condition := statement.(map[string]any)["Condition"].(map[string]any)["ArnNotEquals"].(map[string]any)
			for i, arn := range list(condition["aws:PrincipalArn"]) {
				condition["aws:PrincipalArn"].([]any)[i] = plain(arn)
			}
		}
		if diff := cmp.Diff(any(want), any(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	for _, name := range []string{"apiRegistryStaging", "webRegistryStaging"} {
		if got, found := resources(t, twoImages, ecrRepository)[name].Properties["RepositoryPolicyText"]; found {
			t.Errorf("%s has a policy: %s", name, plain(got))
		}
	}
}

// Wildcards stand only where AWS allows nothing else.
func TestWildcards(t *testing.T) {
	allowed := map[string]bool{
		"ecr:GetAuthorizationToken on *":           true,
		"codepipeline:PutJobFailureResult on *":    true,
		"codepipeline:PutJobSuccessResult on *":    true,
		"s3:GetObject on ${ArtifactsBucket.Arn}/*": true, "s3:GetObjectVersion on ${ArtifactsBucket.Arn}/*": true,
		"s3:PutObject on ${ArtifactsBucket.Arn}/*": true,
	}
	for role := range resources(t, twoImages, "AWS::IAM::Role") {
		for _, permission := range permissions(t, twoImages, role) {
			if strings.Contains(permission, "*") && !allowed[permission] {
				t.Errorf("%s: %s", role, permission)
			}
		}
	}
}

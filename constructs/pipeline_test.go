package constructs_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	archway "archway/constructs"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodepipeline"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsecr"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/google/go-cmp/cmp"
)

const codePipeline = "AWS::CodePipeline::Pipeline"

// twoImages is a pipeline with one image for two architectures, and one for a single architecture.
var twoImages = stack("TwoImages", func(stack awscdk.Stack) {
	source := archway.NewSource(stack, "Source", &archway.SourceProps{RepositoryName: "app"})
	artifacts := archway.NewArtifacts(stack, "Artifacts", nil)
	image := func(name string, architectures ...archway.Architecture) archway.PipelineImage {
		scope := constructs.NewConstruct(stack, &name)
		registry := archway.NewRegistry(scope, "Registry", nil)
		image := archway.PipelineImage{
			Name:          name,
			Repository:    registry.Repository,
			ImmutableTags: []string{"{commit:12}"},
			MovingTags:    []string{"latest", "{branch}"},
			Merge:         archway.NewMerge(scope, "Merge", &archway.MergeProps{Repository: registry.Repository, Artifacts: artifacts.Bucket, SourceURL: "x"}),
		}
		for _, architecture := range architectures {
			image.Builds = append(image.Builds, archway.NewNativeBuild(scope, "Build-"+string(architecture), &archway.NativeBuildProps{
				Architecture: architecture, Repository: registry.Repository, Cache: registry.Cache, Artifacts: artifacts.Bucket, SourceURL: "x",
			}))
		}
		return image
	}
	images := []archway.PipelineImage{image("api", archway.AMD64, archway.ARM64), image("web", archway.ARM64)}
	images[1].Validation = archway.Validation{
		AllowedPlatforms: []string{"linux/arm/v7"}, RequireProvenance: true, RequireSBOM: true,
		Downgrade: map[string]archway.Downgrade{
			"config-parity": {Severity: archway.Warning, Reason: `arm64 alone "wraps"`},
			"regression":    {Severity: archway.Info, Reason: "x86 is given up"},
		},
	}
	functions := &archway.RegistryFunctionProps{Repositories: []awsecr.IRepository{images[0].Repository, images[1].Repository}}
	pipeline := archway.NewPipeline(stack, "Pipeline", &archway.PipelineProps{
		PipelineName: "app",
		Repository:   source.Repository,
		Branch:       "trunk",
		Artifacts:    artifacts.Bucket,
		Images:       images,
		Validator:    archway.NewValidator(stack, "Validate", functions).Function,
		Promoter: archway.NewPromoter(stack, "Promote", &archway.PromoterProps{
			Repositories: functions.Repositories, Source: source.Repository, PipelineName: "app",
		}).Function,
	})
	archway.NewTrigger(stack, "Trigger", &archway.TriggerProps{Repository: source.Repository, Branch: "trunk", Pipeline: pipeline.Pipeline})
	awscdk.NewCfnOutput(stack, jsii.String("Console"), &awscdk.CfnOutputProps{Value: pipeline.ConsoleURL})
})

type stage struct {
	Name      string
	OnFailure map[string]string
	Actions   []struct {
		Name, Namespace                 string
		RunOrder                        int
		RoleArn                         any
		ActionTypeId                    struct{ Category, Owner, Provider, Version string }
		Configuration                   map[string]any
		InputArtifacts, OutputArtifacts []struct{ Name string }
	}
}

func stages(t *testing.T, stack string) []stage {
	t.Helper()
	data, err := json.Marshal(resources(t, stack, codePipeline)["Pipeline"].Properties["Stages"])
	if err != nil {
		t.Fatal(err)
	}
	var stages []stage
	if err := json.Unmarshal(data, &stages); err != nil {
		t.Fatal(err)
	}
	return stages
}

// configuration are the values of one key of all actions' configuration, by "Stage/action".
func configuration(t *testing.T, stack, key string) map[string]string {
	t.Helper()
	values := map[string]string{}
	for _, stage := range stages(t, stack) {
		for _, action := range stage.Actions {
			if value, found := action.Configuration[key]; found {
				values[stage.Name+"/"+action.Name] = plain(value)
			}
		}
	}
	return values
}

func TestPipelineHasFiveStagesWithActionsNamedAfterImages(t *testing.T) {
	var got []string
	for _, stage := range stages(t, twoImages) {
		var names []string
		for _, action := range stage.Actions {
			names = append(names, action.Name)
		}
		got = append(got, stage.Name+": "+strings.Join(names, " "))
	}
	want := []string{"Source: Source", "Build: api-amd64 api-arm64 web-arm64", "Merge: api web", "Validate: api web", "Promote: api-check web-check api web"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestActionsOfAStageRunInParallelAfterTheChecksOfAllImages(t *testing.T) {
	for _, stage := range stages(t, twoImages) {
		for _, action := range stage.Actions {
			want := 1
			if stage.Name == "Promote" && !strings.HasSuffix(action.Name, "-check") {
				want = 2
			}
			if action.RunOrder != want {
				t.Errorf("%s/%s waits for others: RunOrder %d", stage.Name, action.Name, action.RunOrder)
			}
		}
	}
}

func TestActionsHaveNamespacesNamedAfterStageAndAction(t *testing.T) {
	var got []string
	for _, stage := range stages(t, twoImages) {
		for _, action := range stage.Actions {
			got = append(got, action.Namespace)
		}
	}
	want := []string{"Source", "Build-api-amd64", "Build-api-arm64", "Build-web-arm64", "Merge-api", "Merge-web",
		"Validate-api", "Validate-web", "Promote-api-check", "Promote-web-check", "Promote-api", "Promote-web"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestPipelineIsV2AndTakesEveryPush(t *testing.T) {
	hasProperties(t, twoImages, codePipeline, map[string]any{"PipelineType": "V2", "ExecutionMode": "QUEUED", "Name": "app"})
}

func TestPipelineHasTheBranchAsAVariable(t *testing.T) {
	hasProperties(t, twoImages, codePipeline, map[string]any{
		"Variables": []any{map[string]any{"Name": "branch", "DefaultValue": "trunk"}},
	})
}

func TestSourceActionNeitherPollsNorFollowsTheBranchByItself(t *testing.T) {
	if diff := cmp.Diff(map[string]string{"Source/Source": "false"}, configuration(t, twoImages, "PollForSourceChanges")); diff != "" {
		t.Errorf("PollForSourceChanges (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]string{"Source/Source": "trunk"}, configuration(t, twoImages, "BranchName")); diff != "" {
		t.Errorf("BranchName (-want +got):\n%s", diff)
	}
	if rules := resources(t, twoImages, "AWS::Events::Rule"); len(rules) != 1 {
		t.Errorf("%d rules start the pipeline, want the trigger's only", len(rules))
	}
}

func TestBuildsAndMergesGetTheCommitAndTheDigestsOfThisRun(t *testing.T) {
	commit := `{"name":"COMMIT_ID","value":"#{Source.CommitId}"}`
	want := map[string]string{
		"Build/api-amd64": "[" + commit + "]",
		"Build/api-arm64": "[" + commit + "]",
		"Build/web-arm64": "[" + commit + "]",
		"Merge/api": "[" + commit + `,{"name":"IMAGE_DIGESTS","value":` +
			`"linux/amd64=#{Build-api-amd64.IMAGE_DIGEST} linux/arm64=#{Build-api-arm64.IMAGE_DIGEST}"}]`,
		"Merge/web": "[" + commit + `,{"name":"IMAGE_DIGESTS","value":"linux/arm64=#{Build-web-arm64.IMAGE_DIGEST}"}]`,
	}
	if diff := cmp.Diff(want, configuration(t, twoImages, "EnvironmentVariables")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestValidationGetsTheIndexAndTheBuildsOfThisRun(t *testing.T) {
	got := configuration(t, twoImages, "UserParameters")
	want := map[string]string{
		"Validate/api": `{"repository":"${apiRegistryImages.RepositoryUri}","digest":"#{Merge-api.INDEX_DIGEST}","revision":"#{Source.CommitId}",` +
			`"builds":{"linux/amd64":"#{Build-api-amd64.IMAGE_DIGEST}","linux/arm64":"#{Build-api-arm64.IMAGE_DIGEST}"},"branch":"#{variables.branch}","moving":["latest","{branch}"]}`,
		"Validate/web": `{"repository":"${webRegistryImages.RepositoryUri}","digest":"#{Merge-web.INDEX_DIGEST}","revision":"#{Source.CommitId}",` +
			`"builds":{"linux/arm64":"#{Build-web-arm64.IMAGE_DIGEST}"},"branch":"#{variables.branch}","moving":["latest","{branch}"],` +
			`"allow":["linux/arm/v7"],"downgrade":{"config-parity":"warning:arm64 alone \"wraps\"","regression":"info:x86 is given up"},"provenance":true,"sbom":true}`,
		"Promote/api": `{"repository":"${apiRegistryImages.RepositoryUri}","digest":"#{Validate-api.digest}","commit":"#{Source.CommitId}",` +
			`"branch":"#{variables.branch}","execution":"#{codepipeline.PipelineExecutionId}","immutable":["{commit:12}"],"moving":["latest","{branch}"]}`,
		"Promote/api-check": `{"repository":"${apiRegistryImages.RepositoryUri}","digest":"#{Validate-api.digest}","commit":"#{Source.CommitId}",` +
			`"branch":"#{variables.branch}","execution":"#{codepipeline.PipelineExecutionId}","check":true,"immutable":["{commit:12}"],"moving":["latest","{branch}"]}`,
		"Promote/web": `{"repository":"${webRegistryImages.RepositoryUri}","digest":"#{Validate-web.digest}","commit":"#{Source.CommitId}",` +
			`"branch":"#{variables.branch}","execution":"#{codepipeline.PipelineExecutionId}","immutable":["{commit:12}"],"moving":["latest","{branch}"],"downgrade":{"regression":"info:x86 is given up"}}`,
		"Promote/web-check": `{"repository":"${webRegistryImages.RepositoryUri}","digest":"#{Validate-web.digest}","commit":"#{Source.CommitId}",` +
			`"branch":"#{variables.branch}","execution":"#{codepipeline.PipelineExecutionId}","check":true,"immutable":["{commit:12}"],"moving":["latest","{branch}"],"downgrade":{"regression":"info:x86 is given up"}}`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestOnlySourceCodeTravelsAsAnArtifact(t *testing.T) {
	for _, stage := range stages(t, twoImages) {
		for _, action := range stage.Actions {
			for _, artifact := range append(action.InputArtifacts, action.OutputArtifacts...) {
				if artifact.Name != "SourceCode" {
					t.Errorf("%s/%s has an artifact %s", stage.Name, action.Name, artifact.Name)
				}
			}
			if action.ActionTypeId.Category == "Build" && len(action.InputArtifacts) != 1 {
				t.Errorf("%s/%s has %d input artifacts, and CodeBuild takes one", stage.Name, action.Name, len(action.InputArtifacts))
			}
			if action.ActionTypeId.Provider == "Lambda" && len(action.InputArtifacts) != 0 {
				t.Errorf("%s/%s reads artifacts: a rollback after they expired would fail", stage.Name, action.Name)
			}
		}
	}
}

func TestPipelineMayDoWhatItsActionsDoOnTheirResourcesOnly(t *testing.T) {
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

// Everybody else reaches the registry only by pushing or putting by digest, or not at all.
func TestOnlyTheRegistrysOwnWritersMayWriteToIt(t *testing.T) {
	want := map[string]bool{ // role: may it put images?
		"apiBuildamd64Role": true, "apiBuildarm64Role": true, "apiMergeRole": true,
		"webBuildarm64Role": true, "webMergeRole": true,
		"PromoteRole": true, "ValidateRole": false, "PipelineRole": false, "TriggerRole": false,
	}
	got := map[string]bool{}
	for role := range resources(t, twoImages, "AWS::IAM::Role") {
		got[role] = false
		for _, permission := range permissions(t, twoImages, role) {
			if strings.HasPrefix(permission, "ecr:PutImage on ${apiRegistryImages") || strings.HasPrefix(permission, "ecr:PutImage on ${webRegistryImages") {
				got[role] = true
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestWildcardsStandOnlyWhereAWSAllowsNothingElse(t *testing.T) {
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

func TestConsoleLinkWorksInEveryPartition(t *testing.T) {
	got := output(t, twoImages, "Console")
	want := regexp.MustCompile(`^https://\$\{AWS::Region\}\.\{"Fn::FindInMap":\["PipelineConsole[0-9A-F]{8}",\{"Ref":"AWS::Partition"\},"host"\]\}` +
		`/codesuite/codepipeline/pipelines/\$\{Pipeline\}/view\?region=\$\{AWS::Region\}$`)
	if !want.MatchString(got) {
		t.Errorf("got %s, want it to match %s", got, want)
	}
	template := synthesize()[twoImages].template
	for partition, host := range map[string]string{
		"aws": "console.aws.amazon.com", "aws-cn": "console.amazonaws.cn", "aws-us-gov": "console.amazonaws-us-gov.com", "aws-eusc": "console.amazonaws-eusc.eu",
	} {
		expect(t, func() {
			template.HasMapping(jsii.String("*"), map[string]any{partition: map[string]any{"host": host}})
		})
	}
}

var oneImage = stack("OneImage", func(stack awscdk.Stack) { newOneImage(stack, nil) })

var verified = stack("Verified", func(stack awscdk.Stack) {
	newOneImage(stack, func(p *archway.PipelineProps) {
		p.RollbackOnFailure = true
		p.Verify = []*awscodepipeline.CfnPipeline_ActionDeclarationProperty{{
			Name: jsii.String("smoke"), RunOrder: jsii.Number(archway.VerifyOrder),
			ActionTypeId: &awscodepipeline.CfnPipeline_ActionTypeIdProperty{
				Category: jsii.String("Approval"), Owner: jsii.String("AWS"), Provider: jsii.String("Manual"), Version: jsii.String("1"),
			},
		}}
	})
})

func TestPromotionOfOneImageNeedsNoCheckBeforeIt(t *testing.T) {
	promote := stages(t, oneImage)[4]
	if len(promote.Actions) != 1 || promote.Actions[0].RunOrder != 1 || promote.OnFailure != nil {
		t.Errorf("got %+v", promote)
	}
}

func TestWhatVerifiesAPromotionIsRolledBackWithIt(t *testing.T) {
	promote := stages(t, verified)[4]
	if diff := cmp.Diff(map[string]string{"Result": "ROLLBACK"}, promote.OnFailure); diff != "" {
		t.Errorf("OnFailure (-want +got):\n%s", diff)
	}
	if len(promote.Actions) != 2 || promote.Actions[1].Name != "smoke" || promote.Actions[1].RunOrder != 3 {
		t.Errorf("got %+v", promote.Actions)
	}
}

// newOneImage adds a pipeline of one image.
func newOneImage(stack awscdk.Stack, change func(*archway.PipelineProps)) {
	source := archway.NewSource(stack, "Source", &archway.SourceProps{RepositoryName: "app"})
	artifacts := archway.NewArtifacts(stack, "Artifacts", nil)
	registry := archway.NewRegistry(stack, "Registry", nil)
	functions := &archway.RegistryFunctionProps{Repositories: []awsecr.IRepository{registry.Repository}}
	props := &archway.PipelineProps{
		PipelineName: "app", Repository: source.Repository, Artifacts: artifacts.Bucket,
		Images: []archway.PipelineImage{{
			Name: "app", Repository: registry.Repository, MovingTags: []string{"latest"},
			Merge: archway.NewMerge(stack, "Merge", &archway.MergeProps{Repository: registry.Repository, Artifacts: artifacts.Bucket, SourceURL: "x"}),
			Builds: []*archway.NativeBuild{archway.NewNativeBuild(stack, "Build", &archway.NativeBuildProps{
				Architecture: archway.ARM64, Repository: registry.Repository, Cache: registry.Cache, Artifacts: artifacts.Bucket, SourceURL: "x",
			})},
		}},
		Validator: archway.NewValidator(stack, "Validate", functions).Function,
		Promoter: archway.NewPromoter(stack, "Promote", &archway.PromoterProps{
			Repositories: functions.Repositories, Source: source.Repository, PipelineName: "app",
		}).Function,
	}
	if change != nil {
		change(props)
	}
	archway.NewPipeline(stack, "Pipeline", props)
}

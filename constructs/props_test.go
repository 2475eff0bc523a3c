package constructs_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	archway "archway/constructs"
	"archway/internal/checks"

	"github.com/aws/aws-cdk-go/awscdk/v2/awscodecommit"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodepipeline"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsecr"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/jsii-runtime-go"
	"github.com/google/go-cmp/cmp"
)

// Validation looks at props without asking Node, so that resources need to be there and nothing else.
type (
	aRepository struct{ awsecr.IRepository }
	aBucket     struct{ awss3.IBucket }
	aSource     struct{ awscodecommit.IRepository }
	aFunction   struct{ awslambda.IFunction }
	aPipeline   struct{ awscodepipeline.IPipeline }
	aTopic      struct{ awssns.ITopic }
)

// lines are the problems, one to a line.
func lines(err error) []string {
	if err == nil {
		return nil
	}
	return strings.Split(err.Error(), "\n")
}

func TestValidateReportsEveryProblemOfTheProps(t *testing.T) {
	three := 3
	build := archway.NativeBuildProps{
		Architecture: archway.ARM64, Repository: aRepository{}, Cache: aRepository{}, Artifacts: aBucket{}, SourceURL: "x",
	}
	as := func(change func(*archway.NativeBuildProps)) *archway.NativeBuildProps {
		changed := build
		change(&changed)
		return &changed
	}
	image := archway.PipelineImage{
		Name: "app", Repository: aRepository{}, Builds: []*archway.NativeBuild{{Architecture: archway.AMD64}}, Merge: &archway.Merge{},
	}
	judged := func(v archway.Validation) archway.PipelineImage {
		changed := image
		changed.Validation = v
		return changed
	}
	pipeline := func(images ...archway.PipelineImage) *archway.PipelineProps {
		return &archway.PipelineProps{Repository: aSource{}, Artifacts: aBucket{}, Validator: aFunction{}, Promoter: aFunction{}, Images: images}
	}
	tests := []struct {
		name  string
		props interface{ Validate() error }
		want  []string
	}{
		{"registry: no props", (*archway.RegistryProps)(nil), nil},
		{"registry: all is well", &archway.RegistryProps{MovingTags: []string{"latest", "v*-*", "${Token[Tag.1]}"}}, nil},
		{"registry: everything is wrong", &archway.RegistryProps{
			MovingTags:   []string{"a", "", "a*b*c*", "a/b", strings.Repeat("a", 129), "b"},
			UntaggedDays: -1,
		}, []string{
			"MovingTags has 6 filters: ECR allows 5, so cover several tags by one filter with a *",
			`MovingTags[1] is "": ECR allows 1 to 128 letters, digits, and the characters . _ - *`,
			`MovingTags[2] is "a*b*c*": ECR allows 2 asterisks in a filter`,
			`MovingTags[3] is "a/b": ECR allows 1 to 128 letters, digits, and the characters . _ - *`,
			`MovingTags[4] is "` + strings.Repeat("a", 129) + `": ECR allows 1 to 128 letters, digits, and the characters . _ - *`,
			"UntaggedDays is -1: ECR counts whole days from 1",
		}},
		{"registry: days and none", &archway.RegistryProps{UntaggedDays: 30, KeepUntagged: true}, []string{
			"UntaggedDays is 30, but KeepUntagged says that nothing is deleted: leave out one of them",
		}},
		{"artifacts: no props", (*archway.ArtifactsProps)(nil), nil},
		{"artifacts: no days", &archway.ArtifactsProps{ExpireDays: -7}, []string{"ExpireDays is -7: S3 counts whole days from 1"}},

		{"source: no props", (*archway.SourceProps)(nil), []string{"the props are nil: give at least the required ones"}},
		{"source: all is well", &archway.SourceProps{RepositoryName: "app", Seed: "testdata"}, nil},
		{"source: a name that is known later", &archway.SourceProps{RepositoryName: "${Token[TOKEN.12]}"}, nil},
		{"source: nothing", &archway.SourceProps{}, []string{"RepositoryName is missing: give the name of a CodeCommit repository"}},
		{"source: a bad name and a bad seed", &archway.SourceProps{RepositoryName: "app.git", Seed: "source_test.go"}, []string{
			`RepositoryName is "app.git": CodeCommit allows 1 to 100 letters, digits, and the characters . _ -, not ending in .git`,
			`Seed is "source_test.go": give a folder (relative to the working directory)`,
		}},
		{"source: a seed for what exists", &archway.SourceProps{RepositoryName: "app", Existing: true, Seed: "testdata"}, []string{
			`Seed is "testdata", but the repository exists already: a seed is only for a new one, leave it out`,
		}},

		{"build: no props", (*archway.NativeBuildProps)(nil), []string{"the props are nil: give at least the required ones"}},
		{"build: all is well", &build, nil},
		{"build: nothing", &archway.NativeBuildProps{}, []string{
			"Architecture is missing: give AMD64 or ARM64",
			"Repository is missing: give the ECR repository to push to",
			"Cache is missing: give an ECR repository with mutable tags for the layer cache",
			"Artifacts is missing: give the pipeline's artifact bucket",
			"SourceURL is missing: give the address of the source repository",
		}},
		{"build: everything is wrong", as(func(p *archway.NativeBuildProps) {
			p.Architecture = "riscv64"
			p.Context = "../other"
			p.Dockerfile = "/Dockerfile"
			p.Compute = "HUGE"
			p.Timeout = time.Minute
			p.QueuedTimeout = 9 * time.Hour
		}), []string{
			`Architecture is "riscv64": CodeBuild has machines for "amd64" and "arm64" only`,
			`Context is "../other": give a path inside of the source, such as "services/api"`,
			`Dockerfile is "/Dockerfile": give a path inside of the source, such as "services/api"`,
			`Compute is "HUGE": CodeBuild has the sizes SMALL, MEDIUM, LARGE, XLARGE, 2XLARGE`,
			"Timeout is 1m0s: AWS allows 5m0s to 8h0m0s",
			"QueuedTimeout is 9h0m0s: AWS allows 5m0s to 8h0m0s",
		}},
		{"build: half a minute", as(func(p *archway.NativeBuildProps) { p.Timeout = 330 * time.Second }), []string{
			"Timeout is 5m30s: AWS counts in steps of 1m0s",
		}},

		{"merge: nothing", &archway.MergeProps{Timeout: time.Second}, []string{
			"Repository is missing: give the ECR repository that holds the images",
			"Artifacts is missing: give the pipeline's artifact bucket",
			"SourceURL is missing: give the address of the source repository",
			"Timeout is 1s: AWS allows 5m0s to 8h0m0s",
		}},
		{"merge: all is well", &archway.MergeProps{Repository: aRepository{}, Artifacts: aBucket{}, SourceURL: "x"}, nil},

		{"merge: a profile that AWS Signer refuses", &archway.MergeProps{Repository: aRepository{}, Artifacts: aBucket{}, SourceURL: "x", SigningProfile: "my-profile"}, []string{
			`SigningProfile is "my-profile": AWS Signer allows 2 to 64 letters, digits and underscores`,
		}},
		{"build: a profile that AWS Signer refuses", as(func(p *archway.NativeBuildProps) { p.SigningProfile = "x" }), []string{
			`SigningProfile is "x": AWS Signer allows 2 to 64 letters, digits and underscores`,
		}},
		{"promoter: a profile that AWS Signer refuses", &archway.PromoterProps{
			Repositories: []awsecr.IRepository{aRepository{}}, Source: aSource{}, PipelineName: "app", SigningProfile: "a b",
		}, []string{
			`SigningProfile is "a b": AWS Signer allows 2 to 64 letters, digits and underscores`,
		}},

		{"cache: no props", (*archway.PullThroughCacheProps)(nil), []string{"the props are nil: give at least the required ones"}},
		{"cache: all is well", &archway.PullThroughCacheProps{Upstream: archway.DockerHub, Prefix: "hub", CredentialsARN: hubSecret}, nil},
		{"cache: everything is wrong", &archway.PullThroughCacheProps{Upstream: "docker.io", Prefix: "Hub/", CredentialsARN: "me:s3cret"}, []string{
			`Upstream is "docker.io": give one of ["docker-hub" "ecr-public" "github-container-registry" "gitlab-container-registry" "k8s" "quay"]`,
			`Prefix is "Hub/": ECR allows 2 to 30 lowercase letters and digits, in parts that are separated by one of . _ - /`,
			"CredentialsARN is none of a secret whose name begins with ecr-pullthroughcache/: ECR takes no other",
		}},
		{"signing: no props", (*archway.SigningProps)(nil), []string{"the props are nil: give at least the required ones"}},
		{"signing: all is well", &archway.SigningProps{ProfileName: "releases_2026", Repositories: []string{"team/app"}}, nil},
		{"signing: nothing", &archway.SigningProps{}, []string{
			"ProfileName is missing: give the name of a signing profile",
			"Repositories is missing: give the name of at least one ECR repository",
		}},
		{"signing: everything is wrong", &archway.SigningProps{ProfileName: "my-profile", Repositories: make([]string, 101)}, []string{
			`ProfileName is "my-profile": AWS Signer allows 2 to 64 letters, digits and underscores`,
			"Repositories has 101 names: ECR allows 100 in a rule",
		}},

		{"function: nothing", &archway.GoFunctionProps{}, []string{`Package is missing: give the import path of a main package, such as "example.com/app/function"`}},
		{"function: everything is wrong", &archway.GoFunctionProps{
			Package: "x", MemoryMB: 64, Timeout: time.Hour, MaxEventAge: time.Second, RetryAttempts: &three,
		}, []string{
			"MemoryMB is 64: Lambda allows 128 to 10240",
			"Timeout is 1h0m0s: AWS allows 1s to 15m0s",
			"MaxEventAge is 1s: AWS allows 1m0s to 6h0m0s",
			"RetryAttempts is 3: Lambda allows 0, 1 and 2",
		}},
		{"registry function: no repository", &archway.RegistryFunctionProps{}, []string{"Repositories is missing: give at least one ECR repository"}},
		{"promoter: nothing", &archway.PromoterProps{}, []string{
			"Repositories is missing: give at least one ECR repository",
			"Source is missing: give the repository whose commits are built",
			"PipelineName is missing: give the name of the pipeline that calls the function",
		}},
		{"promoter: a name that no pipeline has", &archway.PromoterProps{Repositories: []awsecr.IRepository{aRepository{}}, Source: aSource{}, PipelineName: "a b"}, []string{
			`PipelineName is "a b": CodePipeline allows 1 to 100 letters, digits, and the characters . @ _ -`,
		}},

		{"trigger: nothing", &archway.TriggerProps{}, []string{
			"Repository is missing: give the repository whose pushes start the pipeline",
			"Pipeline is missing: give the pipeline to start",
		}},
		{"trigger: all is well", &archway.TriggerProps{Repository: aSource{}, Pipeline: aPipeline{}}, nil},

		{"pipeline: nothing", &archway.PipelineProps{}, []string{
			"Repository is missing: give the repository that holds the source",
			"Artifacts is missing: give a bucket for the artifacts",
			"Validator is missing: give the function that checks an index",
			"Promoter is missing: give the function that points tags at an index",
			"Images is missing: give at least one image",
		}},
		{"pipeline: all is well", pipeline(image), nil},
		{"pipeline: a mode in which the commit is lost", func() *archway.PipelineProps {
			p := pipeline(image)
			p.PipelineName, p.Execution = "my app", "PARALLEL"
			return p
		}(), []string{
			`PipelineName is "my app": CodePipeline allows 1 to 100 letters, digits, and the characters . @ _ -`,
			`Execution is "PARALLEL": allowed are QUEUED and SUPERSEDED`,
		}},
		{"pipeline: verified too early", func() *archway.PipelineProps {
			p := pipeline(image)
			p.Verify = []*awscodepipeline.CfnPipeline_ActionDeclarationProperty{nil, {RunOrder: jsii.Number(2)}, {}, {RunOrder: jsii.Number(3)}}
			return p
		}(), []string{
			"Verify[0] is nil: leave it out",
			"Verify[1] runs before the promotion has ended: give it a RunOrder of 3 or more",
			"Verify[2] runs before the promotion has ended: give it a RunOrder of 3 or more",
		}},
		{"pipeline: an image without anything", pipeline(archway.PipelineImage{}), []string{
			`Images[0].Name is "": give 1 to 80 letters, digits, and the characters @ _ -`,
			"Images[0].Repository is missing: give the ECR repository of the image",
			"Images[0].Merge is missing: give the project that merges the builds",
			"Images[0].Builds is missing: give a build for each architecture",
		}},
		{"pipeline: two of everything", pipeline(image, archway.PipelineImage{
			Name: "app", Repository: aRepository{}, Merge: &archway.Merge{},
			Builds: []*archway.NativeBuild{{Architecture: archway.AMD64}, nil, {Architecture: archway.AMD64}},
		}), []string{
			"Images[1].Builds[1] is nil: leave it out",
			"Images[1].Builds[2] builds amd64 once more: give one build for each architecture",
			`Images[1].Name is "app", as that of Images[0]: names must differ`,
		}},
		{"pipeline: more tags than CodePipeline hands over", pipeline(archway.PipelineImage{
			Name: "app", Repository: aRepository{}, Builds: image.Builds, Merge: image.Merge, ImmutableTags: []string{strings.Repeat("t", 900)},
		}), []string{
			"Images[0].ImmutableTags and MovingTags make a configuration of 1209 characters or more: CodePipeline allows 1000, so give fewer or shorter tags",
		}},
		{"pipeline: a validation that can't work", pipeline(judged(archway.Validation{
			AllowedPlatforms: []string{"linux/arm/v7", "arm"},
			Downgrade: map[string]archway.Downgrade{
				"config-parity": {Severity: archway.Info, Reason: "known"},
				"config-partiy": {Severity: "error", Reason: " "},
				"limits":        {Severity: archway.Info, Reason: "#{x}"},
				"x":             {Severity: archway.Info, Reason: "known"},
			},
		})), []string{
			`Images[0].Validation.AllowedPlatforms[1] is "arm": give a platform such as "linux/arm/v7"`,
			`Images[0].Validation.Downgrade["config-partiy"] names no check: did you mean "config-parity"?`,
			`Images[0].Validation.Downgrade["config-partiy"].Severity is "error": allowed are warning and info`,
			`Images[0].Validation.Downgrade["config-partiy"].Reason is missing: give a reason, which is shown with each finding`,
			`Images[0].Validation.Downgrade["limits"] can't be downgraded, because nothing is known about what the check reports: leave it out`,
			`Images[0].Validation.Downgrade["limits"].Reason holds "#{", which CodePipeline would read as the beginning of a variable: leave it out`,
			`Images[0].Validation.Downgrade["x"] names no check: give one of ` + strings.Join(checks.Names, ", "),
		}},
		{"pipeline: more reasons than CodePipeline hands over", pipeline(judged(archway.Validation{
			Downgrade: map[string]archway.Downgrade{"rootfs": {Severity: archway.Info, Reason: strings.Repeat("r", 800)}},
		})), []string{
			"Images[0].Validation and MovingTags make a configuration of 1160 characters or more: CodePipeline allows 1000, so give shorter reasons, fewer or shorter tags, or leave out architectures in fewer rules",
		}},

		{"drift check: no props", (*archway.DriftCheckProps)(nil), []string{"the props are nil: give at least the required ones"}},
		{"drift check: nothing", &archway.DriftCheckProps{}, []string{
			"Validator is missing: give the function that checks an index",
			"Topic is missing: give the SNS topic to tell",
			"Images is missing: give at least one image",
		}},
		{"drift check: all is well", &archway.DriftCheckProps{Validator: aFunction{}, Topic: aTopic{}, Schedule: "rate(1 hour)", Images: []archway.PipelineImage{{
			MovingTags: []string{"nightly-{date:20060102}", "latest"}, ImmutableTags: []string{"v1", "{commit}"},
		}}}, nil},
		{"drift check: tags that say nothing", &archway.DriftCheckProps{Validator: aFunction{}, Topic: aTopic{}, Schedule: "daily", Images: []archway.PipelineImage{{
			MovingTags: []string{"nightly-{date:20060102}"}, ImmutableTags: []string{"v1"},
		}}}, []string{
			`Schedule is "daily": give an expression of EventBridge such as "rate(1 day)" or "cron(0 6 * * ? *)"`,
			`Images[0].MovingTags has no tag that is always called the same, such as "latest": there is nothing to look at`,
			`Images[0].ImmutableTags has no tag that differs from commit to commit, such as "{commit:12}": nothing tells what was validated`,
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, lines(test.props.Validate())); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPipelineAllowsAsManyBuildsAsAStageHasActions(t *testing.T) {
	var images []archway.PipelineImage
	for i := range 26 {
		images = append(images, archway.PipelineImage{
			Name: "app" + string(rune('a'+i)), Repository: aRepository{}, Merge: &archway.Merge{},
			Builds: []*archway.NativeBuild{{Architecture: archway.AMD64}, {Architecture: archway.ARM64}},
		})
	}
	props := &archway.PipelineProps{Repository: aSource{}, Artifacts: aBucket{}, Validator: aFunction{}, Promoter: aFunction{}, Images: images[:25]}
	if err := props.Validate(); err != nil {
		t.Errorf("50 builds are refused: %v", err)
	}
	props.Images = images
	want := []string{
		"Images have 52 builds in all: CodePipeline allows 50 actions in a stage, so make several pipelines",
		"Images take 52 actions to be checked, promoted and verified: CodePipeline allows 50 actions in a stage, so make several pipelines",
	}
	if diff := cmp.Diff(want, lines(props.Validate())); diff != "" {
		t.Errorf("52 builds (-want +got):\n%s", diff)
	}
}

func TestInvalidPropsSayOfWhichConstructTheyAre(t *testing.T) {
	err := &archway.InvalidProps{Construct: "Registry", Path: "app/Registry", Err: errors.Join(errors.New("one"), errors.New("two"))}
	if got, want := err.Error(), "Registry app/Registry: one\nRegistry app/Registry: two"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

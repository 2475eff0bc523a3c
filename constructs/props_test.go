package constructs_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	archway "archway/constructs"
	"archway/internal/checks"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsecr"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/google/go-cmp/cmp"
)

// Validation looks at props without asking Node, so that resources need to be there and nothing
// else.
type (
	aRepository struct{ awsecr.IRepository }
	aBucket     struct{ awss3.IBucket }
	aRelease    struct{ awsecr.Repository }
	aFunction   struct{ awslambda.IFunction }
)

// lines are the problems, one to a line.
func lines(err error) []string {
	if err == nil {
		return nil
	}
	return strings.Split(err.Error(), "\n")
}

// Validate reports every problem of the properties.
func TestValidateProps(t *testing.T) {
	three := 3
	build := archway.NativeBuildProps{
		Platform: archway.ARM64, Repository: aRepository{}, Artifacts: aBucket{}, SourceURL: "x",
	}
	as := func(change func(*archway.NativeBuildProps)) *archway.NativeBuildProps {
		changed := build
		change(&changed)
		return &changed
	}
	image := archway.PipelineImage{
		Name: "app", Repositories: &archway.Repositories{Name: "app", Release: aRelease{}, StagingDays: 14},
		Builds: []*archway.NativeBuild{{Platform: archway.AMD64}}, Merge: &archway.Merge{},
	}
	judged := func(v archway.Validation) archway.PipelineImage {
		changed := image
		changed.Validation = v
		return changed
	}
	delivery := func(images ...archway.PipelineImage) *archway.DeliveryProps {
		return &archway.DeliveryProps{PipelineName: "app", Source: &archway.CodeCommit{Name: "app"}, Images: images}
	}
	delivered := func(change func(*archway.PipelineImage)) *archway.Delivery {
		changed := image
		if change != nil {
			change(&changed)
		}
		return archway.NewDelivery(nil, delivery(changed))
	}
	pipeline := func(d *archway.Delivery) *archway.PipelineProps {
		return &archway.PipelineProps{Delivery: d, Artifacts: aBucket{}, Validator: aFunction{},
			Promoter: &archway.Promoter{}}
	}
	never := func(i *archway.PipelineImage) { i.Repositories = &archway.Repositories{Name: "app", StagingDays: 14} }
	tests := []struct {
		name  string
		props interface{ Validate() error }
		want  []string
	}{
		{"registry: no props", (*archway.RepositoriesProps)(nil),
			[]string{"the props are nil: give at least the required ones"}},
		{"registry: all is well",
			&archway.RepositoriesProps{RepositoryName: "team/app",
				MovingTags: []string{"latest", "v*-*", "${Token[Tag.1]}"}}, nil},
		{"registry: nothing", &archway.RepositoriesProps{},
			[]string{"RepositoryName is missing: give the name under which people pull the image"}},
		{"registry: everything is wrong", &archway.RepositoriesProps{
			RepositoryName: "Team/app",
			MovingTags:     []string{"a", "", "a*b*c*", "a/b", strings.Repeat("a", 129), "b"},
			StagingDays:    -1,
		}, []string{
			`RepositoryName is "Team/app": ECR allows 2 to 256 lowercase letters, digits, and single . _ - / between them, and "staging/Team/app" must fit too`,
			"MovingTags has 6 filters: ECR allows 5, so cover several tags by one filter with a *",
			`MovingTags[1] is "": ECR allows 1 to 128 letters, digits, and the characters . _ - *`,
			`MovingTags[2] is "a*b*c*": ECR allows 2 asterisks in a filter`,
			`MovingTags[3] is "a/b": ECR allows 1 to 128 letters, digits, and the characters . _ - *`,
			`MovingTags[4] is "` + strings.Repeat("a", 129) +
				`": ECR allows 1 to 128 letters, digits, and the characters . _ - *`,
			"StagingDays is -1: ECR counts whole days from 1",
		}},
		{"artifacts: no props", (*archway.ArtifactsProps)(nil), nil},
		{"artifacts: no days", &archway.ArtifactsProps{ExpireDays: -7},
			[]string{"ExpireDays is -7: S3 counts whole days from 1"}},

		{"source: no props", (*archway.CodeCommitProps)(nil),
			[]string{"the props are nil: give at least the required ones"}},
		{"source: all is well", &archway.CodeCommitProps{RepositoryName: "app", Seed: "testdata"}, nil},
		{"source: a name that is known later", &archway.CodeCommitProps{RepositoryName: "${Token[TOKEN.12]}"}, nil},
		{"source: nothing", &archway.CodeCommitProps{},
			[]string{"RepositoryName is missing: give the name of a CodeCommit repository"}},
		{"source: a bad name and a bad seed",
			&archway.CodeCommitProps{RepositoryName: "app.git", Seed: "source_test.go"}, []string{
				`RepositoryName is "app.git": CodeCommit allows 1 to 100 letters, digits, and the characters . _ -, not ending in .git`,
				`Seed is "source_test.go": give a folder (relative to the working directory)`,
			}},
		{"source: a seed for what exists",
			&archway.CodeCommitProps{RepositoryName: "app", Existing: true, Seed: "testdata"}, []string{
				`Seed is "testdata", but the repository exists already: a seed is only for a new one, leave it out`,
			}},

		{"build: no props", (*archway.NativeBuildProps)(nil),
			[]string{"the props are nil: give at least the required ones"}},
		{"build: all is well", &build, nil},
		{"build: nothing", &archway.NativeBuildProps{}, []string{
			"Platform is missing: give AMD64 or ARM64",
			"Repository is missing: give the ECR repository to push to",
			"Artifacts is missing: give the pipeline's artifact bucket",
			"SourceURL is missing: give the address of the source repository",
		}},
		{"build: everything is wrong", as(func(p *archway.NativeBuildProps) {
			p.Platform = "riscv64"
			p.Context = "../other"
			p.Dockerfile = "/Dockerfile"
			p.Compute = "HUGE"
			p.TimeoutMinutes = 1
			p.QueuedTimeout = 9 * time.Hour
		}), []string{
			`Platform is "riscv64": CodeBuild builds natively only on x86_64 and arm64: use "linux/amd64" or "linux/arm64"`,
			`Context is "../other": give a path inside of the source, such as "services/api"`,
			`Dockerfile is "/Dockerfile": give a path inside of the source, such as "services/api"`,
			`Compute is "HUGE": use "SMALL", "MEDIUM", "LARGE", "XLARGE" or "2XLARGE"`,
			"TimeoutMinutes is 1: CodeBuild takes no less than 5 minutes, and CodePipeline ends a build after 8 hours: use 5 to 480",
			"QueuedTimeout is 9h0m0s: AWS allows 5m0s to 8h0m0s",
		}},
		{"merge: half a minute", &archway.MergeProps{
			Repository: aRepository{}, PipelineName: "app", Image: "app", Builds: image.Builds, Artifacts: aBucket{},
			SourceURL: "x", Timeout: 330 * time.Second,
		}, []string{"Timeout is 5m30s: AWS counts in steps of 1m0s"}},

		{"merge: nothing", &archway.MergeProps{Timeout: time.Second}, []string{
			"Repository is missing: give the ECR repository that holds the images",
			"PipelineName is missing: give the name of the pipeline",
			"Image is missing: give the image's name in the pipeline",
			"Builds is missing: give a build for each architecture",
			"Artifacts is missing: give the pipeline's artifact bucket",
			"SourceURL is missing: give the address of the source repository",
			"Timeout is 1s: AWS allows 5m0s to 8h0m0s",
		}},
		{"merge: all is well", &archway.MergeProps{
			Repository: aRepository{}, PipelineName: "app", Image: "app", Builds: image.Builds, Artifacts: aBucket{},
			SourceURL: "x",
		}, nil},
		{"build: rules of no pipeline",
			as(func(p *archway.NativeBuildProps) { p.Rules = map[string]archway.BuildRule{"main": {}} }), []string{
				"PipelineName is missing: give the name of the pipeline, as there are Rules",
			}},

		{"promoter: nothing", &archway.PromoterProps{},
			[]string{"Delivery is missing: give what the pipeline delivers"}},
		{"promoter: a profile that AWS Signer refuses",
			&archway.PromoterProps{Delivery: delivered(nil), SigningProfile: "a b"}, []string{
				`SigningProfile is "a b": AWS Signer allows 2 to 64 letters, digits and underscores`,
			}},
		{"promoter: of nothing", &archway.PromoterProps{Delivery: delivered(never)}, []string{
			"Delivery promotes no image (NeverPromoted): leave out the promoter",
		}},

		{"cache: no props", (*archway.PullThroughCacheProps)(nil),
			[]string{"the props are nil: give at least the required ones"}},
		{"cache: all is well",
			&archway.PullThroughCacheProps{Upstream: archway.DockerHub, Prefix: "hub", CredentialsARN: hubSecret}, nil},
		{"cache: everything is wrong",
			&archway.PullThroughCacheProps{Upstream: "docker.io", Prefix: "Hub/", CredentialsARN: "me:s3cret"},
			[]string{
				`Upstream is "docker.io": give one of ["docker-hub" "ecr-public" "github-container-registry" "gitlab-container-registry" "k8s" "quay"]`,
				`Prefix is "Hub/": ECR takes prefixes of 2 to 30 lower-case letters and digits, in parts that are separated by one of . _ - /: use one such as "docker-hub"`,
				"CredentialsARN is none of a secret whose name begins with ecr-pullthroughcache/: ECR takes no other",
			}},
		{"signing: no props", (*archway.SigningProps)(nil),
			[]string{"the props are nil: give at least the required ones"}},
		{"signing: all is well",
			&archway.SigningProps{ProfileName: "releases_2026", Repositories: []string{"team/app"}}, nil},
		{"signing: nothing", &archway.SigningProps{}, []string{
			"ProfileName is missing: give the name of a signing profile",
			"Repositories is missing: give the name of at least one ECR repository",
		}},
		{"signing: everything is wrong",
			&archway.SigningProps{ProfileName: "my-profile", Repositories: make([]string, 101)}, []string{
				`ProfileName is "my-profile": AWS Signer allows 2 to 64 letters, digits and underscores`,
				"Repositories has 101 names: ECR allows 100 in a rule",
			}},

		{"function: nothing", &archway.GoFunctionProps{},
			[]string{`Package is missing: give the import path of a main package, such as "example.com/app/function"`}},
		{"function: everything is wrong", &archway.GoFunctionProps{
			Package: "x", MemoryMB: 64, Timeout: time.Hour, MaxEventAge: time.Second, RetryAttempts: &three,
		}, []string{
			"MemoryMB is 64: Lambda allows 128 to 10240",
			"Timeout is 1h0m0s: AWS allows 1s to 15m0s",
			"MaxEventAge is 1s: AWS allows 1m0s to 6h0m0s",
			"RetryAttempts is 3: Lambda allows 0, 1 and 2",
		}},
		{"validator: nothing", &archway.ValidatorProps{},
			[]string{"Delivery is missing: give what the pipeline delivers"}},

		{"trigger: nothing", &archway.TriggerProps{}, []string{
			"Delivery is missing: give what the pipeline delivers",
			"Pipeline is missing: give the pipeline to start",
		}},
		{"trigger: all is well", &archway.TriggerProps{Delivery: delivered(nil), Pipeline: &archway.Pipeline{}}, nil},

		{"pipeline: nothing", &archway.PipelineProps{}, []string{
			"Delivery is missing: give what the pipeline delivers",
			"Artifacts is missing: give a bucket for the artifacts",
			"Validator is missing: give the function that checks an index",
		}},
		{"pipeline: all is well", pipeline(delivered(nil)), nil},
		{"pipeline: nobody promotes, and nobody judges scans", func() *archway.PipelineProps {
			p := pipeline(delivered(func(i *archway.PipelineImage) { i.Scan = &archway.ScanGate{} }))
			p.Promoter = nil
			return p
		}(), []string{
			"Promoter is missing: give what points tags at an index",
			"ScanGate is missing: give the function that judges the findings of scans, as an image has limits for them",
		}},
		{"pipeline: nothing to promote", pipeline(delivered(never)), []string{
			"Promoter and RollbackOnFailure have nothing to do: no image of the pipeline is promoted, so leave them out",
		}},
		{"pipeline: a mode in which the commit is lost", func() *archway.PipelineProps {
			p := pipeline(delivered(nil))
			p.Execution = "PARALLEL"
			return p
		}(), []string{
			`Execution is "PARALLEL": allowed are QUEUED and SUPERSEDED`,
		}},
		{"delivery: no props", (*archway.DeliveryProps)(nil),
			[]string{"the props are nil: give at least the required ones"}},
		{"delivery: nothing", &archway.DeliveryProps{}, []string{
			"PipelineName is missing: give the pipeline's name",
			"Source is missing: give the repository that holds the source",
			"Images is missing: give at least one image",
		}},
		{"delivery: a name that no pipeline has", func() *archway.DeliveryProps {
			p := delivery(image)
			p.PipelineName = "my app"
			return p
		}(), []string{
			`PipelineName is "my app": CodePipeline allows 1 to 100 letters, digits, and the characters . @ _ -`}},
		{"delivery: held up for longer than what was built is kept", func() *archway.DeliveryProps {
			p := delivery(image)
			p.Approval = &archway.Approval{Timeout: 14 * 24 * time.Hour}
			return p
		}(), []string{
			"Images[0].Repositories keep what was built for 14 days, and an execution may be held up for longer by approvals and scans: give them StagingDays of at least 15",
		}},
		{"delivery: half of it promoted", delivery(image, archway.PipelineImage{
			Name: "tool", Repositories: &archway.Repositories{StagingDays: 14}, Builds: image.Builds,
			Merge: image.Merge,
		}), []string{"Images[1].Repositories and those of Images[0] differ in NeverPromoted: a pipeline promotes all of its images, or none"}},
		{"delivery: an image without anything", delivery(archway.PipelineImage{}), []string{
			`Images[0].Name is "": give 1 to 80 letters, digits, and the characters @ _ -`,
			"Images[0].Repositories is missing: give where the image is kept",
			"Images[0].Merge is missing: give the project that merges the builds",
			"Images[0].Builds is missing: give a build for each architecture",
		}},
		{"delivery: two of everything", delivery(image, archway.PipelineImage{
			Name: "app", Repositories: image.Repositories, Merge: &archway.Merge{},
			Builds: []*archway.NativeBuild{{Platform: archway.AMD64}, nil, {Platform: archway.AMD64}},
		}), []string{
			"Images[1].Builds[1] is nil: leave it out",
			"Images[1].Builds[2] builds amd64 once more: give one build for each architecture",
			`Images[1].Name is "app", as that of Images[0]: names must differ`,
		}},
		{"delivery: a validation that can't work", delivery(judged(archway.Validation{
			AllowedPlatforms: []string{"linux/arm/v7", "arm"},
			Downgrade: map[string]archway.Downgrade{
				"config-parity": {Severity: archway.Info, Reason: "known"},
				"config-partiy": {Severity: "error", Reason: " "},
				"limits":        {Severity: archway.Info, Reason: "#{x}"},
				"x":             {Severity: archway.Info, Reason: "known"},
			},
		})), []string{
			`Images[0].Validation.AllowedPlatforms[1] is no platform: use one such as "linux/arm/v7"`,
			`Images[0].Validation.Downgrade["config-partiy"]: there is no such check: did you mean "config-parity"?`,
			`Images[0].Validation.Downgrade["config-partiy"].Severity is "error": use "warning" or "info"`,
			`Images[0].Validation.Downgrade["config-partiy"].Reason is empty: say why; it is shown with each finding`,
			`Images[0].Validation.Downgrade["limits"]: this check can't be downgraded, because nothing is known about what it reports: remove it`,
			`Images[0].Validation.Downgrade["x"]: there is no such check: use "` +
				strings.Join(checks.Names[:len(checks.Names)-1], `", "`) + `" or "regression"`,
		}},
		{"drift check: no props", (*archway.DriftCheckProps)(nil),
			[]string{"the props are nil: give at least the required ones"}},
		{"drift check: nothing", &archway.DriftCheckProps{}, []string{
			"Validator is missing: give the function that checks an index",
			"Delivery is missing: give what the pipeline delivers",
		}},
		{"drift check: all is well",
			&archway.DriftCheckProps{Validator: aFunction{}, Schedule: "rate(1 hour)",
				Delivery: delivered(func(i *archway.PipelineImage) {
					i.MovingTags = []string{"nightly-{date:20060102}", "latest"}
				})}, nil},
		{"drift check: tags that say nothing",
			&archway.DriftCheckProps{Validator: aFunction{}, Schedule: "daily",
				Delivery: delivered(func(i *archway.PipelineImage) {
					i.MovingTags = []string{"nightly-{date:20060102}"}
				})}, []string{
				`Schedule is "daily": EventBridge takes a rate in minutes, hours or days, or a cron expression of six fields: use one such as "rate(1 day)" or "cron(0 6 * * ? *)"`,
				`Delivery has no moving tag that is always called the same, such as "latest": there is nothing to look at`,
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

// A pipeline allows as many builds as a stage has actions.
func TestLimitOfBuilds(t *testing.T) {
	var images []archway.PipelineImage
	for i := range 26 {
		images = append(images, archway.PipelineImage{
			Name: "app" + string(rune('a'+i)), Repositories: &archway.Repositories{StagingDays: 14},
			Merge:  &archway.Merge{},
			Builds: []*archway.NativeBuild{{Platform: archway.AMD64}, {Platform: archway.ARM64}},
		})
	}
	props := &archway.DeliveryProps{PipelineName: "app", Source: &archway.CodeCommit{}, Images: images[:25]}
	if err := props.Validate(); err != nil {
		t.Errorf("50 builds are refused: %v", err)
	}
	props.Images = images
	want := []string{
		"Images have 52 builds in all: CodePipeline allows 50 actions in a stage, so make several pipelines",
	}
	if diff := cmp.Diff(want, lines(props.Validate())); diff != "" {
		t.Errorf("52 builds (-want +got):\n%s", diff)
	}
}

// Invalid properties say of which construct they are.
func TestInvalidProps(t *testing.T) {
	err := &archway.InvalidProps{Construct: "Registry", Path: "app/Registry",
		Err: errors.Join(errors.New("one"), errors.New("two"))}
	if got, want := err.Error(), "Registry app/Registry: one\nRegistry app/Registry: two"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

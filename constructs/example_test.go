package constructs_test

import (
	archway "archway/constructs"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsecr"
	"github.com/aws/jsii-runtime-go"
)

// A stack of another app that builds one image for both architectures on every push.
func Example() {
	defer jsii.Close()
	stop := archway.BuildAhead(archway.ValidatePackage, archway.PromotePackage)
	defer stop()

	app := awscdk.NewApp(nil)
	stack := awscdk.NewStack(app, jsii.String("Shop"), nil)
	source := archway.NewSource(stack, "Source", &archway.SourceProps{RepositoryName: "shop"})
	artifacts := archway.NewArtifacts(stack, "Artifacts", nil)
	registry := archway.NewRegistry(stack, "Registry", &archway.RegistryProps{MovingTags: []string{"latest"}})

	build := func(id string, architecture archway.Architecture) *archway.NativeBuild {
		return archway.NewNativeBuild(stack, id, &archway.NativeBuildProps{
			Architecture: architecture,
			Repository:   registry.Repository,
			Cache:        registry.Cache,
			Artifacts:    artifacts.Bucket,
			SourceURL:    *source.CloneURL(),
		})
	}
	image := archway.PipelineImage{
		Name:       "shop",
		Repository: registry.Repository,
		Builds:     []*archway.NativeBuild{build("BuildAmd64", archway.AMD64), build("BuildArm64", archway.ARM64)},
		Merge: archway.NewMerge(stack, "Merge", &archway.MergeProps{
			Repository: registry.Repository,
			Artifacts:  artifacts.Bucket,
			SourceURL:  *source.CloneURL(),
		}),
		ImmutableTags: []string{"{commit:12}"},
		MovingTags:    []string{"latest"},
	}
	functions := &archway.RegistryFunctionProps{Repositories: []awsecr.IRepository{registry.Repository}}
	pipeline := archway.NewPipeline(stack, "Pipeline", &archway.PipelineProps{
		Repository: source.Repository,
		Artifacts:  artifacts.Bucket,
		Images:     []archway.PipelineImage{image},
		Validator:  archway.NewValidator(stack, "Validate", functions).Function,
		Promoter:   archway.NewPromoter(stack, "Promote", &archway.PromoterProps{Repositories: functions.Repositories}).Function,
	})
	archway.NewTrigger(stack, "Trigger", &archway.TriggerProps{Repository: source.Repository, Pipeline: pipeline.Pipeline})
	app.Synth(nil)
}

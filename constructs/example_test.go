package constructs_test

import (
	"fmt"

	archway "archway/constructs"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
)

// One construct by itself: images are pushed to staging, and released under tags of which only
// latest may move.
func ExampleNewRepositories() {
	app := awscdk.NewApp(nil)
	stack := awscdk.NewStack(app, jsii.String("Shop"), nil)
	registry := archway.NewRepositories(stack, "Registry", &archway.RepositoriesProps{
		RepositoryName: "shop",
		MovingTags:     []string{"latest"},
	})
	awscdk.NewCfnOutput(stack, jsii.String("Uri"), &awscdk.CfnOutputProps{Value: registry.Release.RepositoryUri()})

	template := app.Synth(nil).GetStackByName(jsii.String("Shop")).Template().(map[string]any)
	for _, resource := range template["Resources"].(map[string]any) {
		resource := resource.(map[string]any)
		fmt.Println(resource["Type"], resource["Properties"].(map[string]any)["RepositoryName"])
	}
	// Unordered output:
	// AWS::ECR::Repository shop
	// AWS::ECR::Repository staging/shop
}

// A stack of another app that builds one image for both architectures on every push.
//
// The app's main begins with defer jsii.Close().
func Example() {
	stop := archway.BuildAhead(archway.ValidatePackage, archway.PromotePackage)
	defer stop()

	app := awscdk.NewApp(nil)
	stack := awscdk.NewStack(app, jsii.String("Shop"), nil)
	source := archway.NewCodeCommit(stack, "Source", &archway.CodeCommitProps{RepositoryName: "shop"})
	artifacts := archway.NewArtifacts(stack, "Artifacts", nil)
	registry := archway.NewRepositories(stack, "Registry",
		&archway.RepositoriesProps{RepositoryName: "shop", MovingTags: []string{"latest"}})

	build := func(id string, architecture archway.Platform) *archway.NativeBuild {
		return archway.NewNativeBuild(stack, id, &archway.NativeBuildProps{
			Platform:   architecture,
			Repository: registry.Staging,
			Artifacts:  artifacts.Bucket,
			SourceURL:  *source.URL(),
		})
	}
	builds := []*archway.NativeBuild{build("BuildAmd64", archway.AMD64), build("BuildArm64", archway.ARM64)}
	delivery := archway.NewDelivery(stack, &archway.DeliveryProps{
		PipelineName: "shop",
		Source:       source,
		Images: []archway.PipelineImage{{
			Name:         "shop",
			Repositories: registry,
			Builds:       builds,
			Merge: archway.NewMerge(stack, "Merge", &archway.MergeProps{
				PipelineName: "shop",
				Image:        "shop",
				Builds:       builds,
				Repository:   registry.Staging,
				Artifacts:    artifacts.Bucket,
				SourceURL:    *source.URL(),
			}),
			ImmutableTags: []string{"{commit:12}"},
			MovingTags:    []string{"latest"},
		}},
	})
	pipeline := archway.NewPipeline(stack, "Pipeline", &archway.PipelineProps{
		Delivery:  delivery,
		Artifacts: artifacts.Bucket,
		Validator: archway.NewValidator(stack, "Validate", &archway.ValidatorProps{Delivery: delivery}).Function,
		Promoter:  archway.NewPromoter(stack, "Promote", &archway.PromoterProps{Delivery: delivery}),
	})
	archway.NewTrigger(stack, "Trigger", &archway.TriggerProps{Delivery: delivery, Pipeline: pipeline})

	template := app.Synth(nil).GetStackByName(jsii.String("Shop")).Template().(map[string]any)
	for _, resource := range template["Resources"].(map[string]any) {
		if kind := resource.(map[string]any)["Type"]; kind == "AWS::CodePipeline::Pipeline" {
			fmt.Println(kind)
		}
	}
	// Output: AWS::CodePipeline::Pipeline
}

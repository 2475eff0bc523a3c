package constructs_test

import (
	archway "archway/constructs"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// anImage describes an image of a pipeline in these tests.
type anImage struct {
	name          string
	architectures []archway.Platform // both, if there are none
	rules         func(archway.Platform) map[string]archway.BuildRule
	registry      archway.RepositoriesProps
	build         archway.NativeBuildProps
}

// add adds the registry, the builds and the merge to a scope that is named like the image.
func (i anImage) add(stack awscdk.Stack, artifacts *archway.Artifacts) archway.PipelineImage {
	scope := constructs.NewConstruct(stack, &i.name)
	i.registry.RepositoryName = i.name
	registry := archway.NewRepositories(scope, "Registry", &i.registry)
	image := archway.PipelineImage{Name: i.name, Repositories: registry}
	if i.architectures == nil {
		i.architectures = []archway.Platform{archway.AMD64, archway.ARM64}
	}
	for _, architecture := range i.architectures {
		build := i.build
		build.Platform, build.Repository, build.Artifacts, build.SourceURL = architecture, registry.Staging,
			artifacts.Bucket, "x"
		if i.rules != nil {
			build.Rules, build.PipelineName = i.rules(architecture), "app"
		}
		image.Builds = append(image.Builds, archway.NewNativeBuild(scope, "Build-"+architecture.Name(), &build))
	}
	image.Merge = archway.NewMerge(scope, "Merge", &archway.MergeProps{
		Repository: registry.Staging, PipelineName: "app", Image: i.name, Builds: image.Builds,
		Artifacts: artifacts.Bucket, SourceURL: "x",
	})
	return image
}

// deliver adds a pipeline with its functions. Either may be changed before.
func deliver(stack awscdk.Stack, what *archway.DeliveryProps, artifacts *archway.Artifacts,
	how archway.PipelineProps) (*archway.Pipeline, *archway.Delivery) {
	if what.PipelineName == "" {
		what.PipelineName = "app"
	}
	if what.Source == nil {
		what.Source = archway.NewCodeCommit(stack, "Source", &archway.CodeCommitProps{RepositoryName: "app"})
	}
	delivery := archway.NewDelivery(stack, what)
	how.Delivery, how.Artifacts = delivery, artifacts.Bucket
	how.Validator = archway.NewValidator(stack, "Validate", &archway.ValidatorProps{Delivery: delivery}).Function
	if delivery.Promotes() {
		how.Promoter = archway.NewPromoter(stack, "Promote", &archway.PromoterProps{Delivery: delivery})
	}
	return archway.NewPipeline(stack, "Pipeline", &how), delivery
}

// functionOf finds a function that [deliver] added.
func functionOf(stack awscdk.Stack, id string) awslambda.IFunction {
	return stack.Node().FindChild(&id).Node().FindChild(jsii.String("Function")).(awslambda.IFunction)
}

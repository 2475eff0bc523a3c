package stacks

import (
	"archway/config"
	archway "archway/constructs"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

type imageProps struct {
	Pipeline  *config.Planned
	Source    archway.Source
	Artifacts *archway.Artifacts

	archway.Logs // and who encrypts, and what remains of, the images
}

// newImage adds the repositories and the builds of one image to its scope.
func newImage(scope constructs.Construct, cfg *config.Image, props *imageProps) archway.PipelineImage {
	for _, warning := range props.Pipeline.ImageWarnings[cfg.Name] {
		awscdk.Annotations_Of(scope).AddWarningV2(jsii.String("archway:baseImages"), &warning)
	}
	repositories := archway.NewRepositories(scope, "Registry", &archway.RepositoriesProps{
		RepositoryName: cfg.Repository,
		MovingTags:     props.Pipeline.Filters[cfg.Name],
		KeepUntagged:   props.Pipeline.KeepUntagged,
		StagingDays:    props.Pipeline.StagingDays,
		NeverPromoted:  !props.Pipeline.Promotes,
		EncryptionKey:  props.LogKey,
		RemovalPolicy:  props.RemovalPolicy,
	})
	var builds []*archway.NativeBuild
	for _, target := range cfg.Platforms {
		build := cfg.Builds[target.Name()]
		builds = append(builds, archway.NewNativeBuild(scope, "Build"+target.ID(), &archway.NativeBuildProps{
			Platform:    target,
			Repository:  repositories.Staging,
			PullThrough: props.Pipeline.PullThrough,

			Artifacts:  props.Artifacts.Bucket,
			SourceURL:  *props.Source.URL(),
			Context:    cfg.Context,
			Dockerfile: cfg.Dockerfile,
			Target:     cfg.Target,
			BuildArgs:  cfg.BuildArgs,
			Secrets:    cfg.Secrets,

			PinnedBaseImages: cfg.BaseImages == config.PinnedBaseImages,
			SBOMGenerator:    generator(cfg.SBOM),

			Labels:        cfg.Labels,
			Rules:         buildRules(props.Pipeline, cfg, target),
			PipelineName:  props.Pipeline.Name,
			Machine:       build,
			BuildKitImage: cfg.BuildkitImage,
			Logs:          props.Logs,
		}))
	}
	description := "Where " + cfg.Name + " is pulled from"
	if !props.Pipeline.Promotes {
		description = "Where " + cfg.Name + " is built; it is never promoted"
	}
	awscdk.NewCfnOutput(scope, jsii.String("RegistryUri"), &awscdk.CfnOutputProps{
		Description: &description,
		Value:       repositories.URI(),
	})
	tags := cfg.Tags
	if len(props.Pipeline.Rules) > 0 {
		tags = config.Tags{} // the rules have them
	}
	return archway.PipelineImage{
		Name:         cfg.Name,
		Repositories: repositories,
		Builds:       builds,
		Merge: archway.NewMerge(scope, "Merge", &archway.MergeProps{
			Repository:   repositories.Staging,
			PipelineName: props.Pipeline.Name,
			Image:        cfg.Name,
			Builds:       builds,
			Artifacts:    props.Artifacts.Bucket,
			SourceURL:    *props.Source.URL(),
			Logs:         props.Logs,
		}),
		ImageGates:    imageGates(scope, cfg, repositories.Staging, props),
		ImmutableTags: tags.Immutable,
		MovingTags:    tags.Moving,
		Validation:    cfg.Validation,
	}
}

// generator is "" for an image without a bill of materials.
func generator(cfg *config.SBOM) string {
	if cfg == nil {
		return ""
	}
	return cfg.Generator
}

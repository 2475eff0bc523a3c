// Package stacks wires constructs into the stacks that a configuration describes. It decides nothing itself.
package stacks

import (
	"archway/config"
	archway "archway/constructs"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsecr"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// Pipeline is the stack of one pipeline: its source, the registries of its images, their builds, and the pipeline itself.
type Pipeline struct {
	awscdk.Stack

	// Pipeline is what the stack is about.
	Pipeline *archway.Pipeline
}

// NewPipeline adds the stack, named like the pipeline, to scope. The configuration must have been loaded by config.Load,
// which fills in the defaults and finds what is wrong.
func NewPipeline(scope constructs.Construct, cfg *config.Pipeline) *Pipeline {
	tags := tagsOf(cfg)
	stack := awscdk.NewStack(scope, &cfg.Name, &awscdk.StackProps{
		Tags:        &tags,
		Description: jsii.String("Archway: builds, validates and promotes multi-architecture container images"),
		// Nobody reads it that way ("cdk synth" prints YAML), and CloudFormation's limit counts white space.
		SuppressTemplateIndentation: jsii.Bool(true),
	})
	// The CDK adds a DependsOn to what refers to the role already (cfn-lint's W3005): more than needed, but right.
	stack.TemplateOptions().SetMetadata(&map[string]any{
		"cfn-lint": map[string]any{"config": map[string]any{"ignore_checks": []string{"W3005"}}},
	})
	for _, warning := range cfg.Warnings {
		awscdk.Annotations_Of(stack).AddWarningV2(jsii.String("archway:classes"), &warning)
	}
	removal := awscdk.RemovalPolicy(cfg.RemovalPolicy)

	key := newKey(stack, cfg, removal)
	source := archway.NewSource(stack, "Source", &archway.SourceProps{
		RepositoryName: cfg.Source.Repository,
		Existing:       cfg.Source.Existing,
		Branch:         cfg.Source.Branch,
		Seed:           cfg.Source.Seed,
		RemovalPolicy:  removal,
	})
	artifacts := archway.NewArtifacts(stack, "Artifacts", &archway.ArtifactsProps{EncryptionKey: key, RemovalPolicy: removal})

	var images []archway.PipelineImage
	var repositories []awsecr.IRepository
	for i := range cfg.Images {
		image := newImage(constructs.NewConstruct(stack, &cfg.Images[i].Name), &cfg.Images[i], &imageProps{
			Source: source, Artifacts: artifacts, Rules: cfg.Rules, Key: key, RemovalPolicy: removal,
			SigningProfile: cfg.SigningProfile, KeepUntagged: cfg.KeepUntagged, PullThrough: cfg.PullThrough,
		})
		images = append(images, image)
		repositories = append(repositories, image.Repository)
	}
	topic := newTopic(stack, cfg, key)
	rules := rulesOf(cfg.Rules)
	validator := newValidator(stack, cfg, images, archway.RegistryFunctionProps{
		Repositories:  repositories,
		Topic:         topic,
		PipelineName:  cfg.Name,
		Rules:         rules,
		LogKey:        key,
		RemovalPolicy: removal,
	})
	promoter := archway.NewPromoter(stack, "Promote", &archway.PromoterProps{
		Repositories:   repositories,
		SigningProfile: cfg.SigningProfile,
		Source:         source.Repository,
		PipelineName:   cfg.Name,
		Rules:          rules,
		LogKey:         key,
		RemovalPolicy:  removal,
	})
	pipeline := archway.NewPipeline(stack, "Pipeline", &archway.PipelineProps{
		PipelineName: cfg.Name,
		Repository:   source.Repository,
		Branch:       cfg.Source.Branch,
		Artifacts:    artifacts.Bucket,
		Images:       images,
		Rules:        rules,
		Validator:    validator.Function,
		Promoter:     promoter.Function,
		Execution:    archway.Execution(cfg.ExecutionMode),

		ScanGate:          newScanGate(stack, cfg, images, key, removal),
		Approval:          newApproval(stack, cfg.Approval, topic, key),
		RollbackOnFailure: cfg.RollbackOnFailure,
	})
	trigger := archway.NewTrigger(stack, "Trigger", &archway.TriggerProps{
		Repository:    source.Repository,
		Branch:        cfg.Source.Branch,
		Rules:         rules,
		Pipeline:      pipeline.Pipeline,
		LogKey:        key,
		RemovalPolicy: removal,
	})
	addOperations(stack, cfg, operated{
		Pipeline: pipeline, Images: images, Validator: validator, Promoter: promoter, Topic: topic, Key: key,
		DeadLetters: trigger.Alarm,
	})
	addOutputs(stack, source, pipeline, cfg)
	addTags(stack, tags)
	return &Pipeline{Stack: stack, Pipeline: pipeline}
}

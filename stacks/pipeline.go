// Package stacks wires constructs into the stacks that a configuration describes. It decides
// nothing itself.
package stacks

import (
	"archway/config"
	archway "archway/constructs"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// Pipeline is the stack of one pipeline: its source, the registries of its images, their builds,
// and the pipeline itself.
type Pipeline struct {
	awscdk.Stack

	// Pipeline is what the stack is about.
	Pipeline *archway.Pipeline
}

// NewPipeline adds the stack, named like the pipeline, to scope. The configuration must have been
// loaded by config.Load, which fills in the defaults and finds what is wrong.
func NewPipeline(scope constructs.Construct, cfg *config.Planned) *Pipeline {
	tags := tagsOf(cfg)
	stack := awscdk.NewStack(scope, &cfg.Name, &awscdk.StackProps{
		Tags:        &tags,
		Description: description("builds, validates and promotes multi-architecture container images"),
		// Nobody reads it that way ("cdk synth" prints YAML), and CloudFormation's limit counts
		// white space.
		SuppressTemplateIndentation: jsii.Bool(true),
	})
	// The CDK adds a DependsOn to what refers to the role already (cfn-lint's W3005): more than
	// needed, but right.
	stack.TemplateOptions().SetMetadata(&map[string]any{
		"cfn-lint": map[string]any{"config": map[string]any{"ignore_checks": []string{"W3005"}}},
	})
	for _, warning := range cfg.Warnings {
		awscdk.Annotations_Of(stack).AddWarningV2(jsii.String("archway:pipeline"), &warning)
	}
	removal := removalPolicy(cfg)

	key := newKey(stack, cfg, removal)
	logs := archway.Logs{LogKey: key, RemovalPolicy: removal}
	source := newSource(stack, &cfg.Source, removal)
	artifacts := archway.NewArtifacts(stack, "Artifacts",
		&archway.ArtifactsProps{EncryptionKey: key, RemovalPolicy: removal})

	var images []archway.PipelineImage
	for i := range cfg.Images {
		images = append(images,
			newImage(constructs.NewConstruct(stack, &cfg.Images[i].Name), &cfg.Images[i], &imageProps{
				Pipeline: cfg, Source: source, Artifacts: artifacts, Logs: logs,
			}))
	}
	topic := newTopic(stack, cfg, key)
	delivery := archway.NewDelivery(stack, &archway.DeliveryProps{
		PipelineName: cfg.Name,
		Source:       source,
		Branch:       cfg.Source.Branch,
		Images:       images,
		Rules:        cfg.Promotions(),
		DeliveryGates: archway.DeliveryGates{
			Approval: newApproval(stack, cfg.Approval, topic, key),
		},
	})
	validator := newValidator(stack, cfg, archway.ValidatorProps{Delivery: delivery, Topic: topic, Logs: logs})
	var promoter *archway.Promoter
	if cfg.Promotes {
		promoter = archway.NewPromoter(stack, "Promote", &archway.PromoterProps{
			Delivery:       delivery,
			Writers:        cfg.ReleaseWriters,
			SigningProfile: cfg.SigningProfile,
			Logs:           logs,
		})
	}
	gates := newGates(stack, cfg, delivery, logs)
	pipeline := archway.NewPipeline(stack, "Pipeline", &archway.PipelineProps{
		Delivery:          delivery,
		Artifacts:         artifacts.Bucket,
		Validator:         validator.Function,
		Promoter:          promoter,
		Execution:         archway.Execution(cfg.ExecutionMode),
		GateFunctions:     gates.GateFunctions,
		RollbackOnFailure: cfg.RollbackOnFailure && cfg.Promotes,
	})
	trigger := archway.NewTrigger(stack, "Trigger", &archway.TriggerProps{
		Delivery: delivery, Pipeline: pipeline, Logs: logs,
	})
	addOperations(stack, cfg, operated{
		Delivery: delivery, Pipeline: pipeline, Validator: validator, Promoter: promoter, Gates: gates,
		Trigger: trigger,
		Topic:   topic, Logs: logs,
	})
	addOutputs(stack, source, pipeline, trigger, cfg)
	addTags(stack, tags)
	archway.CreateLast(trigger, pipeline)
	return &Pipeline{Stack: stack, Pipeline: pipeline}
}

// removalPolicy is what becomes of what outlives the stack, if it does. What RETAIN keeps is
// deleted all the same if the stack's first deployment fails: left behind, its names would be taken
// when the deployment is tried again.
func removalPolicy(cfg *config.Planned) awscdk.RemovalPolicy {
	if cfg.RemovalPolicy == config.Destroy {
		return awscdk.RemovalPolicy_DESTROY
	}
	return awscdk.RemovalPolicy_RETAIN_ON_UPDATE_OR_DELETE
}

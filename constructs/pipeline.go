package constructs

import (
	"slices"

	"archway/internal/rule"
	"archway/internal/settings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awscodepipeline"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// The stages, in their order. The only source action is called like its stage. Between Validate and
// Promote stand those that are asked for, in the order of gates.
const (
	StageSource   = settings.StageSource
	StageBuild    = settings.StageBuild
	StageMerge    = settings.StageMerge
	StageValidate = settings.StageValidate
	StagePromote  = settings.StagePromote
)

// A pipeline with rules has these variables: the name of the rule by which a run is built, and the
// name of the branch or tag that it is built for. Everything else about the run follows from the
// two. A pipeline without rules has none.
const (
	RuleVariable = settings.RuleVariable
	RefVariable  = settings.RefVariable

	// NoRule is the value of the rule's variable if nobody gives one, and no rule matches the
	// pipeline's branch. The first build action of such a run says what is missing.
	NoRule = settings.NoRule
)

// Pipeline is a CodePipeline (V2) with the stages Source, Build, Merge, Validate and Promote.
// Within a stage, the actions of several images and architectures run in parallel. What was built
// is passed on by digest only.
type Pipeline struct {
	constructs.Construct

	// Pipeline is the pipeline. It is an L1 construct: the CDK's actions would each bring grants
	// that are wider than what they need, and the whole of ECS, Step Functions and more with them.
	Pipeline awscodepipeline.CfnPipeline

	// Name is its name. Resources name it by this and not by a reference, so that they can be there
	// before it (see [CreateLast]).
	Name string

	// Role is the role with which the pipeline and its actions call the other services.
	Role awsiam.Role

	// ConsoleURL is the address of the pipeline's page in the console.
	ConsoleURL *string
}

// TopicKeysMetadata is the key of the pipeline's metadata in the template that says which key
// encrypts a topic from elsewhere, both by ARN: nothing else in the template does, and a rehearsal
// judges by it what the pipeline needs to tell the topic.
const TopicKeysMetadata = "archway:topic-keys"

// NewPipeline adds the pipeline to scope. It runs once when it is created; for later pushes, add a
// [Trigger].
func NewPipeline(scope constructs.Construct, id string, props *PipelineProps) *Pipeline {
	check("Pipeline", scope, id, props.Validate())
	p := *props
	fill(&p.Execution, Queued)
	d := p.Delivery

	this := &Pipeline{Construct: constructs.NewConstruct(scope, &id), Name: d.PipelineName}
	used := usesOf(&p)
	// One role: a role for each action would add nothing, as this one could assume every one of
	// them.
	this.Role = newRole(this.Construct, &roleProps{
		Service:        "codepipeline.amazonaws.com",
		OwnAccountOnly: true,
		Description:    "Runs the actions of the pipeline",
		Statements:     pipelineStatements(&p, used),
	})
	console := newConsole(this.Construct)
	except(this.Role, wildcardArtifacts)
	this.Pipeline = awscodepipeline.NewCfnPipeline(this.Construct, jsii.String("Pipeline"),
		&awscodepipeline.CfnPipelineProps{
			Name:          &d.PipelineName,
			PipelineType:  jsii.String("V2"),
			ExecutionMode: jsii.String(string(p.Execution)),
			RoleArn:       this.Role.RoleArn(),
			ArtifactStore: artifactStore(p.Artifacts),
			Stages: slices.Concat([]stageDeclaration{
				stageOf(StageSource, sourceAction(d)),
				stageOf(StageBuild, each(d.Images, buildActions)...),
				stageOf(StageMerge, each(d.Images, mergeActions)...),
				stageOf(StageValidate, validateActions(d, p.Validator)...),
			}, gateStages(&p, console), promoteStage(&p)),
		})
	if variables := variables(d); variables != nil {
		this.Pipeline.SetVariables(variables)
	}
	// What the functions decide by, for who reads the template; the very text is in their packages.
	this.Pipeline.AddMetadata(jsii.String(settings.Metadata), d.settingsMetadata())
	if p.Promoter != nil {
		this.Pipeline.Node().AddDependency(p.Promoter.Access) // the role's policy is a resource of its own
	}
	keys := map[string]any{}
	for _, topic := range used.topics {
		if key := topic.MasterKey(); foreign(key) {
			keys[*topic.TopicArn()] = key.KeyArn()
		}
	}
	if len(keys) > 0 {
		this.Pipeline.AddMetadata(jsii.String(TopicKeysMetadata), keys)
	}
	this.ConsoleURL = jsii.String(console.pipeline(d.PipelineName))
	return this
}

// promoteStage is none for images that are never promoted.
func promoteStage(p *PipelineProps) []stageDeclaration {
	if p.Promoter == nil {
		return nil
	}
	stage := stageOf(StagePromote, promoteAction(p))
	if p.RollbackOnFailure {
		stage.OnFailure = &awscodepipeline.CfnPipeline_FailureConditionsProperty{Result: jsii.String("ROLLBACK")}
	}
	return []stageDeclaration{stage}
}

func variables(d *Delivery) []any {
	declare := func(name, value, description string) any {
		return &awscodepipeline.CfnPipeline_VariableDeclarationProperty{Name: &name, DefaultValue: &value,
			Description: &description}
	}
	if len(d.Rules) == 0 {
		return nil
	}
	name := NoRule
	if matchers, err := compile(d.Rules); err == nil {
		if m, ok := rule.Find(matchers, rule.Branch, d.Branch); ok {
			name = m.Name
		}
	}
	return []any{
		declare(RuleVariable, name, "The build rule: it decides what is built, and how"),
		declare(RefVariable, d.Branch,
			"The name of the branch or tag, which the rule must match; tags may be named after it"),
	}
}

func artifactStore(bucket awss3.IBucket) *awscodepipeline.CfnPipeline_ArtifactStoreProperty {
	store := &awscodepipeline.CfnPipeline_ArtifactStoreProperty{Type: jsii.String("S3"), Location: bucket.BucketName()}
	if key := bucket.EncryptionKey(); key != nil {
		store.EncryptionKey = &awscodepipeline.CfnPipeline_EncryptionKeyProperty{Type: jsii.String("KMS"),
			Id: key.KeyArn()}
	}
	return store
}

// usesOf are what the actions of all stages work with.
func usesOf(p *PipelineProps) uses {
	all := uses{functions: []*string{p.Validator.FunctionArn()}}
	for _, image := range p.Delivery.Images {
		for _, build := range image.Builds {
			all.projects = append(all.projects, build.Project.ProjectArn())
		}
		all.projects = append(all.projects, image.Merge.Project.ProjectArn())
	}
	if p.Promoter != nil {
		all.functions = append(all.functions, p.Promoter.Function.FunctionArn())
	}
	for _, g := range gates {
		if g.uses != nil {
			all = all.and(g.uses(p))
		}
	}
	return all
}

// pipelineStatements are what CodePipeline does on behalf of the actions, on the resources that
// they name.
// https://docs.aws.amazon.com/codepipeline/latest/userguide/how-to-custom-role.html
func pipelineStatements(p *PipelineProps, used uses) []awsiam.PolicyStatement {
	statements := slices.Concat(
		artifactReadWriteStatements(p.Artifacts),
		p.Delivery.Source.fetches(),
		[]awsiam.PolicyStatement{
			allow(used.projects, "codebuild:BatchGetBuilds", "codebuild:StartBuild", "codebuild:StopBuild"),
			allow(used.functions, "lambda:InvokeFunction"),
		},
		used.others)
	for _, topic := range used.topics {
		statements = append(statements, publishStatements(topic)...)
	}
	return statements
}

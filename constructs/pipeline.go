package constructs

import (
	"slices"

	"archway/internal/rule"

	"github.com/aws/aws-cdk-go/awscdk/v2/awscodepipeline"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// The stages, in their order. The only source action is called like its stage.
const (
	StageSource   = "Source"
	StageBuild    = "Build"
	StageMerge    = "Merge"
	StageValidate = "Validate"
	StagePromote  = "Promote"
)

// BranchVariable is the pipeline variable that holds the name of the branch that is built.
const BranchVariable = "branch"

// A pipeline with rules has these variables instead: the name of the rule by which a run is built, and the name of the branch
// or tag that it is built for. Everything else about the run follows from the two.
const (
	RuleVariable = "rule"
	RefVariable  = "ref"

	// NoRule is the value of the rule's variable if nobody gives one, and no rule matches the pipeline's branch. The first
	// build action of such a run says what is missing.
	NoRule = "none"
)

// Pipeline is a CodePipeline (V2) with the stages Source, Build, Merge, Validate and Promote, and between the last two those
// that are asked for: ScanGate, SmokeTest and Approval. Within a stage, the actions
// of several images and architectures run in parallel. What was built is passed on by digest only.
type Pipeline struct {
	constructs.Construct

	// Pipeline is the pipeline. It is an L1 construct: the CDK's actions would each bring grants that are wider than what
	// they need, and the whole of ECS, Step Functions and more with them.
	Pipeline awscodepipeline.CfnPipeline

	// Role is the role with which the pipeline and its actions call the other services.
	Role awsiam.Role

	// ConsoleURL is the address of the pipeline's page in the console.
	ConsoleURL *string

	// StartCommand is the command line that starts a run at once ("build now"), with words in capitals to be replaced.
	StartCommand *string
}

// TopicKeysMetadata is the key of the pipeline's metadata in the template that says which key encrypts a topic from elsewhere, both
// by ARN: nothing else in the template does, and a rehearsal judges by it what the pipeline needs to tell the topic.
const TopicKeysMetadata = "archway:topic-keys"

// NewPipeline adds the pipeline to scope. It runs once when it is created; for later pushes, add a [Trigger].
func NewPipeline(scope constructs.Construct, id string, props *PipelineProps) *Pipeline {
	check("Pipeline", scope, id, props.Validate())
	p := *props
	fill(&p.Branch, DefaultBranch)
	fill(&p.Execution, Queued)

	p.Images = slices.Clone(p.Images)
	for i := range p.Images {
		p.Images[i].rules = p.Rules
	}

	this := &Pipeline{Construct: constructs.NewConstruct(scope, &id)}
	// One role: a role for each action would add nothing, as this one could assume every one of them.
	this.Role = newRole(this.Construct, &roleProps{
		Service:        "codepipeline.amazonaws.com",
		OwnAccountOnly: true,
		Description:    "Runs the actions of the pipeline",
		Statements:     pipelineStatements(&p),
	})
	console := newConsole(this.Construct)
	except(this.Role, wildcardArtifacts)
	this.Pipeline = awscodepipeline.NewCfnPipeline(this.Construct, jsii.String("Pipeline"), &awscodepipeline.CfnPipelineProps{
		Name:          optional(p.PipelineName),
		PipelineType:  jsii.String("V2"),
		ExecutionMode: jsii.String(string(p.Execution)),
		RoleArn:       this.Role.RoleArn(),
		ArtifactStore: artifactStore(p.Artifacts),
		Variables:     variables(&p),
		Stages: slices.Concat([]stageDeclaration{
			stageOf(StageSource, sourceAction(&p)),
			stageOf(StageBuild, each(p.Images, buildActions)...),
			stageOf(StageMerge, each(p.Images, mergeActions)...),
			stageOf(StageValidate, each(p.Images, func(image PipelineImage) []action { return validateActions(image, p.Validator) })...),
		}, gates(&p, console), []stageDeclaration{promoteStage(&p)}),
	})
	if p.Approval != nil && p.Approval.Topic != nil && foreign(p.Approval.Topic.MasterKey()) {
		topic := p.Approval.Topic
		this.Pipeline.AddMetadata(jsii.String(TopicKeysMetadata), map[string]any{*topic.TopicArn(): topic.MasterKey().KeyArn()})
	}
	this.ConsoleURL = jsii.String(console.pipeline(*this.Pipeline.Ref()))
	this.StartCommand = startCommand(&p, *this.Pipeline.Ref())
	return this
}

func promoteStage(p *PipelineProps) *awscodepipeline.CfnPipeline_StageDeclarationProperty {
	stage := stageOf(StagePromote, append(promoteActions(p.Images, p.Promoter), p.Verify...)...)
	if p.RollbackOnFailure {
		stage.OnFailure = &awscodepipeline.CfnPipeline_FailureConditionsProperty{Result: jsii.String("ROLLBACK")}
	}
	return stage
}

func variables(p *PipelineProps) []any {
	declare := func(name, value, description string) any {
		return &awscodepipeline.CfnPipeline_VariableDeclarationProperty{Name: &name, DefaultValue: &value, Description: &description}
	}
	if len(p.Rules) == 0 {
		return []any{declare(BranchVariable, p.Branch, "The branch that is built; tags may be named after it")}
	}
	name := NoRule
	if matchers, err := compile(p.Rules); err == nil {
		if m, ok := rule.Find(matchers, rule.Branch, p.Branch); ok {
			name = m.Name
		}
	}
	return []any{
		declare(RuleVariable, name, "The build rule: it decides what is built, and how"),
		declare(RefVariable, p.Branch, "The name of the branch or tag, which the rule must match; tags may be named after it"),
	}
}

// startCommand has no quotes: nothing that stands for a word needs them but the name of a strange branch.
func startCommand(p *PipelineProps, name string) *string {
	variables := "name=" + BranchVariable + ",value=BRANCH"
	if len(p.Rules) > 0 {
		variables = "name=" + RuleVariable + ",value=RULE name=" + RefVariable + ",value=REF"
	}
	return jsii.String("aws codepipeline start-pipeline-execution --name " + name +
		" --source-revisions actionName=" + StageSource + ",revisionType=COMMIT_ID,revisionValue=COMMIT --variables " + variables)
}

func artifactStore(bucket awss3.IBucket) *awscodepipeline.CfnPipeline_ArtifactStoreProperty {
	store := &awscodepipeline.CfnPipeline_ArtifactStoreProperty{Type: jsii.String("S3"), Location: bucket.BucketName()}
	if key := bucket.EncryptionKey(); key != nil {
		store.EncryptionKey = &awscodepipeline.CfnPipeline_EncryptionKeyProperty{Type: jsii.String("KMS"), Id: key.KeyArn()}
	}
	return store
}

// pipelineStatements are what CodePipeline does on behalf of the actions, on the resources that they name.
// https://docs.aws.amazon.com/codepipeline/latest/userguide/how-to-custom-role.html
func pipelineStatements(p *PipelineProps) []awsiam.PolicyStatement {
	var projects []*string
	for _, image := range p.Images {
		for _, build := range image.Builds {
			projects = append(projects, build.Project.ProjectArn())
		}
		projects = append(projects, image.Merge.Project.ProjectArn())
		for _, test := range image.SmokeTests {
			projects = append(projects, test.Project.ProjectArn())
		}
	}
	functions := []*string{p.Validator.FunctionArn(), p.Promoter.FunctionArn()}
	if p.ScanGate != nil {
		functions = append(functions, p.ScanGate.FunctionArn())
	}
	statements := append(artifactReadWriteStatements(p.Artifacts),
		allow([]*string{p.Repository.RepositoryArn()},
			"codecommit:CancelUploadArchive", "codecommit:GetBranch", "codecommit:GetCommit",
			"codecommit:GetUploadArchiveStatus", "codecommit:UploadArchive"),
		allow(projects, "codebuild:BatchGetBuilds", "codebuild:StartBuild", "codebuild:StopBuild"),
		allow(functions, "lambda:InvokeFunction"))
	if p.Approval != nil {
		statements = append(statements, notify(p.Approval.Topic)...)
	}
	return statements
}

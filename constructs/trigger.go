package constructs

import (
	"errors"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodecommit"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/interfaces/interfacesawscodepipeline"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// TriggerProps says which push starts which pipeline.
type TriggerProps struct {
	// Repository is the repository whose pushes count. Required.
	Repository awscodecommit.IRepository

	// Branch is the branch whose pushes count.
	// Default: "main".
	Branch string

	// Pipeline is the pipeline to start. Required.
	Pipeline interfacesawscodepipeline.IPipelineRef

	// SourceAction is the name of the pipeline's source action, whose revision is pinned to the pushed commit.
	// Default: "Source".
	SourceAction string

	// BranchVariable is the pipeline variable that is set to the name of the pushed branch.
	// Default: "branch", the variable that [Pipeline] declares.
	BranchVariable string
}

// Validate reports everything that is wrong with the props.
func (p *TriggerProps) Validate() error {
	if p == nil {
		return errNoProps
	}
	return errors.Join(
		missing(p.Repository == nil, "Repository", "the repository whose pushes start the pipeline"),
		missing(p.Pipeline == nil, "Pipeline", "the pipeline to start"))
}

// Trigger is an EventBridge rule that starts a pipeline for each push to a branch, with exactly the commit that was pushed:
// by the time a run starts, the branch may have moved on.
type Trigger struct {
	constructs.Construct

	// Rule is the rule. It is an L1 construct, because the CDK's target for pipelines can't say which commit to build.
	Rule awsevents.CfnRule

	// Role is the role with which EventBridge starts the pipeline.
	Role awsiam.Role
}

// inputTemplate is the shape of StartPipelineExecution. A <name> outside of quotes is replaced by the value as JSON.
// https://docs.aws.amazon.com/codepipeline/latest/userguide/pipelines-trigger-source-overrides.html
func inputTemplate(sourceAction, branchVariable string) string {
	return `{"sourceRevisions":[{"actionName":` + compactJSON(sourceAction) + `,"revisionType":"COMMIT_ID","revisionValue":<commit>}],` +
		`"variables":[{"name":` + compactJSON(branchVariable) + `,"value":<branch>}]}`
}

// NewTrigger adds the rule to scope.
func NewTrigger(scope constructs.Construct, id string, props *TriggerProps) *Trigger {
	check("Trigger", scope, id, props.Validate())
	p := *props
	fill(&p.Branch, DefaultBranch)
	fill(&p.SourceAction, StageSource)
	fill(&p.BranchVariable, BranchVariable)

	// Put together from the name: that a pipeline has an attribute "Arn" is new, and may not be so in every partition.
	pipelineARN := awscdk.Stack_Of(scope).FormatArn(&awscdk.ArnComponents{
		Service:  jsii.String("codepipeline"),
		Resource: p.Pipeline.PipelineRef().PipelineName,
	})
	this := &Trigger{Construct: constructs.NewConstruct(scope, &id)}
	this.Role = newRole(this.Construct, &roleProps{
		Service:        "events.amazonaws.com",
		OwnAccountOnly: true,
		Description:    "Starts the pipeline when a commit is pushed",
		Statements:     []awsiam.PolicyStatement{allow([]*string{pipelineARN}, "codepipeline:StartPipelineExecution")},
	})
	this.Rule = awsevents.NewCfnRule(this.Construct, jsii.String("Rule"), &awsevents.CfnRuleProps{
		Description: jsii.String("A push to " + p.Branch + " starts the pipeline with the pushed commit"),
		State:       jsii.String("ENABLED"),
		EventPattern: map[string]any{
			"source":      []string{"aws.codecommit"},
			"detail-type": []string{"CodeCommit Repository State Change"},
			"resources":   []*string{p.Repository.RepositoryArn()},
			"detail": map[string]any{
				// A deleted branch has no commit to build.
				"event": []string{"referenceCreated", "referenceUpdated"},
				// Without the type, a tag that is called like the branch would start a run as well.
				"referenceType": []string{"branch"},
				"referenceName": []string{p.Branch},
			},
		},
		Targets: []any{&awsevents.CfnRule_TargetProperty{
			Id:      jsii.String("Pipeline"),
			Arn:     pipelineARN,
			RoleArn: this.Role.RoleArn(),
			InputTransformer: &awsevents.CfnRule_InputTransformerProperty{
				InputPathsMap: map[string]string{
					"commit": "$.detail.commitId",
					"branch": "$.detail.referenceName",
				},
				InputTemplate: jsii.String(inputTemplate(p.SourceAction, p.BranchVariable)),
			},
		}},
	})
	return this
}

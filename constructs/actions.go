package constructs

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodebuild"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodepipeline"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/jsii-runtime-go"
)

type (
	action           = *awscodepipeline.CfnPipeline_ActionDeclarationProperty
	stageDeclaration = any
)

// sourceArtifact is the only artifact: what the builds give is passed on by digest.
const sourceArtifact = "SourceCode"

func stageOf(name string, actions ...action) *awscodepipeline.CfnPipeline_StageDeclarationProperty {
	return &awscodepipeline.CfnPipeline_StageDeclarationProperty{Name: &name, Actions: &actions}
}

func each(images []PipelineImage, actions func(PipelineImage) []action) []action {
	var all []action
	for _, image := range images {
		all = append(all, actions(image)...)
	}
	return all
}

// newAction has the first RunOrder, so that all actions of a stage run in parallel unless they are
// given others.
func newAction(stage, name, category, provider string, configuration map[string]any) action {
	return &awscodepipeline.CfnPipeline_ActionDeclarationProperty{
		Name:          &name,
		Namespace:     jsii.String(namespace(stage, name)),
		RunOrder:      jsii.Number(1),
		ActionTypeId:  actionType(category, provider),
		Configuration: configuration,
	}
}

func actionType(category, provider string) *awscodepipeline.CfnPipeline_ActionTypeIdProperty {
	return &awscodepipeline.CfnPipeline_ActionTypeIdProperty{
		Category: &category, Owner: jsii.String("AWS"), Provider: &provider, Version: jsii.String("1"),
	}
}

func sourceAction(d *Delivery) action {
	provider, configuration := d.Source.action(d.Branch)
	source := newAction(StageSource, StageSource, "Source", provider, configuration)
	source.OutputArtifacts = []any{
		&awscodepipeline.CfnPipeline_OutputArtifactProperty{Name: jsii.String(sourceArtifact)}}
	return source
}

// https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-CodeBuild.html
func codeBuildAction(stage, name string, project awscodebuild.IProject) action {
	build := newAction(stage, name, "Build", "CodeBuild", map[string]any{
		"ProjectName":          project.ProjectName(),
		"EnvironmentVariables": `[{"name":"` + ExecutionEnvironment + `","value":"` + executionVariable + `"}]`,
	})
	build.InputArtifacts = []any{&awscodepipeline.CfnPipeline_InputArtifactProperty{Name: jsii.String(sourceArtifact)}}
	return build
}

// https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-Lambda.html
func lambdaAction(stage, name string, function awslambda.IFunction, parameters string) action {
	return newAction(stage, name, "Invoke", "Lambda", map[string]any{
		"FunctionName":   function.FunctionName(),
		"UserParameters": parameters,
	})
}

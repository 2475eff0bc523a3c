package constructs

import (
	"archway/internal/settings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
)

// An action gives its variables under the namespace "Stage-action", which tells in the console
// where a value comes from. The source is not named twice.
func namespace(stage, action string) string {
	if stage == StageSource {
		return stage
	}
	return stage + "-" + action
}

// executionVariable is CodePipeline's own, and the only one that actions are given: an id, which
// nobody can choose. Whatever else differs from run to run is asked of CodePipeline by this id, and
// comes as typed values.
const executionVariable = "#{codepipeline.PipelineExecutionId}"

// ExecutionEnvironment is the environment variable in which the actions of CodeBuild projects hand
// on the execution's id.
const ExecutionEnvironment = "EXECUTION_ID"

func buildActions(image PipelineImage) []action {
	var actions []action
	for _, build := range image.Builds {
		actions = append(actions, codeBuildAction(StageBuild, image.actionName(build.Platform), build.Project))
	}
	return actions
}

func mergeActions(image PipelineImage) []action {
	return []action{codeBuildAction(StageMerge, image.Name, image.Merge.Project)}
}

func validateActions(d *Delivery, function awslambda.IFunction) []action {
	return each(d.Images, func(image PipelineImage) []action {
		return []action{lambdaAction(StageValidate, image.Name, function, d.parameters(image.Name))}
	})
}

// promoteAction is one action for all images: the function checks every image before it moves a tag
// of any, because a registry has no transactions, and an action of a function takes half a minute
// however little it does.
func promoteAction(p *PipelineProps) action {
	return lambdaAction(StagePromote, settings.ActionPromote, p.Promoter.Function, p.Delivery.parameters(""))
}

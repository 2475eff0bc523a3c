package constructs

import (
	"strings"

	"archway/internal/parameters"

	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/jsii-runtime-go"
)

// An action gives its variables under the namespace "Stage-action", which tells in the console where a value comes from. The
// source is not named twice.
func namespace(stage, action string) string {
	if stage == StageSource {
		return stage
	}
	return stage + "-" + action
}

func variable(namespace, name string) string { return "#{" + namespace + "." + name + "}" }

var (
	commitVariable = variable(StageSource, "CommitId")
	branchVariable = variable("variables", BranchVariable)
	ruleVariable   = variable("variables", RuleVariable)
	refVariable    = variable("variables", RefVariable)
	// executionVariable is CodePipeline's own.
	executionVariable = variable("codepipeline", "PipelineExecutionId")
)

func buildActionName(image PipelineImage, build *NativeBuild) string {
	return image.Name + "-" + string(build.Architecture)
}

// builtDigest is the variable that holds what a build has pushed in this very run.
func builtDigest(image PipelineImage, build *NativeBuild) string {
	return variable(namespace(StageBuild, buildActionName(image, build)), ImageDigestVariable)
}

func buildActions(image PipelineImage) []action {
	var actions []action
	for _, build := range image.Builds {
		environment := []environmentVariable{{"COMMIT_ID", commitVariable}}
		if len(image.rules) > 0 {
			environment = append(environment, environmentVariable{"RULE", ruleVariable})
		}
		actions = append(actions, codeBuildAction(StageBuild, buildActionName(image, build), build.Project, environment))
	}
	return actions
}

func mergeActions(image PipelineImage) []action {
	var digests []string
	for _, build := range image.Builds {
		digests = append(digests, build.Architecture.Platform()+"="+builtDigest(image, build))
	}
	return []action{codeBuildAction(StageMerge, image.Name, image.Merge.Project, []environmentVariable{
		{"COMMIT_ID", commitVariable},
		{"IMAGE_DIGESTS", strings.Join(digests, " ")},
	})}
}

// validateActions hand the function what it must find: the index by digest, the commit, and which build pushed which digest.
func validateActions(image PipelineImage, function awslambda.IFunction) []action {
	builds := map[string]string{}
	for _, build := range image.Builds {
		builds[build.Architecture.Platform()] = builtDigest(image, build)
	}
	return []action{lambdaAction(StageValidate, image.Name, function, compactJSON(image.validation(parameters.Validation{
		Repository: *RepositoryURI(image.Repository),
		Digest:     variable(namespace(StageMerge, image.Name), IndexDigestVariable),
		Revision:   commitVariable,
		Builds:     builds,
		Reference:  image.reference(),
	})))}
}

// reference names what was built, from which the functions make the tags.
func (i PipelineImage) reference() parameters.Reference {
	if len(i.rules) == 0 {
		return parameters.Reference{Branch: branchVariable}
	}
	return parameters.Reference{Image: i.Name, Rule: ruleVariable, Ref: refVariable}
}

// validation is what the Validate action hands to its function, with the values of an execution. Rules that leave out
// architectures are listed, because the validation must not take a build's word for it.
func (i PipelineImage) validation(what parameters.Validation) parameters.Validation {
	what.Only, what.Moving, what.Policy = i.only(), i.MovingTags, i.Validation.policy()
	return what
}

// only lists the rules that build fewer platforms than there are, by the platforms that they build.
func (i PipelineImage) only() map[string][]string {
	only := map[string][]string{}
	for _, r := range i.rules {
		var platforms []string
		all := true
		for _, build := range i.Builds {
			switch {
			case build == nil:
			case build.rules[r.Name].Skip:
				all = false
			default:
				platforms = append(platforms, build.Architecture.Platform())
			}
		}
		if !all {
			key := strings.Join(platforms, ",")
			only[key] = append(only[key], r.Name)
		}
	}
	return only
}

// The run orders of the stage Promote: what stands against one image is known before a tag of any other image moves.
const (
	orderCheck = iota + 1
	orderPromote

	// VerifyOrder is the first run order after the promotion, for [PipelineProps].Verify.
	VerifyOrder
)

// promoteActions point the tags of all images. The actions of one run order run at the same time: where there are several
// images, all are checked in a run order of its own first, because a registry has no transactions.
func promoteActions(images []PipelineImage, function awslambda.IFunction) []action {
	var checks, promotions []action
	for _, image := range images {
		what := image.promotion(parameters.Promotion{
			Repository: *RepositoryURI(image.Repository),
			Digest:     validatedDigest(image),
			Commit:     commitVariable,
			Reference:  image.reference(),
			Execution:  executionVariable,
		})
		promotion := lambdaAction(StagePromote, image.Name, function, compactJSON(what))
		what.Check = true
		check := lambdaAction(StagePromote, image.Name+checkSuffix, function, compactJSON(what))
		if len(images) > 1 {
			check.RunOrder, promotion.RunOrder = jsii.Number(orderCheck), jsii.Number(orderPromote)
			checks = append(checks, check)
		}
		promotions = append(promotions, promotion)
	}
	return append(checks, promotions...)
}

// checkSuffix tells an image's check from its promotion.
const checkSuffix = "-check"

// promotion is what the Promote action hands to its function, with the values of an execution.
func (i PipelineImage) promotion(what parameters.Promotion) parameters.Promotion {
	what.Immutable, what.Moving, what.Downgrade = i.ImmutableTags, i.MovingTags, i.Validation.policy().Regressions()
	return what
}

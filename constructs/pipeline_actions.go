package constructs

import (
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
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
		actions = append(actions, codeBuildAction(StageBuild, buildActionName(image, build), build.Project, []environmentVariable{
			{"COMMIT_ID", commitVariable},
		}))
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
	return []action{lambdaAction(StageValidate, image.Name, function, compactJSON(struct {
		Repository string            `json:"repository"`
		Digest     string            `json:"digest"`
		Revision   string            `json:"revision"`
		Builds     map[string]string `json:"builds"`
	}{
		Repository: *RepositoryURI(image.Repository),
		Digest:     variable(namespace(StageMerge, image.Name), IndexDigestVariable),
		Revision:   commitVariable,
		Builds:     builds,
	}))}
}

func promoteActions(image PipelineImage, function awslambda.IFunction) []action {
	return []action{lambdaAction(StagePromote, image.Name, function, image.promotion(promoted{
		Repository: *RepositoryURI(image.Repository),
		// What the Validate action of this run has passed, so that nothing else can be promoted.
		Digest: variable(namespace(StageValidate, image.Name), "digest"),
		Commit: commitVariable,
		Branch: branchVariable,
	}))}
}

// promoted says what is promoted.
type promoted struct {
	Repository string `json:"repository"`
	Digest     string `json:"digest"`
	Commit     string `json:"commit"`
	Branch     string `json:"branch"`
}

// promotion is what the Promote action hands to its function.
func (i PipelineImage) promotion(what promoted) string {
	return compactJSON(struct {
		promoted
		Immutable []string `json:"immutable,omitempty"`
		Moving    []string `json:"moving,omitempty"`
	}{what, i.ImmutableTags, i.MovingTags})
}

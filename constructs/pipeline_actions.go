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
	ruleVariable   = variable("variables", RuleVariable)
	refVariable    = variable("variables", RefVariable)
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
	return []action{lambdaAction(StageValidate, image.Name, function, image.validation(*RepositoryURI(image.Repository), image.rules))}
}

// validation is what the Validate action hands to its function. Rules that leave out architectures are listed, because the
// validation must not take a build's word for it.
func (i PipelineImage) validation(repository string, rules []Rule) string {
	builds := map[string]string{}
	for _, build := range i.Builds {
		if build != nil {
			builds[build.Architecture.Platform()] = builtDigest(i, build)
		}
	}
	only := map[string][]string{}
	for _, r := range rules {
		var platforms []string
		for _, build := range i.Builds {
			if build != nil && !build.rules[r.Name].Skip {
				platforms = append(platforms, build.Architecture.Platform())
			}
		}
		if len(platforms) < len(builds) {
			key := strings.Join(platforms, ",")
			only[key] = append(only[key], r.Name)
		}
	}
	var of reference
	if len(rules) > 0 {
		of = reference{Image: i.Name, Rule: ruleVariable, Ref: refVariable}
	}
	return compactJSON(struct {
		Repository string            `json:"repository"`
		Digest     string            `json:"digest"`
		Revision   string            `json:"revision"`
		Builds     map[string]string `json:"builds"`
		reference
		Only map[string][]string `json:"only,omitempty"`
	}{
		Repository: repository,
		Digest:     variable(namespace(StageMerge, i.Name), IndexDigestVariable),
		Revision:   commitVariable,
		Builds:     builds,
		reference:  of,
		Only:       only,
	})
}

func promoteActions(image PipelineImage, function awslambda.IFunction) []action {
	return []action{lambdaAction(StagePromote, image.Name, function, image.promotion(promoted{
		Repository: *RepositoryURI(image.Repository),
		// What the Validate action of this run has passed, so that nothing else can be promoted.
		Digest:    variable(namespace(StageValidate, image.Name), "digest"),
		Commit:    commitVariable,
		reference: image.reference(),
	}))}
}

// reference names what was built, from which the function makes the tags: the branch, or a reference and its rule.
func (i PipelineImage) reference() reference {
	if len(i.rules) == 0 {
		return reference{Branch: branchVariable}
	}
	return reference{Image: i.Name, Rule: ruleVariable, Ref: refVariable}
}

type reference struct {
	Branch string `json:"branch,omitempty"`
	Image  string `json:"image,omitempty"`
	Rule   string `json:"rule,omitempty"`
	Ref    string `json:"ref,omitempty"`
}

// promoted says what is promoted.
type promoted struct {
	Repository string `json:"repository"`
	Digest     string `json:"digest"`
	Commit     string `json:"commit"`
	reference
}

// promotion is what the Promote action hands to its function.
func (i PipelineImage) promotion(what promoted) string {
	return compactJSON(struct {
		promoted
		Immutable []string `json:"immutable,omitempty"`
		Moving    []string `json:"moving,omitempty"`
	}{what, i.ImmutableTags, i.MovingTags})
}

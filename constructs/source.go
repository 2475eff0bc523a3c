package constructs

import (
	"archway/internal/rule"
	"archway/internal/settings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
)

// Source is where the code of a pipeline comes from; [CodeCommit] is one. The pipeline, its builds,
// its trigger and its functions ask it for what they need, and know nothing else of it.
//
// All sources are in this package: the functions must know how to ask a source about its commits,
// too (lambda/internal/pipeline/history).
type Source interface {
	// URL is the address that images name as their source.
	URL() *string

	// Outputs are what a person needs to get at the source.
	Outputs() []SourceOutput

	// settings are what the functions learn of the source, and of the branch that is built.
	settings(branch string) settings.Source

	// action is the provider of the source action, and its configuration. What the action hands on
	// is a ZIP file. It starts no executions by itself where EventBridge is told of pushes.
	action(branch string) (provider string, configuration map[string]any)

	// fetches are what the action does in the name of the pipeline's role.
	fetches() []awsiam.PolicyStatement

	// tells are what functions do that ask for the history: whether a commit is where its branch or
	// tag is, and which of two commits is newer.
	tells(rules []Rule) []awsiam.PolicyStatement

	// pushes are the events of EventBridge about branches and tags of these types that have got a
	// commit. Without names, they are about all. It is nil for a source of which EventBridge isn't
	// told: then the source action itself starts the pipeline, for the delivery's branch.
	pushes(types []rule.Type, names []string) *pushEvents
}

// SourceOutput is an output of the stack.
type SourceOutput struct {
	// ID is its logical name, and Description says what it is good for.
	ID, Description string

	// Value is what is put out.
	Value *string
}

// pushEvents are events of EventBridge.
type pushEvents struct {
	// pattern is what a rule matches.
	pattern map[string]any

	// revision is the path to what is built, to which a run is pinned.
	revision string
}

// DefaultBranch is the branch of constructs that are not told another one.
const DefaultBranch = "main"

package stacks

import (
	"fmt"
	"slices"
	"strings"

	"archway/config"
	archway "archway/constructs"
	"archway/internal/settings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
)

// addOutputs shows after a deployment what a person needs next.
func addOutputs(
	stack awscdk.Stack, source archway.Source, pipeline *archway.Pipeline, trigger *archway.Trigger,
	cfg *config.Planned,
) {
	output := func(id, description string, value *string) {
		awscdk.NewCfnOutput(stack, &id, &awscdk.CfnOutputProps{Description: &description, Value: value})
	}
	for _, o := range source.Outputs() {
		output(o.ID, o.Description, o.Value)
	}
	output("BuildNow", buildNow(cfg), trigger.StartCommand)
	output("Console", "The pipeline in the console", pipeline.ConsoleURL)
	removal := afterRemoval(cfg)
	output("Removal", "What cdk destroy leaves behind", &removal)
}

// afterRemoval says what is still there when the stack is gone, and what is not.
func afterRemoval(cfg *config.Planned) string {
	source := "the source repository " + cfg.Source.Repository
	var releases, staged []string
	for _, image := range cfg.Images {
		if cfg.Promotes {
			releases = append(releases, image.Repository)
		}
		staged = append(staged, settings.Staging(image.Repository))
	}
	destroyed := "the images in " + strings.Join(slices.Concat(releases, staged), ", ")
	switch {
	case cfg.RemovalPolicy == config.Destroy && cfg.Source.Existing:
		return "Only " + source + ", which was there before. Everything else is deleted, " + destroyed +
			" too (removalPolicy DESTROY)."
	case cfg.RemovalPolicy == config.Destroy:
		return "Nothing: everything is deleted, " + destroyed + " and " + source + " too (removalPolicy DESTROY)."
	}
	kept := []string{source}
	if cfg.Promotes {
		kept = append(kept, "the images in "+strings.Join(releases, ", "))
	}
	kept = append(kept, "the logs")
	if cfg.Encryption == config.CustomerManaged {
		kept = append(kept, "the key that encrypts them (delete it last: without it no image can be pulled)")
	}
	return "All that must not be lost: " + strings.Join(kept, ", ") +
		", and the artifact bucket, which empties itself. " +
		"Delete them by hand when nothing needs them. What was built and is not promoted is deleted, with the layer " +
		"caches: the images in " + strings.Join(staged, ", ") + "."
}

// maxDescription is how many bytes CloudFormation takes as the description of an output.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/outputs-section-structure.html
const maxDescription = 1024

// buildNow says what to put into the command line that starts a run at once.
func buildNow(cfg *config.Planned) string {
	if len(cfg.Rules) == 0 {
		return "Build a commit of " + cfg.Source.Branch +
			" now: COMMIT is its ID (git rev-parse NAME); one that the branch does not have is built and not promoted"
	}
	text := "Build where a branch or tag is now: TYPE is branch or tag, NAME its name, which a rule must match. Rules: "
	var rules []string
	for _, r := range cfg.Rules {
		what := r.Exact
		if what == "" {
			what = "/" + r.Pattern + "/"
		}
		rules = append(rules, fmt.Sprintf("%s (%s %s)", r.Name, r.Type, what))
	}
	if text += strings.Join(rules, ", "); len(text) > maxDescription {
		return strings.ToValidUTF8(text[:maxDescription-3], "") + "..."
	}
	return text
}

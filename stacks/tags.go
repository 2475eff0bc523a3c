package stacks

import (
	"maps"
	"slices"

	"archway/config"
	archway "archway/constructs"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
)

// The tags that everything gets. People find by them what belongs to a pipeline, and what it costs.
const (
	projectTag  = "Project"
	pipelineTag = "Pipeline"
)

// tagsOf are the tags of everything in a pipeline's stack, and of the stack itself.
func tagsOf(cfg *config.Planned) map[string]*string {
	tags := map[string]*string{projectTag: jsii.String("archway"), pipelineTag: &cfg.Name}
	for key, value := range cfg.ResourceTags {
		tags[key] = &value
	}
	return tags
}

// addTags tags everything in the stack that can be tagged. It comes last.
func addTags(stack awscdk.Stack, tags map[string]*string) {
	var list []map[string]*string
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		awscdk.Tags_Of(stack).Add(&key, tags[key], nil)
		list = append(list, map[string]*string{"Key": &key, "Value": tags[key]})
	}
	// The CDK writes these in a way that its own tags don't reach.
	for _, resource := range archway.AutoDeleteResources(stack) {
		resource.AddPropertyOverride(jsii.String("Tags"), list)
	}
}

package config

import (
	"maps"
	"slices"

	"archway/internal/platform"
	"archway/internal/rule"
	"archway/internal/spec"
)

// Plan is what a configuration comes to: a stack for each pipeline and class, and one for the
// registry that they share.
type Plan struct {
	Pipelines []Planned
	Registry  *Registry
}

// Planned is a pipeline, or what a class makes of it, with all that follows from what is said of
// it.
type Planned struct {
	Pipeline

	// Class is the class of the pipeline's rules; empty for those that name none.
	Class string

	// After is the name of the pipeline whose stack creates the source repository of this class;
	// empty if it is there already, or if this pipeline's stack creates it.
	After string

	// Promotes reports whether what is built is promoted. If not, there are neither releases nor
	// tags.
	Promotes bool

	// StagingDays is how long images that are not promoted are kept.
	StagingDays int

	// Warnings are what is worth a look before the pipeline is deployed, and stops nothing.
	Warnings []string

	// SigningProfile is the profile with which ECR signs what the pipeline pushes; empty if nothing
	// is signed.
	SigningProfile string

	// KeepUntagged reports whether images stay that no tag names, as signatures do.
	KeepUntagged bool

	// PullThrough says under which prefix the images of other registries are found in the account's
	// own.
	PullThrough map[spec.Upstream]string

	// Filters are the wildcard patterns that exclude exactly the moving tags from the registry's
	// tag immutability, each once, by the names of the images.
	Filters map[string][]string

	// ImageWarnings are what is worth a look before an image is deployed, and stops nothing, by the
	// names of the images.
	ImageWarnings map[string][]string

	// Settings are what is built of each image, by the names of the rule and the image.
	Settings map[string]map[string]Settings
}

// Settings are what is built of an image under a rule.
type Settings struct {
	Context, Dockerfile string
	BuildArgs           map[string]string
	NoCache             bool
	Platforms           []platform.Platform
	Tags                rule.Tags
}

// Warnings are what is worth a look before any of it is deployed, each once.
func (p *Plan) Warnings() []string {
	var all []string
	for i := range p.Pipelines {
		of := &p.Pipelines[i]
		warnings := slices.Clone(of.Warnings)
		for _, name := range slices.Sorted(maps.Keys(of.ImageWarnings)) {
			warnings = append(warnings, of.ImageWarnings[name]...)
		}
		for _, warning := range warnings {
			if !slices.Contains(all, warning) {
				all = append(all, warning)
			}
		}
	}
	return all
}

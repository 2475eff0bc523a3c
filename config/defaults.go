package config

import (
	"archway/internal/platform"
	"archway/internal/spec"
)

// The defaults that are more than a word. Names follow from other names: see source and image.

func defaultPipeline() Planned {
	p := Planned{
		Pipeline: spec.Default[Pipeline](),
		Promotes: true,
		Filters:  map[string][]string{}, ImageWarnings: map[string][]string{},
		Settings: map[string]map[string]Settings{},
	}
	p.Images = nil
	return p
}

func defaultImage() Image {
	image := spec.Default[Image]()
	image.Platforms, image.Tags = platform.Native(), defaultTags()
	return image
}

func defaultTags() Tags {
	// Twelve characters of a commit stay unique in any repository that people have: the Linux
	// kernel's recommendation.
	return Tags{Immutable: []string{"{commit:12}"}, Moving: []string{"latest", "{branch}"}}
}

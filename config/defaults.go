package config

import "archway/internal/platform"

// The defaults. Names follow from other names: see source and image.

func defaultPipeline() Pipeline {
	return Pipeline{
		ExecutionMode:  Queued,
		RemovalPolicy:  Retain,
		Encryption:     AWSManaged,
		Source:         Source{Branch: "main"},
		Notifications:  Notifications{Email: []string{}},
		ReleaseWriters: []string{},
		ResourceTags:   map[string]string{},
		Promotes:       true,
	}
}

func defaultImage() Image {
	return Image{
		Context:    ".",
		Dockerfile: "Dockerfile",
		BuildArgs:  map[string]string{},
		BaseImages: ReportBaseImages,
		Secrets:    map[string]Secret{},
		Labels:     map[string]string{},
		Platforms:  platform.All(),
		Tags:       defaultTags(),
		Validation: defaultValidation(),
		Builds:     map[string]Build{},
	}
}

func defaultTags() Tags {
	// Twelve characters of a commit stay unique in any repository that people have: the Linux kernel's recommendation.
	return Tags{Immutable: []string{"{commit:12}"}, Moving: []string{"latest", "{branch}"}}
}

func defaultBuild() Build { return Build{Compute: Medium, TimeoutMinutes: 60} }

func defaultValidation() Validation {
	return Validation{AllowedPlatforms: []string{}, Downgrade: map[string]Downgrade{}, Deep: true}
}

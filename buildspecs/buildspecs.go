// Package buildspecs holds what CodeBuild runs, as the YAML files that they are: the text that a
// reviewer reads here is the text that is deployed. Values reach them by environment only.
package buildspecs

import (
	_ "embed"
	"fmt"

	"sigs.k8s.io/yaml"
)

var (
	//go:embed build.yml
	buildText string
	//go:embed merge.yml
	mergeText string
	//go:embed smoke-test.yml
	smokeTestText string

	// Build builds one image for one architecture.
	Build = parse("build.yml", buildText)

	// Merge merges the images of one run into one index.
	Merge = parse("merge.yml", mergeText)

	// SmokeTest runs an image of one architecture, and compares what it does with what is expected.
	SmokeTest = parse("smoke-test.yml", smokeTestText)
)

// Spec is a buildspec.
// https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html
type Spec struct {
	// Text is the file, comments and all.
	Text string `json:"-"`

	Version any              `json:"version"`
	Env     Env              `json:"env"`
	Phases  map[string]Phase `json:"phases"`
}

// Env is a buildspec's env section.
type Env struct {
	Shell             string   `json:"shell"`
	ExportedVariables []string `json:"exported-variables"`
}

// Phase is one phase of a buildspec.
type Phase struct {
	OnFailure string   `json:"on-failure"`
	Commands  []string `json:"commands"`
}

// parse panics on a file that is no buildspec: the files are compiled in, so that a test finds it
// before anybody else.
func parse(name, text string) Spec {
	spec := Spec{Text: text}
	if err := yaml.UnmarshalStrict([]byte(text), &spec); err != nil {
		panic(fmt.Errorf("buildspecs/%s: %w", name, err))
	}
	return spec
}

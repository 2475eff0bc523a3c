// Package codebuild runs a build as CodeBuild does: the phases of a buildspec in
// one shell, or in a new one for each command, with the project's environment.
package codebuild

import "time"

// Project is a project as a template declares it.
type Project struct {
	Name    string
	ARN     string
	RoleARN string
	// BuildSpec is the parsed buildspec.
	BuildSpec   *BuildSpec
	Environment Environment
	Timeout     time.Duration
	// LogGroup is where CodeBuild writes the builds' logs; empty for nowhere.
	LogGroup string
}

// Environment is a project's build environment.
type Environment struct {
	// Type is LINUX_CONTAINER or ARM_CONTAINER.
	Type       string
	Image      string
	Compute    string
	Privileged bool
	Variables  []Variable
}

// The types of variables whose value says where the real one is kept.
const (
	SecretsManager = "SECRETS_MANAGER"
	ParameterStore = "PARAMETER_STORE"
)

// Variable is an environment variable.
type Variable struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	Type  string `json:"type"`
}

// Host is what builds find on this machine.
type Host struct {
	// Dir holds a folder per build.
	Dir string
	// Account and Region name the builds.
	Account, Region string
	// Path is the search path for programs.
	Path string
	// Environment holds NAME=value pairs that every build gets.
	Environment []string
	// BuildxPlugin is the buildx program, which Docker's client looks for under HOME.
	BuildxPlugin string
	// FreshShell lets each command have a shell of its own, which finds what the one before has
	// exported, and its folder.
	FreshShell bool
	// Docker is for privileged builds only: elsewhere no daemon runs.
	Docker Docker
	// Secret fetches what a variable of the type SecretsManager or ParameterStore
	// stands for, in the name of the project's role.
	Secret func(build, role string, v Variable) (string, error)
	// Credentials returns, for a build and its project's role, the environment
	// from which it gets its credentials.
	Credentials func(build, role string) []string
}

// Docker is how privileged builds reach the Docker engine and a builder.
type Docker struct {
	Host         string
	Builder      string
	BuildxConfig string
}

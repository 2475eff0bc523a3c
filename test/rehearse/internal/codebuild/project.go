// Package codebuild runs a build as CodeBuild does: the phases of a buildspec in
// one shell, with the project's environment.
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

// Variable is an environment variable. Only PLAINTEXT ones can be rehearsed.
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
	// Docker is for privileged builds only: elsewhere no daemon runs.
	Docker Docker
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

package cost

import (
	"strings"

	"archway/test/internal/scene"
)

// actions are those of the stack's pipelines.
func (c *counter) actions() []action {
	var all []action
	for _, r := range c.resources {
		if r.Type != "AWS::CodePipeline::Pipeline" {
			continue
		}
		for _, stage := range list(r.Properties["Stages"]) {
			stage := object(stage)
			for _, item := range list(stage["Actions"]) {
				item := object(item)
				kind, configuration := object(item["ActionTypeId"]), object(item["Configuration"])
				a := action{
					category: text(kind["Category"]), provider: text(kind["Provider"]), build: stage["Name"] == "Build",
				}
				for _, key := range []string{"ProjectName", "FunctionName"} {
					if id, ok := scene.Reference(c.resources, configuration[key]); ok {
						a.runs = id
					}
				}
				all = append(all, a)
			}
		}
	}
	return all
}

// architectures are CodeBuild's types of environments in the words of the prices.
var architectures = map[string]string{"LINUX_CONTAINER": "x86_64", "ARM_CONTAINER": "arm64"}

// machine is the machine of a project, as the prices call it.
func (c *counter) machine(project string) string {
	environment := object(c.resources[project].Properties["Environment"])
	kind := text(environment["Type"])
	if name := architectures[kind]; name != "" {
		kind = name
	}
	return kind + " " + strings.TrimPrefix(text(environment["ComputeType"]), "BUILD_GENERAL1_")
}

// gigabytes is the memory of a function.
func (c *counter) gigabytes(function string) float64 {
	mb, _ := c.resources[function].Properties["MemorySize"].(float64)
	return mb / 1024
}

// program is the name of the program that a function runs; empty if it is none of Archway's.
func (c *counter) program(function string) string {
	path, _ := c.resources[function].Metadata["archway:package"].(string)
	return path[strings.LastIndex(path, "/")+1:]
}

// secrets counts the secrets of Secrets Manager that builds and pull-through caches read.
func (c *counter) secrets() int {
	found := map[string]bool{}
	for _, r := range c.resources {
		switch r.Type {
		case "AWS::CodeBuild::Project":
			for _, item := range list(object(r.Properties["Environment"])["EnvironmentVariables"]) {
				if v := object(item); v["Type"] == "SECRETS_MANAGER" {
					name, _, _ := strings.Cut(text(v["Value"]), ":")
					found[name] = true
				}
			}
		case "AWS::ECR::PullThroughCacheRule":
			if arn := text(r.Properties["CredentialArn"]); arn != "" {
				found[arn] = true
			}
		}
	}
	return len(found)
}

// inspected reports whether Inspector's findings are read, which cost something where the account
// has them turned on: only then may a role see them.
func (c *counter) inspected() bool {
	for _, r := range c.resources {
		if r.Type == "AWS::IAM::Policy" || r.Type == "AWS::IAM::Role" {
			if scene.Holds(r.Properties, "inspector2:ListFindings") ||
				scene.Holds(r.Properties, "inspector2:ListCoverage") {
				return true
			}
		}
	}
	return false
}

func list(value any) []any {
	items, _ := value.([]any)
	return items
}

func object(value any) map[string]any {
	m, _ := value.(map[string]any)
	return m
}

func text(value any) string {
	s, _ := value.(string)
	return s
}

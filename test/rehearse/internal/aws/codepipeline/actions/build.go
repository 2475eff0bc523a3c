package actions

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"archway/test/rehearse/internal/aws/codebuild"
	"archway/test/rehearse/internal/aws/codepipeline"
)

// Build is the CodeBuild action.
type Build struct {
	Runner *codebuild.Runner
	// Project finds a project by name.
	Project func(name string) (*codebuild.Project, bool)
}

// maxInputs is CodePipeline's limit for the action.
const maxInputs = 5

// Check implements codepipeline.Provider.
func (b *Build) Check(a codepipeline.Action) error {
	if err := configuration(a, []string{"ProjectName"}, map[string][]string{
		"EnvironmentVariables": nil,
		"PrimarySource":        nil,
		"BatchEnabled":         {"false"},
	}); err != nil {
		return err
	}
	if len(a.Outputs) > 0 {
		return fmt.Errorf("output artifact %s: the rehearsal does not support output artifacts of builds", a.Outputs[0])
	}
	if err := counts(a, 1, maxInputs, 0, 0); err != nil {
		return err
	}
	if primary := a.Configuration["PrimarySource"]; primary == "" && len(a.Inputs) > 1 {
		return fmt.Errorf("configuration PrimarySource: it is required with more than one input artifact")
	}
	if _, ok := b.Project(a.Configuration["ProjectName"]); !ok {
		return fmt.Errorf("configuration ProjectName: the project %s does not exist", a.Configuration["ProjectName"])
	}
	return nil
}

// Environment is the variables that a build gets: the project's, and over them
// its action's.
func (b *Build) Environment(run codepipeline.Run) (map[string]string, error) {
	project, ok := b.Project(run.Configuration["ProjectName"])
	if !ok {
		return nil, fmt.Errorf("the project %s does not exist", run.Configuration["ProjectName"])
	}
	more, err := overrides(run.Configuration["EnvironmentVariables"])
	environment := map[string]string{}
	for _, v := range append(slices.Clone(project.Environment.Variables), more...) {
		environment[v.Name] = v.Value
	}
	return environment, err
}

// Run implements codepipeline.Provider.
func (b *Build) Run(ctx context.Context, run codepipeline.Run) codepipeline.Outcome {
	name := run.Configuration["ProjectName"]
	project, ok := b.Project(name)
	if !ok {
		return codepipeline.Outcome{Err: fmt.Errorf("the project %s does not exist", name)}
	}
	request := codebuild.Request{
		Project:   project,
		Initiator: "codepipeline/" + run.Pipeline.Name,
		Log:       run.Log,
	}
	var err error
	if request.Overrides, err = overrides(run.Configuration["EnvironmentVariables"]); err != nil {
		return codepipeline.Outcome{Err: err}
	}
	primary := run.Configuration["PrimarySource"]
	if primary == "" {
		primary = run.Inputs[0].Name
	}
	for _, input := range run.Inputs {
		source := codebuild.Source{
			Name: input.Name, File: input.File, Revision: input.Revision,
			Location: arn.ARN{Partition: "aws", Service: "s3", Resource: input.Bucket + "/" + input.Key}.String(),
		}
		if input.Name == primary {
			request.Source = source
		} else {
			request.Secondary = append(request.Secondary, source)
		}
	}
	if request.Source.File == "" {
		return codepipeline.Outcome{Err: fmt.Errorf("the primary source %s is not an input artifact of the action",
			primary)}
	}
	build := b.Runner.Run(ctx, request)
	outcome := codepipeline.Outcome{Variables: build.Exported, Summary: build.ID, ExternalID: build.ID}
	if !build.Start.IsZero() {
		outcome.Busy = []codepipeline.Span{{Start: build.Start, End: build.End}}
	}
	if build.Err != nil {
		outcome.Err = fmt.Errorf("Build terminated with state: FAILED. %w", build.Err)
	}
	return outcome
}

// overrides reads the action's variables, a JSON text. A variable of the
// pipeline whose value has a quote in it breaks that text, here as on AWS.
func overrides(text string) ([]codebuild.Variable, error) {
	if text == "" {
		return nil, nil
	}
	var variables []codebuild.Variable
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&variables); err != nil {
		return nil, fmt.Errorf("configuration EnvironmentVariables: %w: %s", err, text)
	}
	for _, v := range variables {
		if v.Type != "" && v.Type != "PLAINTEXT" {
			return nil,
				fmt.Errorf("configuration EnvironmentVariables: %s: the rehearsal does not support the type %s", v.Name,
					v.Type)
		}
		if v.Name == "" {
			return nil, fmt.Errorf("configuration EnvironmentVariables: a variable has no name: %s", text)
		}
	}
	return variables, nil
}

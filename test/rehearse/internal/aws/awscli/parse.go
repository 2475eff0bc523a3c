package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
)

// command is a parsed command line.
type command struct {
	version bool
	name    string // "ecr put-image"
	options map[string]string
}

// known is a command that is known here.
type known struct {
	// operation is the API's name for what it does.
	operation string
	run       func(context.Context, session) error
	required  []string
	optional  []string
}

var commands map[string]known

func init() {
	commands = map[string]known{
		"codepipeline get-pipeline-execution": {
			operation: "GetPipelineExecution", run: getPipelineExecution,
			required: []string{"pipeline-name", "pipeline-execution-id"},
		},
		"codepipeline list-action-executions": {
			operation: "ListActionExecutions", run: listActionExecutions,
			required: []string{"pipeline-name"}, optional: []string{"filter"},
		},
		"ecr get-login-password": {operation: "GetAuthorizationToken", run: getLoginPassword},
		"ecr put-image": {
			operation: "PutImage", run: putImage, required: []string{"repository-name", "image-manifest"},
			optional: []string{"registry-id", "image-manifest-media-type", "image-tag", "image-digest"},
		},
	}
}

func parse(arguments []string) (command, error) {
	c := command{options: map[string]string{}}
	var words []string
	for i := 0; i < len(arguments); i++ {
		name, isOption := strings.CutPrefix(arguments[i], "--")
		if !isOption {
			words = append(words, arguments[i])
			continue
		}
		switch name {
		case "version":
			c.version = true
			return c, nil
		case "no-cli-pager":
			continue
		}
		name, value, ok := strings.Cut(name, "=")
		if !ok {
			i++
			if i == len(arguments) {
				return c, fmt.Errorf("argument --%s: expected one argument", name)
			}
			value = arguments[i]
		}
		c.options[name] = value
	}
	c.name = strings.Join(words, " ")
	known, ok := commands[c.name]
	if !ok {
		all := strings.Join(slices.Sorted(maps.Keys(commands)), ", ")
		return c, fmt.Errorf("the command %q is not one of: %s", c.name, all)
	}
	for _, name := range known.required {
		if _, ok := c.options[name]; !ok {
			return c, fmt.Errorf("the following arguments are required: --%s", name)
		}
	}
	for name, value := range c.options {
		if name != "region" && name != "output" &&
			!slices.Contains(slices.Concat(known.required, known.optional), name) {
			return c, fmt.Errorf("unknown option --%s of %s", name, c.name)
		}
		// A password has one form whatever is asked for.
		if name == "output" && value != "json" && c.name != "ecr get-login-password" {
			return c, fmt.Errorf("argument --output: only json is supported, got %s", value)
		}
		loaded, err := load(value)
		if err != nil {
			return c, fmt.Errorf("argument --%s: %w", name, err)
		}
		c.options[name] = loaded
	}
	return c, nil
}

// load reads file://name, as the CLI does for every argument.
func load(value string) (string, error) {
	name, ok := strings.CutPrefix(value, "file://")
	if !ok {
		return value, nil
	}
	content, err := os.ReadFile(name)
	return string(content), err
}

package main

import (
	"fmt"
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

// operations are the commands and the API's names for what they do.
var operations = map[string]string{
	"ecr get-login-password": "GetAuthorizationToken",
	"ecr put-image":          "PutImage",
}

var known = map[string][]string{
	"ecr get-login-password": nil,
	"ecr put-image": {"registry-id", "repository-name", "image-manifest", "image-manifest-media-type", "image-tag",
		"image-digest"},
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
	if _, ok := operations[c.name]; !ok {
		return c, fmt.Errorf("the command %q is not one of: ecr get-login-password, ecr put-image", c.name)
	}
	for name, value := range c.options {
		if name != "region" && name != "output" && !slices.Contains(known[c.name], name) {
			return c, fmt.Errorf("unknown option --%s of %s", name, c.name)
		}
		if name == "output" && value != "json" && c.name == "ecr put-image" {
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

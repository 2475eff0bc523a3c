package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"

	"archway/config"
)

// contextKey is the key of cdk.json's "context" that holds the configuration.
const contextKey = "archway"

// loadConfig reads the configuration as the CDK's command line hands it over, so that what is wrong
// with it is said before the CDK itself starts.
func loadConfig(getenv func(string) string) (*config.Plan, error) {
	context, err := cdkContext(getenv)
	if err != nil {
		return nil, err
	}
	// The command line has read it, but tells nobody of keys that stand twice. There is none where
	// everything comes by --context.
	if text, err := os.ReadFile(configurationFile); err == nil {
		if err := config.CheckFile(configurationFile, text); err != nil {
			return nil, err
		}
	}
	return planned(context, ".")
}

// configurationFile is where the CDK's command line finds the configuration.
const configurationFile = "cdk.json"

// planned reads the configuration, whose folders are relative to dir.
func planned(context map[string]json.RawMessage, dir string) (*config.Plan, error) {
	value, found := context[contextKey]
	if !found {
		return nil,
			fmt.Errorf("cdk.json has no %q in its \"context\": it describes the pipelines, see README.md", contextKey)
	}
	return config.Load(value, dir)
}

// cdkContext is what stands in cdk.json's "context" and what was given by --context. What is too
// large for an environment variable comes in a file beside it.
func cdkContext(getenv func(string) string) (map[string]json.RawMessage, error) {
	text := getenv("CDK_CONTEXT_JSON")
	if text == "" {
		return nil,
			errors.New("there is no CDK context: run this program by the CDK's command line, such as npx cdk synth")
	}
	var context map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &context); err != nil {
		return nil, fmt.Errorf("CDK_CONTEXT_JSON holds no JSON object: %w", err)
	}
	file := getenv("CONTEXT_OVERFLOW_LOCATION_ENV")
	if file == "" {
		return context, nil
	}
	overflow, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("reading the CDK context: %w", err)
	}
	var rest map[string]json.RawMessage
	if err := json.Unmarshal(overflow, &rest); err != nil {
		return nil, fmt.Errorf("%s holds no JSON object: %w", file, err)
	}
	maps.Copy(context, rest)
	return context, nil
}

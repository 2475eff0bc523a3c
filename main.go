// Command archway makes the CloudFormation templates of the pipelines that cdk.json describes. The CDK's command line runs it.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"archway/config"
	archway "archway/constructs"
	"archway/stacks"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
)

func main() {
	os.Exit(run(os.Getenv, os.Stderr))
}

// run synthesizes, and says on stderr, one problem to a line, why it can't.
func run(getenv func(string) string, stderr io.Writer) (exit int) {
	defer jsii.Close()
	defer func() {
		if reason := recover(); reason != nil {
			if getenv("CDK_DEBUG") != "" { // set by "cdk --debug"
				panic(reason)
			}
			report(stderr, reason)
			exit = 1
		}
	}()

	cfg, err := load(getenv)
	if err != nil {
		report(stderr, err)
		return 1
	}
	stop := archway.BuildAhead(stacks.FunctionPackages...)
	defer stop()
	app := awscdk.NewApp(nil)
	for i := range cfg.Pipelines {
		stacks.NewPipeline(app, &cfg.Pipelines[i])
	}
	app.Synth(nil)
	return 0
}

// contextKey is the key of cdk.json's "context" that holds the configuration.
const contextKey = "archway"

// load reads the configuration as the CDK's command line hands it over, before the CDK itself starts.
func load(getenv func(string) string) (*config.Config, error) {
	text := getenv("CDK_CONTEXT_JSON")
	if text == "" {
		return nil, errors.New("there is no CDK context: run this program by the CDK's command line, e.g. npx cdk synth")
	}
	var context map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &context); err != nil {
		return nil, fmt.Errorf("CDK_CONTEXT_JSON is no JSON object: %w", err)
	}
	raw, found := context[contextKey]
	if !found {
		return nil, fmt.Errorf("cdk.json has no %q in its \"context\": it describes the pipelines, see README.md", contextKey)
	}
	return config.Load(raw, ".")
}

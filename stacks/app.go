package stacks

import (
	_ "embed"
	"encoding/json"
	"fmt"

	"archway/config"
	"archway/version"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
)

// recommendedFlags are the feature flags that the pinned release of the CDK recommends for new apps
// (its cx-api/FEATURE_FLAGS.md), so that nothing here relies on behavior that is kept for old apps.
// A flag in cdk.json wins.
//
//go:embed flags.json
var recommendedFlags []byte

// NewApp makes an app with one stack for each configured pipeline, and one for the registry if
// something is configured for it.
func NewApp(cfg *config.Plan) awscdk.App {
	app := awscdk.NewApp(&awscdk.AppProps{Context: featureFlags()})
	made := map[string]*Pipeline{}
	for i := range cfg.Pipelines {
		p := &cfg.Pipelines[i]
		made[p.Name] = NewPipeline(app, p)
		if p.After != "" {
			made[p.Name].AddStackDependency(made[p.After].Stack, jsii.String("it creates the source repository"))
		}
	}
	if cfg.Registry != nil {
		newRegistry(app, cfg)
	}
	addChecks(app)
	return app
}

// description says what a stack is for, and which Archway made its template.
func description(of string) *string {
	return jsii.Sprintf("Archway %s: %s", version.Version, of)
}

func featureFlags() *map[string]any {
	var flags map[string]any
	if err := json.Unmarshal(recommendedFlags, &flags); err != nil {
		panic(fmt.Errorf("stacks/flags.json: %w", err)) // it is compiled in: a test finds it
	}
	// It only widens what is reported to AWS, and nothing is reported (versionReporting in
	// cdk.json).
	flags["@aws-cdk/core:enableAdditionalMetadataCollection"] = false
	// Synthesize counts by itself, and says what to do.
	flags["@aws-cdk/core:stackResourceLimit"] = 0
	return &flags
}

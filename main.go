// Command archway makes the CloudFormation templates of the pipelines that cdk.json describes. The
// CDK's command line runs it. By itself, "archway check" tells what is wrong with cdk.json.
package main

import (
	"io"
	"os"

	archway "archway/constructs"
	"archway/stacks"
)

func main() {
	if len(os.Args) > 1 {
		os.Exit(command(os.Args[1:], os.Stdout, os.Stderr))
	}
	os.Exit(run(os.Getenv, os.Stderr))
}

// run synthesizes, and says on stderr, one problem to a line, why it can't.
func run(getenv func(string) string, stderr io.Writer) (exit int) {
	defer closeRuntime(stderr)
	defer func() {
		if reason := recover(); reason != nil {
			if getenv("CDK_DEBUG") != "" { // set by "cdk --debug"
				panic(reason)
			}
			report(stderr, reason)
			exit = 1
		}
	}()

	cfg, err := loadConfig(getenv)
	if err == nil {
		// The CDK's command line says where it would deploy to; the templates are the same for all
		// Regions.
		err = cfg.In(getenv("CDK_DEFAULT_REGION"))
	}
	if err != nil {
		report(stderr, err)
		return 1
	}
	stop := archway.BuildAhead(stacks.FunctionPackages(cfg)...)
	defer stop()
	if _, err := stacks.Synthesize(stacks.NewApp(cfg)); err != nil {
		report(stderr, err)
		return 1
	}
	return 0
}

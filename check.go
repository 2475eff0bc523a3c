package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"archway/config"
	"archway/version"
)

const usage = `usage: archway check [--problems] [FILE]
       archway --version

Tells what is wrong with the configuration in FILE (cdk.json), and what is worth a look; with
--problems only the former. It needs neither Node.js nor the CDK, which runs archway without
arguments: npx cdk synth.`

// command runs what is asked for by arguments, and gives the exit code: 2 for wrong usage.
func command(args []string, stdout, stderr io.Writer) int {
	name, warn := configurationFile, true
	rest := slices.DeleteFunc(slices.Clone(args[1:]), func(arg string) bool {
		only := arg == "--problems"
		warn = warn && !only
		return only
	})
	if len(rest) == 1 && rest[0][:min(1, len(rest[0]))] != "-" {
		name, rest = rest[0], nil
	}
	if len(args) == 1 && args[0] == "--version" {
		fmt.Fprintln(stdout, "archway", version.Version)
		return 0
	}
	if args[0] != "check" || len(rest) > 0 {
		fmt.Fprintln(stderr, usage)
		return 2
	}
	plan, err := checked(name)
	if err != nil {
		report(stderr, err)
		return 1
	}
	if warn {
		for _, warning := range plan.Warnings() {
			fmt.Fprintln(stderr, "archway: warning:", warning)
		}
	}
	return 0
}

// checked reads the configuration of a file as the CDK's command line would hand it over, after all
// that can be said of the file itself.
func checked(name string) (*config.Plan, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("reading the configuration: %w", err)
	}
	if err := config.CheckFile(name, text); err != nil {
		return nil, err
	}
	var file struct{ Context map[string]json.RawMessage }
	if err := json.Unmarshal(text, &file); err != nil {
		return nil,
			fmt.Errorf("%s is not what the CDK reads: %w: write an object with \"app\" and \"context\"", name, err)
	}
	return planned(file.Context, filepath.Dir(name))
}

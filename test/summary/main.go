// Summary says what a synthesis made: the stacks with their stages, images and roles, and where
// their templates are. Of one stack it prints the template.
//
//	go run ./test/summary [-stack NAME] [ASSEMBLY]
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"archway/test/internal/assembly"
	"archway/version"
)

func main() {
	if err := run(os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintf(os.Stderr, "summary: %v\n", err)
		os.Exit(1)
	}
}

// run prints the template of the stack that is asked for, or of the only one there is, with a
// summary beside it; of several stacks, the summary alone.
func run(arguments []string, out, aside io.Writer) error {
	set := flag.NewFlagSet("summary", flag.ContinueOnError)
	set.SetOutput(aside)
	only := set.String("stack", "", "print the template of the stack of this `name`, as YAML")
	tell := set.Bool("version", false, "print the version, and do nothing else")
	if err := set.Parse(arguments); errors.Is(err, flag.ErrHelp) {
		return nil
	} else if err != nil {
		return err
	}
	if *tell {
		_, err := fmt.Fprintln(out, "summary", version.Version)
		return err
	}
	folder := "cdk.out"
	switch set.NArg() {
	case 0:
	case 1:
		folder = set.Arg(0)
	default:
		return fmt.Errorf("got %d folders, expected one: that of a cloud assembly, which cdk synth writes", set.NArg())
	}
	found, err := assembly.Read(folder)
	if err != nil {
		return err
	}
	if *only == "" && len(found.Stacks) > 1 {
		return summarize(out, found)
	}
	for _, s := range found.Stacks {
		if *only == "" || s.Name == *only {
			if err := print(out, s); err != nil {
				return err
			}
			if *only == "" {
				return summarize(aside, found)
			}
			return nil
		}
	}
	return fmt.Errorf("the assembly in %s has no stack %q: it has %s", folder, *only, names(found))
}

// relative is a path as people would type it here.
func relative(path string) string {
	here, err := os.Getwd()
	if err != nil {
		return path
	}
	short, err := filepath.Rel(here, path)
	if err != nil || len(short) > len(path) {
		return path
	}
	return short
}

// Picture draws synthesized pipelines as one SVG, from the cloud assembly alone.
//
//	go run ./test/picture [-o FILE] [-stack NAME] ASSEMBLY
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"archway/test/internal/assembly"
	"archway/test/internal/drawing"
	"archway/test/internal/scene"
	"archway/version"
)

func main() {
	if err := run(os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintf(os.Stderr, "picture: %v\n", err)
		os.Exit(1)
	}
}

func run(arguments []string, out, problems io.Writer) error {
	set := flag.NewFlagSet("picture", flag.ContinueOnError)
	set.SetOutput(problems)
	file := set.String("o", "", "write to this `file` instead of standard output")
	only := set.String("stack", "", "draw the stack of this `name` alone")
	tell := set.Bool("version", false, "print the version, and do nothing else")
	if err := set.Parse(arguments); errors.Is(err, flag.ErrHelp) {
		return nil
	} else if err != nil {
		return err
	}
	if *tell {
		_, err := fmt.Fprintln(out, "picture", version.Version)
		return err
	}
	if set.NArg() != 1 {
		return fmt.Errorf("got %d folders, expected one: that of a cloud assembly, which cdk synth --output writes",
			set.NArg())
	}
	found, err := assembly.Read(set.Arg(0))
	if err != nil {
		return err
	}
	var scenes []scene.Scene
	for _, s := range found.Stacks {
		resources, err := s.Resources()
		if err != nil {
			return err
		}
		if s.Name == *only || *only == "" && hasPipeline(resources) {
			scenes = append(scenes, scene.New(s.Name, resources))
		}
	}
	if len(scenes) == 0 && *only == "" {
		return fmt.Errorf(
			"the assembly in %s has no stack with a pipeline; name one with -stack to draw it all the same", set.Arg(0))
	}
	if len(scenes) == 0 {
		return fmt.Errorf("the assembly in %s has no stack %q", set.Arg(0), *only)
	}
	picture := drawing.SVG(scenes)
	if *file == "" {
		_, err = out.Write(picture)
		return err
	}
	if err := os.WriteFile(*file, picture, 0o644); err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, *file)
	return err
}

// hasPipeline reports whether a stack has a pipeline, unlike that of the registry, which has
// nothing to draw.
func hasPipeline(resources map[string]assembly.Resource) bool {
	for _, r := range resources {
		if r.Type == "AWS::CodePipeline::Pipeline" {
			return true
		}
	}
	return false
}

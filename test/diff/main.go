// Diff says what a change of the configuration or of Archway changes of what is deployed, without
// an account: resources, permissions, stages and cost. It compares the app of a folder as it is
// with how it was in a git revision, or two cloud assemblies.
//
//	go run ./test/diff [-base REVISION|ASSEMBLY] [-head ASSEMBLY] [-o text|markdown] [-picture FILE] [FOLDER]
//
// It ends with 0; with -fail it ends with 1 if there is a difference. 2 is an error.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"archway/test/diff/internal/base"
	"archway/test/diff/internal/change"
	"archway/test/diff/internal/show"
	"archway/test/internal/assembly"
	"archway/test/internal/cost"
	"archway/test/internal/drawing"
	"archway/test/internal/scene"
	"archway/version"
)

// How the program ends.
const (
	fine = iota
	different
	failed
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code, err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintf(os.Stderr, "diff: %v\n", err)
	}
	os.Exit(code)
}

// options are what the command line says.
type options struct {
	base, head, format, picture, folder string
	fail, version                       bool
	given                               cost.Assumptions
}

func parse(arguments []string, problems io.Writer) (options, error) {
	o := options{given: cost.Usual, folder: "."}
	set := flag.NewFlagSet("diff", flag.ContinueOnError)
	set.SetOutput(problems)
	set.StringVar(&o.base, "base", "main",
		"compare with this git `revision`, or with the cloud assembly in this folder")
	set.StringVar(&o.head, "head", "", "compare the cloud assembly in this `folder` instead of synthesizing the app")
	set.StringVar(&o.format, "o", "text", "`format`: text, or markdown for a pull request")
	set.StringVar(&o.picture, "picture", "", "draw the pipelines that change into this SVG `file`")
	set.BoolVar(&o.fail, "fail", false, "end with 1 if there is a difference")
	set.IntVar(&o.given.Runs, "runs", o.given.Runs, "`number` of runs that each pipeline has in a month, for the cost")
	set.BoolVar(&o.version, "version", false, "print the version, and do nothing else")
	if err := set.Parse(arguments); err != nil {
		return o, err
	}
	switch {
	case set.NArg() > 1:
		return o, fmt.Errorf("got %d folders, expected one: that of the app's cdk.json", set.NArg())
	case set.NArg() == 1:
		o.folder = set.Arg(0)
	}
	if o.format != "text" && o.format != "markdown" {
		return o, fmt.Errorf("-o: got %q, expected text or markdown", o.format)
	}
	return o, nil
}

func run(ctx context.Context, arguments []string, out, problems io.Writer) (int, error) {
	o, err := parse(arguments, problems)
	if errors.Is(err, flag.ErrHelp) {
		return fine, nil
	}
	if err != nil {
		return failed, err
	}
	if o.version {
		fmt.Fprintln(out, "diff", version.Version)
		return fine, nil
	}
	work, err := os.MkdirTemp("", "archway-diff-")
	if err != nil {
		return failed, err
	}
	defer os.RemoveAll(work)
	was, before, err := o.before(ctx, filepath.Join(work, "base"), problems)
	if err != nil {
		return failed, err
	}
	is, after, err := o.after(ctx, filepath.Join(work, "head"), problems)
	if err != nil {
		return failed, err
	}
	stacks, err := change.Compare(before, after, o.given)
	if err != nil {
		return failed, err
	}
	document := show.New(show.Heading{Base: was, Head: is}, stacks)
	if o.format == "markdown" {
		document.Markdown(out)
	} else {
		document.Text(out)
	}
	if o.picture != "" {
		if err := draw(o.picture, was, stacks); err != nil {
			return failed, err
		}
		fmt.Fprintln(problems, "diff: drawn:", o.picture)
	}
	if o.fail && len(document.Stacks) > 0 {
		return different, nil
	}
	return fine, nil
}

// before is what is compared with, and its name.
func (o options) before(ctx context.Context, out string, progress io.Writer) (string, *assembly.Assembly, error) {
	if _, err := os.Stat(filepath.Join(o.base, "manifest.json")); err == nil {
		a, err := assembly.Read(o.base)
		return o.base, a, err
	}
	revision, err := base.Find(ctx, o.folder, o.base)
	if err != nil {
		return "", nil, err
	}
	name := fmt.Sprintf("%s (%s %s)", revision.Name, revision.Commit, revision.Subject)
	fmt.Fprintf(progress, "diff: synthesizing %s\n", name)
	if err := revision.Synthesize(ctx, o.folder, out); err != nil {
		return "", nil, err
	}
	a, err := assembly.Read(out)
	return name, a, err
}

// after is what is compared, and its name.
func (o options) after(ctx context.Context, out string, progress io.Writer) (string, *assembly.Assembly, error) {
	if o.head != "" {
		a, err := assembly.Read(o.head)
		return o.head, a, err
	}
	const name = "the working copy"
	fmt.Fprintf(progress, "diff: synthesizing %s\n", name)
	if err := base.Synthesize(ctx, o.folder, o.folder, out); err != nil {
		return "", nil, err
	}
	a, err := assembly.Read(out)
	return name, a, err
}

// draw draws the stacks that change.
func draw(file, since string, stacks []change.Stack) error {
	var scenes []scene.Scene
	for _, s := range stacks {
		if merged, ok := s.Scene(); ok {
			scenes = append(scenes, merged)
		}
	}
	if len(scenes) == 0 {
		scenes = []scene.Scene{{Title: "No difference", Note: "Nothing changes since " + since}}
	}
	return os.WriteFile(file, drawing.SVG(scenes), 0o644)
}

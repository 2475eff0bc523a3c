// Rehearse runs pipelines on one machine, as they were synthesized: from a push
// to the promoted image index, which it then runs.
//
//	go run ./test/rehearse [flags] [cdk.json | assembly folder]…
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"archway/test/rehearse/internal/assumptions"
	"archway/version"
)

// Exit codes.
const (
	exitOK     = 0
	exitFailed = 1 // a pipeline or its proof failed, or it can't be rehearsed
	exitUsage  = 2 // usage, or the machine lacks something
)

const usage = `Usage: go run ./test/rehearse [flags] [cdk.json | assembly folder]…

Runs the pipelines of one or more CDK apps on this machine, as they were
synthesized: git push, builds for both architectures, merge, validation, the
optional stages, promotion; and then runs the promoted images. Without arguments: ./cdk.json and
examples/cdk.json, as far as they are there.

Leaves an HTML page with the timeline, the logs, the images and their tags.

Needs Go, Node.js with npm, and root on Debian or Ubuntu, where it installs what
else is missing; or, without root, a Docker engine that the user may use. No AWS
account and no credentials.

Flags:
`

func main() {
	// The first interrupt stops everything in good order, the second at once.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	go func() {
		<-ctx.Done()
		stop()
	}()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// flags are the command line's.
type flags struct {
	json    bool
	keep    bool
	verbose bool
	version bool
	timeout time.Duration
	page    string
	// readings are the unproven facts about AWS of which the other reading is rehearsed.
	readings assumptions.Readings
	// approvals says who answers manual approvals.
	approvals approvals
	// only is the one pipeline that is rehearsed, commit a folder that is pushed instead of the
	// seed, and branch where it is pushed to; all of them may be empty.
	only, commit, branch string
	// standIns leaves the registries of base images alone.
	standIns bool
	// image is BuildKit's, for a rehearsal without root.
	image  string
	inputs []string
}

func parseFlags(arguments []string, problems io.Writer) (flags, error) {
	f := flags{approvals: approve}
	set := flag.NewFlagSet("rehearse", flag.ContinueOnError)
	set.SetOutput(problems)
	set.Usage = func() {
		fmt.Fprint(problems, usage)
		set.PrintDefaults()
	}
	set.BoolVar(&f.json, "json", false, "print one JSON document on standard output; progress goes to standard error")
	set.BoolVar(&f.keep, "keep", false,
		"keep the working folder with logs, git repositories and registry, and say where it is")
	set.BoolVar(&f.verbose, "verbose", false, "show everything that actions print, while they run")
	set.Var(&f.approvals, "approvals",
		"`answer` to manual approvals: approve, reject (the pipeline then fails, and no tag moves), or ask")
	set.Var(&f.readings, "readings",
		"take the other reading of these unproven `facts` about AWS, separated by commas: all, or some of "+
			strings.Join(assumptions.ReadingNames(), ", "))
	set.StringVar(&f.page, "page", defaultPage,
		"write an HTML page about the rehearsal to this `file`; an empty name writes none")
	set.StringVar(&f.only, "only-pipeline", "", "rehearse the pipeline of this `name` alone")
	set.StringVar(&f.commit, "commit", "",
		"push what lies in this `folder`, a working copy with all that is not committed yet, instead of the seed")
	set.StringVar(&f.branch, "branch", "", "push to this branch `name` instead of the repository's first one")
	set.BoolVar(&f.standIns, "stand-ins", false,
		"don't ask the registries for base images, take the stand-ins that are made where a registry does not answer")
	set.BoolVar(&f.version, "version", false, "print the version, and do nothing else")
	set.StringVar(&f.image, "buildkit-image", "",
		"without root: run the builds in this `image` of BuildKit instead of those that the template names")
	set.DurationVar(&f.timeout, "timeout", time.Hour, "end the rehearsal after this time")
	if err := set.Parse(arguments); err != nil {
		return f, err
	}
	if f.version {
		return f, nil
	}
	if f.timeout <= 0 {
		return f, fmt.Errorf("--timeout is %v, expected a time above 0 such as 10m", f.timeout)
	}
	if f.commit != "" {
		if info, err := os.Stat(f.commit); err != nil || !info.IsDir() {
			return f, fmt.Errorf("--commit is %q, expected a folder: the one with the files to push", f.commit)
		}
	}
	f.inputs = set.Args()
	if len(f.inputs) == 0 {
		for _, name := range []string{"cdk.json", "examples/cdk.json"} {
			if _, err := os.Stat(name); err == nil {
				f.inputs = append(f.inputs, name)
			}
		}
	}
	if len(f.inputs) == 0 {
		return f,
			errors.New("there is no cdk.json in this folder: go to the project's folder, or name a cdk.json or the folder of a cloud assembly")
	}
	var missing []error
	for _, input := range f.inputs {
		if _, err := os.Stat(input); err != nil {
			missing = append(missing,
				fmt.Errorf("%s is neither a cdk.json nor the folder of a cloud assembly: %w", input, err))
		}
	}
	return f, errors.Join(missing...)
}

func run(ctx context.Context, arguments []string, out, problems *os.File) int {
	f, err := parseFlags(arguments, problems)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return exitOK
	case err != nil:
		fmt.Fprintf(problems, "rehearse: %v\n", err)
		return exitUsage
	case f.version:
		fmt.Fprintln(out, "rehearse", version.Version)
		return exitOK
	}
	ctx, cancel := context.WithTimeoutCause(ctx, f.timeout, fmt.Errorf("it took longer than %v (--timeout)", f.timeout))
	defer cancel()
	c := newCommand(f, out, problems)
	return c.run(ctx)
}

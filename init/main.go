// Command init writes a small repository that uses Archway: what cdk.json describes in it is
// somebody's own, and Archway is one line of its go.mod. In such a repository it upgrades Archway.
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/term"

	"archway/version"
)

const usage = `Usage: make init DIR=FOLDER [NAME=PIPELINE] [FROM=FOLDER] [FORK=MODULE@VERSION]

Writes a repository for your own pipelines, which uses Archway: this clone, or a fork at a version.
FROM is the folder of an application, whose Dockerfiles become the images of one pipeline. Nothing
that exists is overwritten. On a terminal it asks for what is missing.

  make init DIR=../pipelines NAME=orders FROM=../orders
  make init DIR=../pipelines FORK=github.com/acme/archway@v0.1.0

Flags of the program, which make passes on:
`

const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

// errUsage is a mistake of who called, with words that say so.
type errUsage struct{ error }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	p := program{
		in: os.Stdin, out: os.Stdout, problems: os.Stderr, terminal: term.IsTerminal(int(os.Stdin.Fd())),
		accept: accept,
	}
	code := p.run(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}

// program is one run, with what a test replaces.
type program struct {
	in            io.Reader
	out, problems io.Writer
	terminal      bool
	// accept writes the templates of a new repository.
	accept func(ctx context.Context, dir string) error
}

func (p *program) run(ctx context.Context, arguments []string) int {
	err := p.do(ctx, arguments)
	var wrong errUsage
	switch {
	case err == nil || errors.Is(err, flag.ErrHelp):
		return exitOK
	case errors.As(err, &wrong):
		fmt.Fprintf(p.problems, "init: %v\n", err)
		return exitUsage
	}
	fmt.Fprintf(p.problems, "init: %v\n", err)
	return exitFailed
}

func (p *program) do(ctx context.Context, arguments []string) error {
	set := flag.NewFlagSet("init", flag.ContinueOnError)
	set.SetOutput(io.Discard)
	var o options
	set.StringVar(&o.name, "name", "", "name of the pipeline")
	set.StringVar(&o.from, "from", "", "folder of the application")
	set.StringVar(&o.fork, "fork", "", "a fork of Archway at a version, instead of this folder")
	upgrade := set.Bool("upgrade", false,
		"upgrade Archway in the working directory; the argument is a fork's new version")
	tell := set.Bool("version", false, "print the version, and do nothing else")
	err := set.Parse(arguments)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(p.out, usage)
		set.SetOutput(p.out)
		set.PrintDefaults()
		return err
	case err != nil:
		return errUsage{err}
	case *tell:
		fmt.Fprintln(p.out, "init", version.Version)
		return nil
	case set.NArg() > 1:
		return errUsage{fmt.Errorf("got the arguments %q, expected one; flags come before it", set.Args())}
	case *upgrade:
		return upgraded(ctx, ".", set.Arg(0), p.out)
	case set.Arg(0) == "":
		return errUsage{errors.New("DIR is missing: name the folder to make, such as make init DIR=../pipelines")}
	}
	o.dir = set.Arg(0)
	return p.write(ctx, o)
}

// options are what somebody asks for.
type options struct {
	dir, name, from, fork string
}

// ask fills in what was not said: by a person at the terminal, or by itself.
func (p *program) ask(o options) (options, error) {
	answers := bufio.NewScanner(p.in)
	question := func(into *string, text, fallback string) error {
		if *into != "" {
			return nil
		}
		*into = fallback
		if !p.terminal {
			return nil
		}
		shown := text
		if fallback != "" {
			shown += " [" + fallback + "]"
		}
		fmt.Fprint(p.out, shown+": ")
		if !answers.Scan() {
			return errors.Join(errors.New("stopped: there was no answer"), answers.Err())
		}
		if answer := strings.TrimSpace(answers.Text()); answer != "" {
			*into = answer
		}
		return nil
	}
	if err := question(&o.from, "Folder of the application (empty: a small example)", ""); err != nil {
		return o, err
	}
	fallback := o.from
	if fallback == "" {
		fallback = "hello"
	}
	fallback, err := filepath.Abs(fallback)
	if err != nil {
		return o, err
	}
	return o, question(&o.name, "Name of the pipeline", plain(filepath.Base(fallback)))
}

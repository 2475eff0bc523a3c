// Command confirm tries, in an AWS account, what Archway leans on and nobody has seen: docs/aws.md
// lists it. It makes what it needs, deletes what it made, and says what it saw.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"golang.org/x/term"

	"archway/test/confirm/facts"
	"archway/test/confirm/internal/account"
)

const usage = `Usage: make confirm [ARGS='FLAGS']

Tries the facts of docs/aws.md in the account and Region that the AWS CLI would take (AWS_PROFILE,
AWS_REGION and so on). It makes resources whose names begin with archway-confirm- and a random number,
deletes them again, also after an interrupt, and costs some cents. Exit 0: all tried; 1: something was
refuted under which Archway is not right; 2: usage, credentials or no consent; 3: something could not
be tried, or not be deleted.

Flags:
`

const (
	exitOK = iota
	exitRefuted
	exitUsage
	exitIncomplete
)

func main() {
	// The first interrupt ends the trial and deletes what it made; the second ends at once.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	go func() {
		<-ctx.Done()
		stop()
	}()
	p := &program{
		arguments: os.Args[1:], in: os.Stdin, out: os.Stdout, problems: os.Stderr,
		terminal: term.IsTerminal(int(os.Stdin.Fd())), facts: facts.All(), pace: 5 * time.Second,
		limit:  10 * time.Minute,
		config: func(ctx context.Context) (aws.Config, error) { return config.LoadDefaultConfig(ctx) },
	}
	os.Exit(p.run(ctx))
}

// flags are the command line's.
type flags struct {
	yes, list, json, version bool
	only, clean              string
	options                  account.Options
}

func (p *program) parse() (f flags, err error) {
	set := flag.NewFlagSet("confirm", flag.ContinueOnError)
	set.SetOutput(p.problems)
	set.Usage = func() {
		fmt.Fprint(p.problems, usage)
		set.PrintDefaults()
	}
	set.BoolVar(&f.yes, "yes", false, "do not ask before it starts; without a terminal it starts only with this")
	set.BoolVar(&f.list, "list", false, "list the facts, and do nothing else")
	set.BoolVar(&f.json, "json", false, "print one JSON document on standard output; progress goes to standard error")
	set.BoolVar(&f.version, "version", false, "print the version, and do nothing else")
	set.StringVar(&f.only, "only", "", "try only these `facts`, separated by commas")
	set.StringVar(&f.clean, "clean", "", "only delete what a run with this `prefix` left behind when it was killed")
	set.DurationVar(&f.options.Patience, "patience", 10*time.Minute, "how long a start token is tried")
	set.BoolVar(&f.options.ChangeAccountSettings, "change-account-settings", false,
		"allow to change ECR's BLOB_MOUNTING of the whole account for about a minute; what it was is put back")
	if err := set.Parse(p.arguments); err != nil {
		return f, err
	}
	switch {
	case set.NArg() > 0:
		return f, fmt.Errorf("%q is no flag, expected flags only", set.Arg(0))
	case f.options.Patience <= 0:
		return f, fmt.Errorf("--patience is %v, expected a time above 0 such as 10m", f.options.Patience)
	case f.clean != "" && !account.IsPrefix(f.clean):
		return f,
			fmt.Errorf("--clean is %q, expected the whole prefix of a run, such as archway-confirm-0123abcd", f.clean)
	case f.clean != "" && f.only != "":
		return f, errors.New("--clean and --only exclude each other: what a run left is deleted as a whole")
	}
	f.options.Pace, f.options.Limit = p.pace, p.limit
	return f, p.choose(f.only)
}

// choose leaves the facts that are named.
func (p *program) choose(names string) error {
	if names == "" {
		return nil
	}
	var chosen []facts.Fact
	for name := range strings.SplitSeq(names, ",") {
		at := slices.IndexFunc(p.facts, func(f facts.Fact) bool { return f.Name == name })
		if at < 0 {
			return fmt.Errorf("there is no fact %q: --list lists them", name)
		}
		chosen = append(chosen, p.facts[at])
	}
	p.facts = chosen
	return nil
}

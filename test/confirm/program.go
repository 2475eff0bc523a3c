package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"archway/test/confirm/facts"
	"archway/test/confirm/internal/account"
	"archway/test/confirm/internal/trial"
	"archway/version"
)

// program is one run, with what a test replaces.
type program struct {
	arguments     []string
	in            io.Reader
	terminal      bool
	out, problems io.Writer
	facts         []facts.Fact
	config        func(context.Context) (aws.Config, error)
	pace, limit   time.Duration
}

func (p *program) run(ctx context.Context) int {
	var m masker
	p.out, p.problems = m.writer(p.out), m.writer(p.problems)
	f, err := p.parse()
	switch {
	case errors.Is(err, flag.ErrHelp):
		return exitOK
	case err != nil:
		return p.refuse(err)
	case f.version:
		fmt.Fprintln(p.out, "confirm", version.Version)
		return exitOK
	case f.list:
		p.list(f.json)
		return exitOK
	}
	cfg, err := p.config(ctx)
	if err != nil {
		return p.refuse(fmt.Errorf("the AWS configuration can't be read: %w", err))
	}
	if cfg.Region == "" {
		return p.refuse(errors.New("there is no Region: set AWS_REGION, or region in the profile"))
	}
	if cfg.Credentials != nil {
		cfg.Credentials = m.credentials(cfg.Credentials)
	}
	prefix := f.clean
	if prefix == "" {
		prefix = account.NewPrefix()
	}
	s, caller, err := account.New(ctx, cfg, prefix, f.options, m.add)
	if err != nil {
		return p.refuse(fmt.Errorf("nobody is signed in: %w (aws sts get-caller-identity must work)", err))
	}
	say := p.out
	if f.json {
		say = p.problems
	}
	if f.clean != "" {
		return p.clean(ctx, s, say, f.yes, caller)
	}
	fmt.Fprintf(say, "Tries %d facts in the account %s, Region %s, as %s.\n", len(p.facts), s.Account, s.Region, caller)
	fmt.Fprintf(say, "It takes up to an hour and costs some cents. All that it makes is called %s-… and is deleted "+
		"again.\n", prefix)
	fmt.Fprintf(say, "If it is killed: make confirm ARGS='--clean %s'\n", prefix)
	if err := p.consent(ctx, f.yes); err != nil {
		return p.refuse(err)
	}
	return p.tryAll(ctx, s, f.json)
}

func (p *program) refuse(err error) int {
	fmt.Fprintf(p.problems, "confirm: %v\n", err)
	return exitUsage
}

// consent asks a person; nothing starts by itself.
func (p *program) consent(ctx context.Context, yes bool) error {
	if yes {
		return nil
	}
	if !p.terminal {
		return errors.New(
			"nobody can be asked, as standard input is no terminal: --yes starts without asking. Nothing " +
				"was made")
	}
	fmt.Fprint(p.problems, "Go on? Type yes: ")
	answers := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(p.in).ReadString('\n')
		answers <- strings.TrimSpace(line)
	}()
	select {
	case answer := <-answers:
		if answer == "yes" {
			return nil
		}
	case <-ctx.Done():
	}
	return errors.New("not confirmed by yes. Nothing was made")
}

func (p *program) tryAll(ctx context.Context, s *account.Session, asJSON bool) int {
	results, code := []trial.Result{}, exitOK
	for _, f := range p.facts {
		r := trial.Result{Fact: f.Name, Verdict: trial.NotTried, Seen: "interrupted"}
		if ctx.Err() == nil {
			fmt.Fprintf(p.problems, "… %s\n", f.Name)
			r = trial.Try(ctx, s, f)
		}
		results = append(results, r)
		if !asJSON {
			fmt.Fprintln(p.out, r)
		}
		switch {
		case r.Wrong != "":
			code = exitRefuted
		case code == exitOK && (r.Failed() || r.Left != ""):
			code = exitIncomplete
		}
	}
	if asJSON {
		p.document(map[string]any{"prefix": s.Prefix, "account": s.Account, "region": s.Region, "facts": results})
		return code
	}
	counts := map[trial.Verdict]int{}
	for _, r := range results {
		counts[r.Verdict]++
	}
	fmt.Fprintf(p.out, "%d confirmed, %d refuted, %d could not be tried\n",
		counts[trial.Confirmed], counts[trial.Refuted], counts[trial.NotTried])
	return code
}

// clean deletes what a run that was killed left behind. It asks, too.
func (p *program) clean(ctx context.Context, s *account.Session, say io.Writer, yes bool, caller string) int {
	fmt.Fprintf(say, "Deletes what the run %s left in the account %s, Region %s, as "+
		"%s.\n", s.Prefix, s.Account, s.Region, caller)
	if err := p.consent(ctx, yes); err != nil {
		return p.refuse(err)
	}
	gone := []string{}
	err := s.Left(ctx, func(what string) {
		gone = append(gone, what)
		fmt.Fprintf(say, "deleted: %s\n", what)
	})
	fmt.Fprintf(say, "%d deleted\n", len(gone))
	if err != nil {
		fmt.Fprintf(p.problems, "confirm: %v\n", err)
		return exitIncomplete
	}
	return exitOK
}

func (p *program) list(asJSON bool) {
	type listed struct {
		Fact     string `json:"fact"`
		Question string `json:"question"`
		ByHand   bool   `json:"byHand"`
	}
	all := []listed{}
	for _, f := range p.facts {
		all = append(all, listed{f.Name, f.Question, f.Try == nil})
		if !asJSON {
			how := ""
			if f.Try == nil {
				how = " (by hand)"
			}
			fmt.Fprintf(p.out, "%-22s  %s%s\n", f.Name, f.Question, how)
		}
	}
	if asJSON {
		p.document(map[string]any{"facts": all})
	}
}

func (p *program) document(content any) {
	e := json.NewEncoder(p.out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	_ = e.Encode(content) // texts and numbers can be written
}

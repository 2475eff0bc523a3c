package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"archway/test/internal/assembly"
	"archway/test/internal/synth"
	"archway/test/rehearse/internal/aws/cloudformation"
	"archway/test/rehearse/internal/aws/codepipeline"
	"archway/test/rehearse/internal/machine"
	"archway/test/rehearse/internal/rehearsal"
	"archway/test/rehearse/internal/report"
	"archway/test/rehearse/internal/report/expected"
	"archway/test/rehearse/internal/report/progress"
)

// command is one run of the program.
type command struct {
	flags
	out, problems *os.File
	view          *progress.View
	report        report.Report
	answers       *bufio.Reader // what the person at the terminal types
	// redact masks the rehearsal's secrets; nil before there are any.
	redact func(string) string

	mu    sync.Mutex
	setUp time.Duration
}

func newCommand(f flags, out, problems *os.File) *command {
	shown := out
	if f.json {
		shown = problems
	}
	return &command{
		flags: f, out: out, problems: problems,
		view:   progress.New(shown, f.verbose),
		report: report.Report{Steps: []report.Step{}, Pipelines: []report.Pipeline{}},
	}
}

func (c *command) run(ctx context.Context) int {
	dir, err := os.MkdirTemp("", "archway-rehearsal-")
	if err != nil {
		fmt.Fprintf(c.problems, "rehearse: %v\n", err)
		return exitUsage
	}
	code := exitOK
	if err := c.rehearse(ctx, dir); err != nil {
		code = exitFailed
		var machine *rehearsal.MachineError
		if errors.As(err, &machine) && ctx.Err() == nil {
			code = exitUsage
		}
		if ctx.Err() != nil {
			err = fmt.Errorf("stopped: %w", context.Cause(ctx))
		}
		c.report.Error = err.Error()
	}
	for _, p := range c.report.Pipelines {
		if !succeeded(p) {
			code = max(code, exitFailed)
		}
	}
	c.report.Success = code == exitOK
	c.view.Close()
	c.times()
	if err := c.writePage(); err != nil {
		fmt.Fprintf(c.problems, "rehearse: the page could not be written: %v\n", err)
	}
	if c.keep {
		c.report.Folder = dir
	} else if err := os.RemoveAll(dir); err != nil {
		fmt.Fprintf(c.problems, "rehearse: %v\n", err)
	}
	c.finish()
	return code
}

func succeeded(p report.Pipeline) bool {
	for _, proof := range p.Proofs {
		if proof.Error != "" {
			return false
		}
	}
	return p.Execution.Status == codepipeline.Succeeded
}

// finish writes the report.
func (c *command) finish() {
	if !c.json {
		c.report.Write(c.out)
		return
	}
	e := json.NewEncoder(c.out)
	e.SetIndent("", "  ")
	if err := e.Encode(c.report); err != nil {
		fmt.Fprintf(c.problems, "rehearse: %v\n", err)
	}
}

func (c *command) times() {
	var results []codepipeline.Result
	var pipelines time.Duration
	for _, p := range c.report.Pipelines {
		results = append(results, p.Execution)
		pipelines += p.Execution.Duration()
	}
	total, builds := c.view.Elapsed(), report.Busy(results)
	t := &c.report.Times
	t.Total, t.Builds, t.Overhead = report.Seconds(total), report.Seconds(builds), report.Seconds(total-builds)
	t.SetUp = report.Seconds(c.setUp)
	t.Pipelines = report.Seconds(pipelines - builds)
}

// step shows a part of the set-up and notes how long it took.
func (c *command) step(name string) func(error) {
	started := time.Now()
	done := c.view.Step(name)
	return func(err error) {
		done(err)
		s := report.Step{Name: name, Elapsed: time.Since(started)}
		s.Seconds = report.Seconds(s.Elapsed)
		if err != nil {
			s.Error = err.Error()
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.report.Steps = append(c.report.Steps, s)
	}
}

// checkMachine says what only a person can cure. Tests of what comes after it replace it, to run on
// any machine.
var checkMachine = machine.Check

// rehearse does everything; dir is the working folder.
func (c *command) rehearse(ctx context.Context, dir string) error {
	// First, because a cold synthesis lets a person wait for minutes.
	if err := checkMachine(ctx); err != nil {
		return &rehearsal.MachineError{Err: err}
	}
	started := time.Now()
	stacks, err := c.synthesize(ctx, dir)
	c.report.Times.Synthesis = report.Seconds(time.Since(started))
	if err != nil {
		return err
	}
	if err := rehearsal.Check(stacks); err != nil {
		return err
	}
	if c.only != "" {
		if stacks, err = rehearsal.Only(stacks, c.only); err != nil {
			return fmt.Errorf("--only-pipeline: %w", err)
		}
	}
	started = time.Now()
	module, err := os.Getwd()
	if err != nil {
		return err
	}
	work := filepath.Join(dir, "work")
	if err := os.Mkdir(work, 0o755); err != nil {
		return err
	}
	r, err := rehearsal.New(ctx, stacks, rehearsal.Options{
		Dir:         work,
		ModuleDir:   module,
		WorkingCopy: c.commit, OnlyStandIns: c.standIns, BuildKitImage: c.image,
		Step:     c.step,
		Progress: c.view.Writer(),
		Observer: c.view.Observe,
		Stream:   c.view.Stream,
		Approve:  c.decide,
		Readings: c.readings,
	})
	c.setUp = time.Since(started)
	if err != nil {
		return err
	}
	c.redact = r.Redact
	for _, b := range r.Bases() {
		c.report.Bases = append(c.report.Bases,
			report.Base{Image: b.Image, From: b.From, Got: b.Got(), Digest: b.Digest, Why: b.Why})
	}
	if err = c.pipelines(ctx, r); err == nil {
		err = c.schedules(ctx, r)
	}
	err = errors.Join(err, r.Settle())
	c.report.Calls, c.report.Notices = r.Calls(), r.Notices()
	measured, problems := r.Metrics()
	c.report.Metrics = measured
	err = errors.Join(err, errors.Join(problems...))
	permissions := r.Permissions()
	c.report.Permissions = &permissions
	if n := len(permissions.Refused); n > 0 {
		// Also where the caller made do without: what is refused is missing.
		err = errors.Join(err, fmt.Errorf("%d calls were refused: the roles lack permissions", n))
	}
	return errors.Join(err, r.Close())
}

// synthesize returns the stacks of all inputs, in their order. It runs one app after the other:
// started at the same time on a new machine, they fail over the lock of the cache that the CDK's
// runtime then makes (jsii 1.139: "EEXIST").
func (c *command) synthesize(ctx context.Context, dir string) ([]*assembly.Stack, error) {
	folders := make([]string, len(c.inputs))
	for i, input := range c.inputs {
		info, err := os.Stat(input)
		if err != nil {
			return nil, err
		}
		if info.IsDir() {
			folders[i] = input
			continue
		}
		folders[i] = filepath.Join(dir, fmt.Sprintf("assembly-%d", i+1))
		if err := os.Mkdir(folders[i], 0o755); err != nil {
			return nil, err
		}
		done := c.step("synthesize " + input)
		err = synth.Run(ctx, input, folders[i])
		done(err)
		if err != nil {
			return nil, err
		}
	}
	var stacks []*assembly.Stack
	for _, folder := range folders {
		a, err := assembly.Load(folder)
		if err != nil {
			return nil, err
		}
		stacks = append(stacks, a.Stacks...)
	}
	return stacks, nil
}

// pipelines pushes to each source repository, one after the other, and waits for what the pushes
// start.
func (c *command) pipelines(ctx context.Context, r *rehearsal.Rehearsal) error {
	sources := r.Sources()
	if len(sources) == 0 {
		return errors.New("no stack has a pipeline, so there is nothing to run")
	}
	for _, source := range sources {
		if err := c.source(ctx, r, source); err != nil {
			return fmt.Errorf("stack %s: %w", source.Stacks[0].Name, err)
		}
	}
	return nil
}

func (c *command) source(ctx context.Context, r *rehearsal.Rehearsal, source *rehearsal.Source) error {
	if r.Seed(source.Repository) == "" {
		return fmt.Errorf("the repository %s has no seed, so there is nothing to push: configure one (source.seed), "+
			"or name a folder (--commit DIR)", source.Repository)
	}
	before := map[string][]report.Registry{} // by stack
	for _, stack := range source.Stacks {
		var err error
		if before[stack.Name], err = registries(r, stack); err != nil {
			return err
		}
	}
	push, err := r.PushFirst(ctx, source.Repository, cmp.Or(c.branch, source.Branch), nil)
	if err != nil {
		return err
	}
	if len(push.Executions) == 0 {
		return fmt.Errorf("the push to branch %s of %s started nothing: no rule of the stack matches its event "+
			"(--branch pushes to another one)", push.Branch, source.Repository)
	}
	for _, x := range push.Executions {
		c.view.Title(x.Result().Execution, fmt.Sprintf("%.12s on %s", push.Commit(), push.Branch))
	}
	for _, x := range push.Executions {
		if err := c.execution(ctx, r, source, push, x.Wait(), before); err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}

// execution reports what became of an execution, and proves what it has promoted.
func (c *command) execution(ctx context.Context, r *rehearsal.Rehearsal, source *rehearsal.Source,
	push *rehearsal.Push, result codepipeline.Result, before map[string][]report.Registry) error {
	stack := stackOf(source, result.Pipeline)
	p := report.Pipeline{
		Stack: stack.Name, Repository: push.Repository, Branch: push.Branch, Commit: push.Commit(),
		Execution: result,
		Machines:  machines(stack, result.Pipeline), Before: before[stack.Name],
	}
	onAWS := expected.Of(result, p.Machines, native())
	p.Expected = &onAWS
	var err error
	if p.Registries, err = registries(r, stack, made(result)...); err != nil {
		return err
	}
	before[stack.Name] = p.Registries
	c.showFailures(result)
	if result.Status == codepipeline.Succeeded {
		started := time.Now()
		c.prove(ctx, r, &p)
		c.report.Times.Proof += report.Seconds(time.Since(started))
	}
	c.report.Pipelines = append(c.report.Pipelines, p)
	return nil
}

// stackOf is the stack with a pipeline of the source.
func stackOf(source *rehearsal.Source, pipeline string) *cloudformation.Stack {
	for _, stack := range source.Stacks {
		for _, p := range cloudformation.Of[*codepipeline.Pipeline](stack) {
			if p.Name == pipeline {
				return stack
			}
		}
	}
	return source.Stacks[0]
}

// schedules lets what is scheduled come due once, after good runs: a check of what the public tags
// serve then finds it good.
func (c *command) schedules(ctx context.Context, r *rehearsal.Rehearsal) error {
	failed := slices.ContainsFunc(c.report.Pipelines, func(p report.Pipeline) bool { return !succeeded(p) })
	if failed || !r.HasSchedule() {
		return nil
	}
	done := c.view.Step("what is scheduled")
	log, err := r.RunSchedules(ctx)
	done(err)
	if err != nil {
		return fmt.Errorf("%w\n%s", err, log)
	}
	return nil
}

// maxLog is how many lines of a failed action's log are shown.
const maxLog = 200

// showFailures prints the logs of the failed actions.
func (c *command) showFailures(result codepipeline.Result) {
	for _, stage := range result.Stages {
		for _, action := range stage.Actions {
			if action.Status == codepipeline.Failed {
				c.view.Print(fmt.Sprintf("\n%s / %s failed: %s\n%s", stage.Name, action.Name, action.Message,
					failureLog(action.Log)))
			}
		}
	}
}

// failureLog is the end of an action's log, for people.
func failureLog(file string) string {
	content, err := os.ReadFile(file)
	if err != nil {
		return err.Error()
	}
	var lines []string
	for line := range strings.Lines(string(content)) {
		if text, show := report.LogLine(strings.TrimRight(line, "\r\n")); show {
			lines = append(lines, "  "+text)
		}
	}
	title := "Its log:"
	switch {
	case len(lines) == 0:
		return "It printed nothing."
	case len(lines) > maxLog:
		title = fmt.Sprintf("The last %d lines of its log (--keep keeps all %d):", maxLog, len(lines))
		lines = lines[len(lines)-maxLog:]
	}
	return title + "\n" + strings.Join(lines, "\n")
}

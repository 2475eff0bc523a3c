package rehearsal

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"archway/test/rehearse/internal/aws/codecommit"
	"archway/test/rehearse/internal/aws/codepipeline"
	"archway/test/rehearse/internal/aws/eventbridge"
)

// Push is a push with what it started.
type Push struct {
	Repository, Branch string
	// Changes are the references that the push moved; none if there was nothing to push.
	Changes []codecommit.Change
	// Executions were started by rules that matched the changes' events.
	Executions []*codepipeline.Execution
	// Logs are the files with the logs of functions that decided about the events.
	Logs []string
}

// Commit is the commit that the push brought; empty if there was nothing to push.
func (p *Push) Commit() string {
	if len(p.Changes) == 0 {
		return ""
	}
	return p.Changes[0].New
}

// Wait waits for the executions.
func (p *Push) Wait() []codepipeline.Result {
	var results []codepipeline.Result
	for _, x := range p.Executions {
		results = append(results, x.Wait())
	}
	return results
}

// PushSeed pushes the seed of a repository, or the working copy, to the branch that its template
// names, as CloudFormation does when it creates the repository. change, if not nil, may edit the
// files before.
func (r *Rehearsal) PushSeed(ctx context.Context, repository string, change func(dir string) error) (*Push, error) {
	at := slices.IndexFunc(r.Sources(), func(s *Source) bool { return s.Repository == repository })
	if at < 0 {
		return nil, fmt.Errorf("no pipeline has the repository %q as its source", repository)
	}
	return r.PushFirst(ctx, repository, r.Sources()[at].Branch, change)
}

// PushFirst pushes what PushSeed does, to any branch.
func (r *Rehearsal) PushFirst(ctx context.Context, repository, branch string, change func(dir string) error) (*Push,
	error) {
	seed := r.Seed(repository)
	if seed == "" {
		return nil, fmt.Errorf("the repository %q has no seed", repository)
	}
	return r.push(ctx, repository, branch, "Initial commit", func(dir string) error {
		if err := os.CopyFS(dir, os.DirFS(seed)); err != nil {
			return err
		}
		if change == nil {
			return nil
		}
		return change(dir)
	})
}

// Push edits files on a branch and pushes them. A new branch starts from an
// existing one.
func (r *Rehearsal) Push(ctx context.Context, repository, branch string, change func(dir string) error) (*Push, error) {
	return r.push(ctx, repository, branch, "Change files", change)
}

func (r *Rehearsal) push(ctx context.Context, repository, branch, message string, change func(dir string) error) (*Push,
	error) {
	d, ok := r.repositories[repository]
	if !ok {
		return nil, fmt.Errorf("there is no repository %q", repository)
	}
	changes, err := d.git.Push(ctx, branch, message, change)
	if err != nil {
		return nil, err
	}
	return r.pushed(ctx, d, branch, changes)
}

// PushTag points a git tag at a commit.
func (r *Rehearsal) PushTag(ctx context.Context, repository, tag, commit string) (*Push, error) {
	d, ok := r.repositories[repository]
	if !ok {
		return nil, fmt.Errorf("there is no repository %q", repository)
	}
	changes, err := d.git.Point(ctx, "refs/tags/"+tag, commit)
	if err != nil {
		return nil, err
	}
	return r.pushed(ctx, d, "", changes)
}

// Annotate points an annotated git tag at a commit.
func (r *Rehearsal) Annotate(ctx context.Context, repository, tag, commit string) (*Push, error) {
	d, ok := r.repositories[repository]
	if !ok {
		return nil, fmt.Errorf("there is no repository %q", repository)
	}
	changes, err := d.git.Annotate(ctx, tag, commit, "Release "+tag)
	if err != nil {
		return nil, err
	}
	return r.pushed(ctx, d, "", changes)
}

// Point lets a reference, by its full name, point at a commit, as a push by force does, and tells
// nobody: no event is delivered. Without a commit it is deleted.
func (r *Rehearsal) Point(ctx context.Context, repository, ref, commit string) error {
	d, ok := r.repositories[repository]
	if !ok {
		return fmt.Errorf("there is no repository %q", repository)
	}
	_, err := d.git.Point(ctx, ref, commit)
	return err
}

// pushed delivers the events of a push.
func (r *Rehearsal) pushed(ctx context.Context, d *repository, branch string, changes []codecommit.Change) (*Push,
	error) {
	p := &Push{Repository: d.declared.Name, Branch: branch, Changes: changes}
	var problems []error
	for _, c := range changes {
		started, err := r.deliver(ctx, d.git.Event(c, accountID, region, time.Now()), p)
		p.Executions = append(p.Executions, started...)
		problems = append(problems, err)
	}
	return p, errors.Join(problems...)
}

// deliver gives an event to the rules, and starts what their targets are.
func (r *Rehearsal) deliver(ctx context.Context, event eventbridge.Event, p *Push) ([]*codepipeline.Execution, error) {
	var started []*codepipeline.Execution
	var problems []error
	for _, rule := range r.rules {
		if !rule.Match(event) {
			continue
		}
		for _, target := range rule.Targets {
			executions, err := r.startTarget(ctx, rule, target, event, p)
			started = append(started, executions...)
			if err != nil {
				problems = append(problems, fmt.Errorf("rule %s, target %s: %w", rule.Name, target.ID, err))
			}
		}
	}
	return started, errors.Join(problems...)
}

// First starts what CodePipeline starts by itself when it creates a pipeline: an execution of the
// branch's head, without any values.
func (r *Rehearsal) First(ctx context.Context, pipeline string) (*codepipeline.Execution, error) {
	return r.Start(ctx, pipeline, codepipeline.StartInput{
		Trigger: "the pipeline's creation",
		Cause:   codepipeline.Trigger{Type: codepipeline.TriggeredByCreation, Detail: operator},
	})
}

// Start starts an execution of a pipeline by hand.
func (r *Rehearsal) Start(ctx context.Context, pipeline string, input codepipeline.StartInput) (*codepipeline.Execution,
	error) {
	engine, err := r.engine(pipeline)
	if err != nil {
		return nil, err
	}
	if input.Trigger == "" {
		input.Trigger, input.Cause = "start by hand",
			codepipeline.Trigger{Type: codepipeline.TriggeredByStart, Detail: operator}
	}
	return engine.Start(ctx, input)
}

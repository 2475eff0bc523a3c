// Package trigger decides which branches and git tags start a run, by the pipeline's rules, and
// starts it: for pushes, of which EventBridge tells, and for people who ask for a build.
package trigger

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"archway/internal/rule"
	"archway/internal/settings"
	"archway/lambda/internal/pipeline/history"
	"archway/lambda/internal/retry"
)

// Start is a run to be started.
type Start struct {
	// Token is the same for every attempt at the same event, so that no more than one run is
	// started.
	Token             string
	Rule, Ref, Commit string
}

// Starter starts runs. It returns the id of the execution.
type Starter interface {
	Start(context.Context, Start) (string, error)
}

// Decision is what becomes of an event.
type Decision string

// The decisions.
const (
	Started Decision = "started"
	// NoMatch events start nothing.
	NoMatch Decision = "no rule matches"
	// Deleted references have nothing to build.
	Deleted Decision = "the reference was deleted"
	// Moved tags lead somewhere else, or nowhere, by now. If somewhere, another event tells of it.
	Moved Decision = "the tag has moved meanwhile"
)

// Result is the function's answer, which people read who invoke the function by hand.
type Result struct {
	Decision  Decision `json:"decision"`
	Rule      string   `json:"rule,omitempty"`
	Commit    string   `json:"commit,omitempty"`
	Execution string   `json:"execution,omitempty"`
}

// reserve is how much of the function's time is kept for the record of what went wrong.
const reserve = 10 * time.Second

type trigger struct {
	settings *settings.Loaded
	rules    []*rule.Matcher
	source   history.Source
	starter  Starter
}

// Handler decides by the rules. It records everything with the decision. An error makes Lambda try
// again, and then put the event into the dead-letter queue.
func Handler(
	loaded *settings.Loaded, source history.Source, starter Starter, patience retry.Policy, log *slog.Logger,
) (func(context.Context, json.RawMessage) (Result, error), error) {
	t := &trigger{settings: loaded, source: source, starter: starter}
	for _, r := range loaded.Rules {
		m, err := rule.Compile(r.Rule)
		if err != nil {
			return nil, err
		}
		t.rules = append(t.rules, m)
	}
	return func(ctx context.Context, raw json.RawMessage) (Result, error) {
		if deadline, ok := ctx.Deadline(); ok {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, time.Until(deadline)-min(reserve, time.Until(deadline)/4))
			defer cancel()
		}
		var result Result
		var about []any
		err := patiently(ctx, patience, func(ctx context.Context) (err error) {
			result, about, err = t.handle(ctx, raw)
			return err
		})
		log := log.With(about...)
		if err != nil {
			log.Error("trigger", "decision", "start failed", "rule", result.Rule, "error", err.Error())
			return result, err
		}
		log.Info("trigger", "decision", result.Decision, "rule", result.Rule, "execution", result.Execution, "built",
			result.Commit)
		return result, nil
	}, nil
}

func (t *trigger) handle(ctx context.Context, raw json.RawMessage) (result Result, about []any, err error) {
	wish, err := parse(raw)
	switch {
	case err != nil:
		return result, nil, err
	case wish != nil:
		result, err = t.wished(ctx, *wish)
		return result, []any{"referenceType", wish.Type, "referenceName", wish.Name, "commit", wish.Commit}, err
	}
	p, err := t.source.Push(raw)
	if p != nil {
		about = []any{
			"event", p.Event, "repository", p.Repository,
			"referenceType", p.Type, "referenceName", p.Name, "commit", p.Commit,
		}
	}
	if err != nil {
		return result, about, err
	}
	result, err = t.pushed(ctx, p)
	return result, about, err
}

// pushed starts a run for a push.
func (t *trigger) pushed(ctx context.Context, p *history.Push) (Result, error) {
	if p.Deleted {
		return Result{Decision: Deleted}, nil
	}
	m, ok := rule.Find(t.rules, p.Type, p.Name)
	if !ok {
		return Result{Decision: NoMatch}, nil
	}
	commit, err := t.source.Pushed(ctx, p)
	switch {
	case err != nil:
		return Result{Rule: m.Name}, err
	case commit == "":
		return Result{Decision: Moved, Rule: m.Name}, nil
	}
	return t.start(ctx, Start{Token: t.token(p.Event), Rule: m.Name, Ref: p.Name, Commit: commit})
}

// wished starts a run that somebody asks for. Here everything that starts nothing is an error:
// somebody waits for the answer.
func (t *trigger) wished(ctx context.Context, b Build) (Result, error) {
	m, ok := rule.Find(t.rules, b.Type, b.Name)
	if !ok {
		return Result{}, fmt.Errorf("no rule of the pipeline %s matches the %s %q", t.settings.Name, b.Type, b.Name)
	}
	result := Result{Rule: m.Name}
	if b.Commit == "" {
		var err error
		if b.Commit, err = t.source.Head(ctx, b.Type, b.Name); err != nil {
			return result, err
		}
	}
	if b.Commit != "" && !settings.IsCommit(b.Commit) {
		return result, fmt.Errorf("the commit is %q, expected 40 lower-case hexadecimal digits", b.Commit)
	}
	switch why, err := t.source.Stray(ctx, b.Type, b.Name, b.Commit); {
	case err != nil:
		return result, err
	case why != "":
		return result, fmt.Errorf("nothing was started: %s", why)
	}
	request := ""
	if l, ok := lambdacontext.FromContext(ctx); ok {
		request = l.AwsRequestID // the same when Lambda repeats it
	}
	return t.start(ctx, Start{Token: t.token(request), Rule: m.Name, Ref: b.Name, Commit: b.Commit})
}

func (t *trigger) start(ctx context.Context, s Start) (Result, error) {
	execution, err := t.starter.Start(ctx, s)
	if err != nil {
		return Result{Rule: s.Rule},
			fmt.Errorf("starting the pipeline %s for %s by the rule %s: %w", t.settings.Name, s.Ref, s.Rule, err)
	}
	return Result{Decision: Started, Rule: s.Rule, Commit: s.Commit, Execution: execution}, nil
}

// token lets CodePipeline start one event once. Two pipelines that see the same event have
// different ones.
func (t *trigger) token(event string) string {
	sum := sha256.Sum256([]byte(t.settings.Name + "\n" + event))
	return hex.EncodeToString(sum[:])
}

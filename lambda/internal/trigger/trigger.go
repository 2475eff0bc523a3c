// Package trigger decides which pushed references start a run, where EventBridge can't: by regular expressions.
package trigger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"strings"

	"archway/internal/rule"
)

// Event is what EventBridge sends when a reference of a CodeCommit repository changes.
// https://docs.aws.amazon.com/codecommit/latest/userguide/monitoring-events.html#referenceCreated
type Event struct {
	ID     string `json:"id"`
	Detail struct {
		Event         string    `json:"event"`
		Repository    string    `json:"repositoryName"`
		ReferenceType rule.Type `json:"referenceType"`
		ReferenceName string    `json:"referenceName"`
		// CommitID is taken as the commit for annotated tags too: AWS documents events of branches only. If it were the tag's own
		// object, the run would stop in its source stage.
		CommitID string `json:"commitId"`
	} `json:"detail"`
}

// Rule is a rule of the pipeline.
type Rule struct {
	rule.Rule
	// Direct says that an EventBridge rule starts the run by itself.
	Direct bool `json:"direct,omitempty"`
}

// Start is a run to be started.
type Start struct {
	// Token is the same for every attempt at the same event, so that no more than one run is started.
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
	// Direct events are started by EventBridge without this function.
	Direct Decision = "left to an EventBridge rule"
	// NoMatch events start nothing.
	NoMatch Decision = "no rule matches"
	// Deleted references have nothing to build.
	Deleted Decision = "the reference was deleted"
	// Unfit names can't be passed on.
	Unfit Decision = "the name can't be passed on"
)

// Result is the function's answer; nobody reads it but tests and people who invoke the function by hand.
type Result struct {
	Decision  Decision `json:"decision"`
	Rule      string   `json:"rule,omitempty"`
	Execution string   `json:"execution,omitempty"`
}

type compiled struct {
	*rule.Matcher
	direct bool
}

// Handler decides by the rules. It records every event with the decision. An error makes Lambda try again, and then put the
// event into the dead-letter queue.
func Handler(rules []Rule, starter Starter, log *slog.Logger) (func(context.Context, Event) (Result, error), error) {
	var all []compiled
	for _, r := range rules {
		m, err := rule.Compile(r.Rule)
		if err != nil {
			return nil, err
		}
		all = append(all, compiled{m, r.Direct})
	}
	return func(ctx context.Context, e Event) (Result, error) {
		d := e.Detail
		log := log.With("event", e.ID, "repository", d.Repository, "referenceType", d.ReferenceType, "referenceName", d.ReferenceName, "commit", d.CommitID)
		result, err := decide(ctx, all, starter, e)
		if err != nil {
			log.Error("trigger", "decision", "start failed", "rule", result.Rule, "error", err.Error())
			return result, err
		}
		log.Info("trigger", "decision", result.Decision, "rule", result.Rule, "execution", result.Execution)
		return result, nil
	}, nil
}

var commitID = regexp.MustCompile(`^[0-9a-f]{40}$`)

func decide(ctx context.Context, rules []compiled, starter Starter, e Event) (Result, error) {
	d := e.Detail
	if d.Event == "referenceDeleted" {
		return Result{Decision: Deleted}, nil
	}
	if e.ID == "" || d.ReferenceName == "" || !commitID.MatchString(d.CommitID) {
		return Result{}, errors.New("this is no event of a reference of a CodeCommit repository: id, detail.referenceName or detail.commitId is missing or wrong")
	}
	for _, r := range rules {
		if r.Type != d.ReferenceType {
			continue
		}
		if _, ok := r.Match(d.ReferenceName); !ok {
			continue
		}
		switch {
		case r.direct:
			return Result{Decision: Direct, Rule: r.Name}, nil
		case !fit(d.ReferenceName):
			return Result{Decision: Unfit, Rule: r.Name}, nil
		}
		execution, err := starter.Start(ctx, Start{Token: e.ID, Rule: r.Name, Ref: d.ReferenceName, Commit: d.CommitID})
		if err != nil {
			return Result{Rule: r.Name}, fmt.Errorf("starting the pipeline for the %s %s by the rule %s: %w", d.ReferenceType, d.ReferenceName, r.Name, err)
		}
		return Result{Decision: Started, Rule: r.Name, Execution: execution}, nil
	}
	return Result{Decision: NoMatch}, nil
}

// fit tells whether CodePipeline can put a name into the parameters of its actions, which are JSON: it escapes nothing, and
// reads "#{" as the beginning of a variable.
func fit(name string) bool {
	text, err := json.Marshal(name)
	plain := strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&").Replace(string(text))
	return err == nil && plain == `"`+name+`"` && !strings.Contains(name, "#{")
}

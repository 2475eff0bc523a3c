package rehearsal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"archway/test/rehearse/internal/aws/cloudwatch"
	"archway/test/rehearse/internal/aws/codepipeline"
	"archway/test/rehearse/internal/aws/eventbridge"
)

// states turns the changes of executions into CodePipeline's events, and delivers them to the rules
// in the background: the engine must not wait for a function. They arrive in any order on AWS, the
// end of something before its start; here each second one comes before the first, so that it is the
// same in each rehearsal.
type states struct {
	known     map[string]codepipeline.Result // by execution
	mu        sync.Mutex
	queue     []eventbridge.Event
	delivered []eventbridge.Event
	busy      bool
	// settling: nothing more comes, and what waits to be overtaken is delivered too.
	settling bool
	idle     *sync.Cond
	problems []error
}

// observe is the observer of a pipeline's engine.
func (r *Rehearsal) observe(pipeline *codepipeline.Pipeline) codepipeline.Observer {
	return func(now codepipeline.Result) {
		if r.options.Observer != nil {
			r.options.Observer(now)
		}
		s := &r.states
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.known == nil {
			s.known, s.idle = map[string]codepipeline.Result{}, sync.NewCond(&s.mu)
		}
		before, ok := s.known[now.Execution]
		if !ok {
			before = codepipeline.Result{}
		}
		s.known[now.Execution] = now
		s.queue = append(s.queue, changes(pipeline, before, now)...)
		r.wake()
	}
}

// wake starts to deliver what there is; r.states.mu is held.
func (r *Rehearsal) wake() {
	if s := &r.states; s.ready() && !s.busy {
		s.busy = true
		go r.deliverStates()
	}
}

// ready reports whether there is an event to deliver now. One alone waits until another one has
// overtaken it.
func (s *states) ready() bool { return len(s.queue) > 1 || len(s.queue) > 0 && s.settling }

// next takes the events that are delivered next: two in the wrong order.
func (s *states) next() []eventbridge.Event {
	n := min(2, len(s.queue))
	next := slices.Clone(s.queue[:n])
	slices.Reverse(next)
	s.queue = s.queue[n:]
	return next
}

func (r *Rehearsal) deliverStates() {
	s := &r.states
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.ready() {
		for _, event := range s.next() {
			s.delivered = append(s.delivered, event)
			s.mu.Unlock()
			_, err := r.deliver(context.Background(), event, &Push{})
			s.mu.Lock()
			if err != nil {
				s.problems = append(s.problems, err)
			}
		}
	}
	s.busy = false
	s.idle.Broadcast()
}

// Settle waits until all events about executions are delivered, and returns what went wrong with
// one.
func (r *Rehearsal) Settle() error {
	s := &r.states
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settling = true
	r.wake()
	for s.busy {
		s.idle.Wait()
	}
	s.settling = false
	err := errors.Join(s.problems...)
	s.problems = nil
	return err
}

// States are the events about executions that were delivered so far, each as "what: state".
func (r *Rehearsal) States() []string {
	r.states.mu.Lock()
	defer r.states.mu.Unlock()
	var all []string
	for _, e := range r.states.delivered {
		d := e["detail"].(map[string]any)
		what := strings.TrimSuffix(strings.TrimPrefix(e["detail-type"].(string), "CodePipeline "),
			" Execution State Change")
		for _, key := range []string{"stage", "action"} {
			if name, ok := d[key]; ok {
				what += fmt.Sprintf(" %v", name)
			}
		}
		all = append(all, fmt.Sprintf("%s: %v", what, d["state"]))
	}
	return all
}

// words are the states in CodePipeline's events.
// https://docs.aws.amazon.com/codepipeline/latest/userguide/detect-state-changes-cloudwatch-events.html
var words = map[codepipeline.Status]string{
	codepipeline.InProgress: "STARTED", codepipeline.Succeeded: "SUCCEEDED", codepipeline.Failed: "FAILED",
	codepipeline.Stopped: "STOPPED", codepipeline.Overtaken: "SUPERSEDED",
}

// changes are the events of what differs between two states of an execution: first what is inside.
func changes(pipeline *codepipeline.Pipeline, before, now codepipeline.Result) []eventbridge.Event {
	var all []eventbridge.Event
	add := func(kind string, was, is codepipeline.Status, more map[string]any) {
		state := words[is]
		if was == is || state == "" {
			return
		}
		if is == codepipeline.InProgress && words[was] != "" {
			state = "RESUMED"
		}
		detail := map[string]any{
			"pipeline": pipeline.Name, "execution-id": now.Execution, "state": state,
			"start-time": now.Start.UTC().Format(millis),
			"version":    json.Number("1.0"), "pipeline-execution-attempt": attempt(kind, now.Attempt),
		}
		if kind == "Pipeline" && state == "STARTED" {
			detail["execution-trigger"] = map[string]any{"trigger-type": now.Cause.Type,
				"trigger-detail": now.Cause.Detail}
		}
		for key, value := range more {
			detail[key] = value
		}
		all = append(all, eventbridge.Event{
			"version": "0", "id": uuid.NewString(), "detail-type": "CodePipeline " + kind + " Execution State Change",
			"source":  "aws.codepipeline",
			"account": accountID, "time": time.Now().UTC().Format(time.RFC3339), "region": region,
			"resources": []any{pipeline.ARN}, "detail": detail,
		})
	}
	for i, stage := range now.Stages {
		var wasStage codepipeline.StageResult
		if i < len(before.Stages) {
			wasStage = before.Stages[i]
		}
		for n, action := range stage.Actions {
			var was codepipeline.Status
			if n < len(wasStage.Actions) {
				was = wasStage.Actions[n].Status
			}
			t := pipeline.Stages[i].Actions[n].Type
			more := map[string]any{
				"stage": stage.Name, "action": action.Name, "action-execution-id": action.ID, "region": region,
				"type": map[string]any{"owner": t.Owner, "provider": t.Provider, "category": t.Category,
					"version": t.Version},
			}
			if action.Status == codepipeline.Failed {
				more["execution-result"] = map[string]any{"external-execution-summary": action.Message,
					"error-code": "JobFailed"}
			}
			add("Action", was, action.Status, more)
		}
		add("Stage", wasStage.Status, stage.Status, map[string]any{"stage": stage.Name})
	}
	add("Pipeline", before.Status, now.Status, nil)
	return all
}

// millis is how start times are written.
const millis = "2006-01-02T15:04:05.000Z"

// attempt is a number with a decimal point. Stages were seen to count retries only.
func attempt(kind string, n int) json.Number {
	if kind == "Stage" {
		n--
	}
	return json.Number(fmt.Sprintf("%d.0", n))
}

// Metrics are what the functions have measured, and the lines of their logs that are no metrics
// although they look like some.
func (r *Rehearsal) Metrics() ([]cloudwatch.Datum, []error) { return r.measured.Data() }

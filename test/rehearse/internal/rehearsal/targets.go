package rehearsal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"archway/test/rehearse/internal/aws/codepipeline"
	"archway/test/rehearse/internal/aws/endpoint"
	"archway/test/rehearse/internal/aws/eventbridge"
	"archway/test/rehearse/internal/aws/lambdaruntime"
)

// startTarget gives an event to a target of a rule: a pipeline, or a function.
// What fails ends in the target's dead-letter queue, and is an error as well.
func (r *Rehearsal) startTarget(ctx context.Context, rule *eventbridge.Rule, target eventbridge.Target,
	event eventbridge.Event, p *Push) ([]*codepipeline.Execution, error) {
	payload, err := rule.Payload(target, event, time.Now())
	if err != nil {
		return nil, err
	}
	if engine, ok := r.engines[target.ARN]; ok {
		input, err := codepipeline.ParseStartInput(payload)
		if err != nil {
			return nil, err
		}
		input.Trigger, input.Cause = "rule "+rule.Name,
			codepipeline.Trigger{Type: codepipeline.TriggeredByRule, Detail: rule.ARN}
		if r.options.Readings.DropVariables {
			input.Variables, input.ClientToken = nil, ""
		}
		var x *codepipeline.Execution
		if err = r.authorize(startCalls(rule, target)...); err == nil {
			x, err = engine.Start(ctx, input)
		}
		if err != nil {
			return nil, errors.Join(err, r.deadLetter(ruleDeadLetter(rule, target.DeadLetters), event))
		}
		return []*codepipeline.Execution{x}, nil
	}
	if _, name, ok := strings.Cut(target.ARN, ":function:"); ok && r.functions[name] != nil {
		f := r.functions[name]
		if err := r.authorize(targetCalls(rule, f)...); err != nil {
			return nil, errors.Join(err, r.deadLetter(ruleDeadLetter(rule, target.DeadLetters), event))
		}
		return r.invokeForEvent(ctx, f, []byte(payload), p)
	}
	return nil,
		fmt.Errorf("the rehearsal supports pipelines and functions of the same assembly as targets, got %s", target.ARN)
}

// invokeForEvent invokes a function as EventBridge does, asynchronously, but waits
// for it, to tell what it started: one event after the other.
func (r *Rehearsal) invokeForEvent(ctx context.Context, f *lambdaruntime.Function, payload []byte,
	p *Push) ([]*codepipeline.Execution, error) {
	r.invoking.Lock()
	defer r.invoking.Unlock()
	r.mu.Lock()
	before := len(r.startedByCall)
	r.mu.Unlock()
	log, file, err := r.openLog("events", "EventBridge", f.Name)
	if err != nil {
		return nil, err
	}
	p.Logs = append(p.Logs, file)
	err = guardedRuntime{r.runtime, r}.InvokeAsync(ctx, f, payload, log)
	if failure := (*lambdaruntime.FunctionError)(nil); errors.As(err, &failure) {
		err = errors.Join(err, r.soundAlarms("AWS/Lambda", "FunctionName", f.Name),
			r.deadLetter(functionDeadLetter(f), map[string]any{
				"version": "1.0",
				"requestContext": map[string]any{"functionArn": f.ARN, "condition": "RetriesExhausted",
					"approximateInvokeCount": f.Retries + 1},
				"requestPayload":  json.RawMessage(payload),
				"responsePayload": failure,
			}))
	}
	err = errors.Join(err, log.Close())
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]*codepipeline.Execution(nil), r.startedByCall[before:]...), err
}

// deadLetter puts a message into the queue that the call is about, if there is one.
func (r *Rehearsal) deadLetter(send call, message any) error {
	queue := send.resource
	if queue == "" {
		return nil
	}
	if _, ok := r.queues[queue]; !ok {
		return fmt.Errorf("there is no queue %s for dead letters", queue)
	}
	if err := r.authorize(send); err != nil {
		return err
	}
	text, err := json.Marshal(message)
	if err != nil {
		return err
	}
	r.mu.Lock()
	r.queues[queue] = append(r.queues[queue], string(text))
	r.mu.Unlock()
	return r.soundAlarms("AWS/SQS", "QueueName", resourceName(queue))
}

// DeadLetters are the messages in the queues, by the queue's ARN.
func (r *Rehearsal) DeadLetters() map[string][]string {
	r.mu.Lock()
	defer r.mu.Unlock()
	messages := map[string][]string{}
	for queue, list := range r.queues {
		messages[queue] = append([]string(nil), list...)
	}
	return messages
}

// executionStarter answers StartPipelineExecution.
type executionStarter struct{ r *Rehearsal }

// StartExecution implements endpoint.Starts.
func (s executionStarter) StartExecution(caller endpoint.Caller, pipeline, body string) (string, error) {
	s.r.mu.Lock()
	refused := s.r.startRefusal
	s.r.mu.Unlock()
	if refused != nil {
		return "", refused
	}
	input, err := codepipeline.ParseStartInput(body)
	if err != nil {
		return "", &endpoint.Error{Code: "ValidationException", Message: err.Error()}
	}
	engine, err := s.r.engine(pipeline)
	if err != nil {
		return "", &endpoint.Error{Code: "PipelineNotFoundException", Message: err.Error()}
	}
	input.Trigger, input.Cause = caller.String(),
		codepipeline.Trigger{Type: codepipeline.TriggeredByStart, Detail: principalOf(caller).SessionARN()}
	x, err := engine.Start(s.r.base, input)
	if refusal := (*codepipeline.Refusal)(nil); errors.As(err, &refusal) {
		return "", &endpoint.Error{Code: refusal.Code, Message: refusal.Message}
	}
	if err != nil {
		return "", err
	}
	s.r.mu.Lock()
	defer s.r.mu.Unlock()
	if !slices.Contains(s.r.startedByCall, x) { // else its token is known
		s.r.startedByCall = append(s.r.startedByCall, x)
	}
	return x.ID(), nil
}

// RefuseStarts makes every call that starts an execution fail, until it is given
// nil: tests inject faults here.
func (r *Rehearsal) RefuseStarts(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.startRefusal = err
}

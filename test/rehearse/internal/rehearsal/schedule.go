package rehearsal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"archway/test/rehearse/internal/aws/endpoint"
	"archway/test/rehearse/internal/aws/eventbridge"
)

// HasSchedule reports whether there is a schedule that can come due.
func (r *Rehearsal) HasSchedule() bool {
	return slices.ContainsFunc(r.rules,
		func(rule *eventbridge.Rule) bool { return rule.Enabled && rule.Schedule != "" })
}

// RunSchedules lets every schedule come due once, one after the other, and returns what
// the functions logged. The rehearsal has no clock of its own.
func (r *Rehearsal) RunSchedules(ctx context.Context) (log string, err error) {
	var lines bytes.Buffer
	var problems []error
	for _, rule := range r.rules {
		if !rule.Enabled || rule.Schedule == "" {
			continue
		}
		for _, target := range rule.Targets {
			if err := r.invokeTarget(ctx, rule, target, &lines); err != nil {
				problems = append(problems, fmt.Errorf("rule %s, target %s: %w", rule.Name, target.ID, err))
			}
		}
	}
	return lines.String(), errors.Join(problems...)
}

// scheduledEvent is what a target without an input of its own is given.
func scheduledEvent(rule *eventbridge.Rule, now time.Time) eventbridge.Event {
	return eventbridge.Event{
		"version": "0", "id": "00000000-0000-0000-0000-000000000000", "detail-type": "Scheduled Event",
		"source":  "aws.events",
		"account": accountID, "time": now.UTC().Format(time.RFC3339), "region": region, "resources": []any{rule.ARN},
		"detail": map[string]any{},
	}
}

func (r *Rehearsal) invokeTarget(ctx context.Context, rule *eventbridge.Rule, target eventbridge.Target,
	log *bytes.Buffer) error {
	function, ok := r.functions[resourceName(target.ARN)]
	if !ok || function.ARN != target.ARN {
		return fmt.Errorf("the rehearsal supports functions of the same assembly as targets of a schedule, got %s",
			target.ARN)
	}
	if err := r.authorize(targetCalls(rule, function)...); err != nil {
		return err
	}
	now := time.Now()
	payload, err := rule.Payload(target, scheduledEvent(rule, now), now)
	if err != nil {
		return err
	}
	return guardedRuntime{r.runtime, r}.InvokeAsync(ctx, function, []byte(payload), log)
}

// Notices are what topics were told so far.
func (r *Rehearsal) Notices() []endpoint.Notice { return r.api.Notices() }

// Retag points a tag at a manifest that the registry has, as somebody does who
// has the right to and goes around the pipeline.
func (r *Rehearsal) Retag(repository, tag, digest string) error {
	manifest, mediaType, err := r.reg.Manifest(repository, digest)
	if err != nil {
		return err
	}
	return r.reg.PutImage(repository, mediaType, manifest, digest, tag)
}

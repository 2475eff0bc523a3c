package eventbridge

import (
	"encoding/json"
	"time"

	"archway/test/rehearse/internal/aws/document"
)

// Rule is an EventBridge rule: for events that match a pattern, or on a schedule.
type Rule struct {
	Name    string
	ARN     string
	Enabled bool
	// Pattern is nil for a schedule.
	Pattern *Pattern
	// Schedule is an expression such as rate(1 day). The rehearsal has no clock:
	// a schedule comes due when somebody says so.
	Schedule string
	Targets  []Target
}

// Target is one target of a rule. At most one of Input, InputPath and
// Transformer is set; none means that the target is given the whole event.
type Target struct {
	ID          string
	ARN         string
	RoleARN     string
	Input       string
	InputPath   string
	Transformer *Transformer
	// DeadLetters is the ARN of the queue for events that could not be delivered.
	DeadLetters string
}

// Match reports whether the rule would be triggered.
func (r *Rule) Match(event Event) bool {
	return r.Enabled && r.Pattern != nil && r.Pattern.Match(event)
}

// Payload is what the target is given for an event.
func (r *Rule) Payload(t Target, event Event, now time.Time) (string, error) {
	switch {
	case t.Transformer != nil:
		return t.Transformer.apply(event, map[string]any{
			"aws.events.rule-arn":             r.ARN,
			"aws.events.rule-name":            r.Name,
			"aws.events.event.ingestion-time": now.UTC().Format(time.RFC3339),
			"aws.events.event.json":           map[string]any(event),
		})
	case t.Input != "":
		return t.Input, nil
	case t.InputPath != "":
		value, found, err := lookup(event, t.InputPath)
		if err != nil {
			return "", err
		}
		if !found {
			return "{}", nil // as it was recorded
		}
		return document.Show(value), nil
	}
	payload, err := json.Marshal(event)
	return string(payload), err
}

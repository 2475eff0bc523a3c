package drift

import (
	"context"
	"encoding/json"
	"fmt"

	"archway/internal/settings"
	"archway/internal/strict"
	"archway/lambda/internal/pipeline/job"
)

// Handler handles events of one kind.
type Handler[Event any] = func(context.Context, Event) error

// Dispatch gives the schedule's events to one handler and every other event, such as
// CodePipeline's, to another. Nothing of an event is logged: a job carries credentials.
func Dispatch(scheduled Handler[settings.DriftCheck], other Handler[job.Event]) Handler[json.RawMessage] {
	return func(ctx context.Context, raw json.RawMessage) error {
		var keys map[string]json.RawMessage
		if json.Unmarshal(raw, &keys) == nil && keys[settings.DriftEventKey] != nil {
			var event settings.DriftEvent
			if err := strict.Decode(raw, &event); err != nil {
				return fmt.Errorf("the schedule's event: %w", err)
			}
			return scheduled(ctx, event.Check)
		}
		var j job.Event
		if err := json.Unmarshal(raw, &j); err != nil {
			return fmt.Errorf("the event is neither a job of CodePipeline nor a scheduled check: %w", err)
		}
		return other(ctx, j)
	}
}

package drift

import (
	"context"
	"encoding/json"
	"fmt"

	"archway/lambda/internal/job"
)

// Event is what the schedule sends to the function. One event is about one image.
type Event struct {
	Check json.RawMessage `json:"archway.driftCheck"`
}

// Dispatch gives the schedule's events to one handler and every other event, such as CodePipeline's, to another. Nothing of an
// event is logged: a job carries credentials.
func Dispatch(scheduled func(context.Context, Parameters) error, other func(context.Context, job.Event) error) func(context.Context, json.RawMessage) error {
	return func(ctx context.Context, raw json.RawMessage) error {
		var event Event
		if json.Unmarshal(raw, &event) == nil && event.Check != nil {
			var p Parameters
			if err := job.Decode(string(event.Check), &p); err != nil {
				return fmt.Errorf("the schedule's event: %w", err)
			}
			return scheduled(ctx, p)
		}
		var j job.Event
		if err := json.Unmarshal(raw, &j); err != nil {
			return fmt.Errorf("the event is neither a job of CodePipeline nor a scheduled check: %w", err)
		}
		return other(ctx, j)
	}
}

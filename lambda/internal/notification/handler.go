// Package notification tells people of a failed run: once, with all that its failed actions said.
package notification

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"archway/lambda/internal/aws/topic"
)

// Event is EventBridge's event about a run's state, as far as it matters here. It names no action
// and no reason.
// https://docs.aws.amazon.com/codepipeline/latest/userguide/detect-state-changes-cloudwatch-events.html
type Event struct {
	DetailType string `json:"detail-type"`
	Detail     struct {
		Pipeline  string `json:"pipeline"`
		Execution string `json:"execution-id"`
		State     string `json:"state"`
	} `json:"detail"`
}

// Notifier tells of failed runs.
type Notifier struct {
	Runs   Runs
	Notify topic.Notify
	// Topic is told.
	Topic string
	// PipelineURL is the address of the pipeline's page in the console.
	PipelineURL string
	Log         *slog.Logger
	// Pause is the wait before CodePipeline is asked again, whose history may come later than its
	// event.
	Pause time.Duration
}

// looks is how often CodePipeline is asked for the actions that failed.
const looks = 4

// Handle handles an event. It returns an error only if nobody could be told, so that Lambda tries
// again: a message that says little is worth more than none.
func (n *Notifier) Handle(ctx context.Context, e Event) error {
	if e.Detail.Pipeline == "" || e.Detail.Execution == "" || e.Detail.State != "FAILED" {
		return fmt.Errorf(
			"the event is none of a failed run: it is about the state %q of execution %q of the pipeline %q (%s)",
			e.Detail.State, e.Detail.Execution, e.Detail.Pipeline, e.DetailType)
	}
	log := n.Log.With("pipeline", e.Detail.Pipeline, "execution", e.Detail.Execution)
	r, problem := n.find(ctx, e)
	if problem != nil {
		log.Error("what failed could not be found out", "error", problem.Error())
	}
	title := subject(e.Detail.Pipeline, r)
	if err := n.Notify(ctx, n.Topic, title, text(e, r, link(n.PipelineURL, e.Detail.Execution), problem)); err != nil {
		log.Error("the notification could not be sent", "error", err.Error())
		return fmt.Errorf("notify %s: %w", n.Topic, err)
	}
	log.Info("notified", "subject", title, "actions", len(r.Failed))
	return nil
}

func (n *Notifier) find(ctx context.Context, e Event) (Run, error) {
	for look := 1; ; look++ {
		r, err := n.Runs.Run(ctx, e.Detail.Pipeline, e.Detail.Execution)
		if err != nil || len(r.Failed) > 0 || look == looks {
			return r, err
		}
		select {
		case <-time.After(n.Pause):
		case <-ctx.Done():
			return r, errors.Join(err, ctx.Err())
		}
	}
}

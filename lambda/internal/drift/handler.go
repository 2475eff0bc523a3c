package drift

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"archway/lambda/internal/check"
	"archway/lambda/internal/login"
	"archway/lambda/internal/topic"
)

// Handler makes the part of the function that answers schedules. It returns an error only if nobody could be told, so that
// Lambda tries again; what is wrong with an image is a notification, once for each check.
func Handler(open login.Open, notify topic.Notify, log *slog.Logger) func(context.Context, Parameters) error {
	return func(ctx context.Context, p Parameters) error {
		log := log.With("image", p.Repository)
		text, err := message(ctx, open, p, log)
		if err != nil {
			// Not being able to look is worth a notification too: nobody reads the log of a check that always was silent.
			log.Error("drift check failed", "error", err.Error())
			text = unknown(p, err)
		}
		if text == "" {
			return nil
		}
		if err := notify(ctx, p.Topic, subject(p.Repository), text); err != nil {
			log.Error("the notification could not be sent", "error", err.Error())
			return fmt.Errorf("notify %s: %w", p.Topic, err)
		}
		return nil
	}
}

// reserve is how much of the function's time is kept for the notification.
const reserve = 10 * time.Second

// message checks an image, and gives what to say about it; nothing if all is well.
func message(ctx context.Context, open login.Open, p Parameters, log *slog.Logger) (string, error) {
	if deadline, ok := ctx.Deadline(); ok {
		left := time.Until(deadline)
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, left-min(reserve, left/4))
		defer cancel()
	}
	t, err := p.task()
	if err != nil {
		return "", err
	}
	repository, err := open(ctx, t.repository)
	if err != nil {
		return "", err
	}
	seen, err := t.observe(ctx, repository, log)
	if err != nil {
		return "", err
	}
	drifted := false
	for _, o := range seen {
		for _, f := range o.verdict.Findings {
			log.Warn("finding", "tags", o.tags, "check", f.Check, "severity", f.Severity, "subject", f.Subject.Digest, "platform", f.Subject.Platform, "message", f.Message())
		}
		log.Info("verdict", "tags", o.tags, "digest", o.digest, "valid", o.verdict.Valid(), "errors", check.Count(o.verdict.Findings, check.Error))
		drifted = drifted || !o.verdict.Valid()
	}
	if !drifted {
		return "", nil
	}
	return drift(t.repository.Name(), seen), nil
}

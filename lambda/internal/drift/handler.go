package drift

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"archway/internal/settings"
	"archway/lambda/internal/aws/login"
	"archway/lambda/internal/aws/topic"
	"archway/lambda/internal/pipeline/job"
	"archway/lambda/internal/verdict/check"
	"archway/lambda/internal/verdict/report"
)

// Checker is what the scheduled check works with.
type Checker struct {
	Settings *settings.Loaded
	// Registry is the host of the account's registry.
	Registry string
	Open     login.Open
	Notify   topic.Notify
	// Topic is the ARN of the one that is told.
	Topic string
	Log   *slog.Logger
}

// Handle is the part of the function that answers schedules. It returns an error only if nobody
// could be told, so that Lambda tries again; what is wrong with an image is a notification, once
// for each check.
func (c *Checker) Handle(ctx context.Context, event settings.DriftCheck) error {
	log := c.Log.With("image", event.Image)
	text, err := c.message(ctx, event, log)
	if err != nil {
		// Not being able to look is worth a notification too: nobody reads the log of a check that
		// always was silent.
		log.Error("drift check failed", "error", err.Error())
		text = unknown(event.Image, err)
	}
	if text == "" {
		return nil
	}
	if err := c.Notify(ctx, c.Topic, subject(event.Image), text); err != nil {
		log.Error("the notification could not be sent", "error", err.Error())
		return fmt.Errorf("notify %s: %w", c.Topic, err)
	}
	return nil
}

// reserve is how much of the function's time is kept for the notification.
const reserve = 10 * time.Second

// message checks an image, and gives what to say about it; nothing if all is well.
func (c *Checker) message(ctx context.Context, event settings.DriftCheck, log *slog.Logger) (string, error) {
	if deadline, ok := ctx.Deadline(); ok {
		left := time.Until(deadline)
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, left-min(reserve, left/4))
		defer cancel()
	}
	image, err := c.image(event)
	if err != nil {
		return "", err
	}
	looks, err := looks(&c.Settings.Pipeline, image)
	if err != nil {
		return "", err
	}
	name, err := job.CheckRepository(c.Registry + "/" + image.Release)
	if err != nil {
		return "", err
	}
	repository, err := c.Open(ctx, name)
	if err != nil {
		return "", err
	}
	drifted := false
	var seen []observation
	for _, l := range looks {
		found, err := l.observe(ctx, repository, log)
		if err != nil {
			return "", err
		}
		seen = append(seen, found...)
	}
	for _, o := range seen {
		report.Log(log.With("tags", o.tags), o.verdict.Findings)
		log.Info("verdict", "tags", o.tags, "digest", o.digest, "valid", o.verdict.Valid(),
			"errors", check.Count(o.verdict.Findings, check.Error))
		drifted = drifted || !o.verdict.Valid()
	}
	if !drifted {
		return "", nil
	}
	return drift(name.Name(), seen), nil
}

// image finds what an event is about.
func (c *Checker) image(event settings.DriftCheck) (*settings.Image, error) {
	if event.Settings != c.Settings.Sum {
		return nil, job.Misconfigured("The schedule was made with other settings (%.12q) than this function (%.12q): "+
			"a deployment is under way, or it broke off; finish it.", event.Settings, c.Settings.Sum)
	}
	image, ok := c.Settings.Image(event.Image)
	if !ok || image.Release == "" {
		return nil, job.Misconfigured("The schedule is about the image %q, which the pipeline %s does not promote.",
			event.Image, c.Settings.Name)
	}
	return image, nil
}

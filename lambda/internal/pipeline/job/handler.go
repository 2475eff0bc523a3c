package job

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"archway/internal/settings"
)

// Job is one job of a pipeline's action.
type Job struct {
	ID string
	// Parameters are the action's UserParameters as they stand in the configuration.
	Parameters string
	// Execution is CodePipeline's id of the run, as the parameters say. In a rollback it may be the
	// target's.
	Execution string
	// Image is the one that the action is about; nil for an action that is about all.
	Image *settings.Image
	// Continuation is the token that an earlier invocation for this job gave with Again; empty in
	// the first one.
	Continuation string
	// Log carries the job's id.
	Log *slog.Logger
}

// Later says that the work is not done: the function wants to be called again.
type Later struct {
	// Token is given back with the next call: up to 2,048 characters.
	Token string
	// Summary is what the console shows meanwhile.
	Summary string
}

func (l *Later) Error() string { return l.Summary }

// Again asks CodePipeline to call the function again, after about half a minute, for up to 24 hours
// in all.
// https://docs.aws.amazon.com/codepipeline/latest/userguide/actions-invoke-lambda-function.html
func Again(token, summary string) error { return &Later{Token: token, Summary: summary} }

// Work does the job. It returns the action's output variables. It must be safe to repeat: Lambda
// runs the same job up to three times when a function fails or times out.
type Work func(context.Context, Job) (map[string]string, error)

// reserve is how much of the function's time is kept for the answer. Without an answer the action
// hangs for twenty minutes.
const reserve = 8 * time.Second

// Handler makes a function's handler of the work.
func Handler(reporter Reporter, log *slog.Logger, work Work) func(context.Context, Event) error {
	return func(ctx context.Context, event Event) error {
		id := event.Job.ID
		if id == "" {
			return errors.New("the event holds no CodePipeline job; this function is an action of a pipeline")
		}
		data := event.Job.Data
		job := Job{ID: id, Parameters: data.ActionConfiguration.Configuration.UserParameters,
			Continuation: data.ContinuationToken, Log: log.With("job", id)}
		variables, err := do(ctx, job, work)
		if err == nil {
			job.Log.Info("job succeeded", "variables", variables)
			return done(job, reporter.Success(ctx, id, variables))
		}
		var later *Later
		if errors.As(err, &later) {
			job.Log.Info("job goes on", "why", later.Summary)
			return done(job, reporter.Continue(ctx, id, later))
		}
		failure := failureOf(err)
		job.Log.Error("job failed", "type", failure.Type, "error", err.Error())
		// A reported failure is a result. Returning it as an error too would make Lambda run the
		// job again.
		return done(job, reporter.Failure(ctx, id, failure))
	}
}

// do runs the work within the time that leaves enough for the answer, and turns a panic into an
// error that gets answered.
func do(ctx context.Context, job Job, work Work) (variables map[string]string, err error) {
	if deadline, ok := ctx.Deadline(); ok {
		left := time.Until(deadline)
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, left-min(reserve, left/4))
		defer cancel()
	}
	defer func() {
		if p := recover(); p != nil {
			job.Log.Error("panic", "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			err = fmt.Errorf("internal error of this function, nothing was decided: %v; its log has the details", p)
		}
	}()
	return work(ctx, job)
}

// done treats an answer that was given before as given: Lambda repeats events, and the first answer
// counts.
func done(job Job, err error) error {
	if errors.Is(err, ErrAnswered) {
		job.Log.Warn("the job was answered before", "error", err.Error())
		return nil
	}
	if err != nil {
		job.Log.Error("the answer could not be given", "error", err.Error())
	}
	return err
}

// Package retry repeats an operation that failed for a passing reason: a bounded number of times,
// never beyond the context's deadline, and never earlier than the other side asked for.
package retry

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// Policy bounds the repetitions.
type Policy struct {
	// Attempts is how often an operation is tried at most; 0 means once.
	Attempts int
	// Missing is how often at most a thing that is not there is asked for: ECR can answer 404 for a
	// short while after a push. 0 means once.
	Missing int
	// First is the wait before the second attempt; each following wait is twice as long.
	First time.Duration
	// Each bounds one attempt, so that a server that trickles costs an attempt and not all the time
	// there is. 0 means no bound.
	Each time.Duration
	// Longest is the longest wait that is accepted, also when the other side asks for more. 0 means
	// First.
	Longest time.Duration
}

// Reason says whether, and how, a failed attempt may be repeated.
type Reason int

const (
	// Final errors are not repeated.
	Final Reason = iota
	// Passing errors are repeated up to Policy.Attempts times.
	Passing
	// Missing things are asked for again up to Policy.Missing times.
	Missing
)

// Advice is what an error says about repeating the attempt. Errors that implement it are found by
// errors.As.
type Advice interface {
	error
	// Retry returns the reason and the wait that the other side asked for, or 0.
	Retry() (Reason, time.Duration)
}

// Do runs op until it succeeds, fails for good, or the policy or the context's deadline ends it. It
// returns the last error.
func (p Policy) Do(ctx context.Context, op func(context.Context) error) error {
	for attempt := 1; ; attempt++ {
		err := p.once(ctx, op)
		if err == nil {
			return nil
		}
		var advice Advice
		if ctx.Err() != nil || !errors.As(err, &advice) {
			return err
		}
		reason, asked := advice.Retry()
		if attempt >= p.allowed(reason) {
			return err
		}
		wait := max(p.backoff(attempt), asked)
		if wait > max(p.Longest, p.First) {
			return fmt.Errorf("%w (gave up: asked to wait %s, longer than the %s that this program waits)", err,
				wait.Round(time.Second), p.Longest)
		}
		if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= wait {
			return fmt.Errorf("%w (gave up: a further attempt would have to wait %s, beyond the time limit)", err,
				wait.Round(time.Millisecond))
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return err
		case <-timer.C:
		}
	}
}

func (p Policy) once(ctx context.Context, op func(context.Context) error) error {
	if p.Each > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, p.Each)
		defer cancel()
	}
	return op(ctx)
}

func (p Policy) allowed(r Reason) int {
	switch r {
	case Passing:
		return p.Attempts
	case Missing:
		return p.Missing
	default:
		return 1
	}
}

// backoff is the wait after the given attempt, with up to a quarter added at random, so that many
// functions that were throttled together don't come back together.
func (p Policy) backoff(attempt int) time.Duration {
	wait := min(p.First<<min(attempt-1, 16), max(p.Longest, p.First))
	if quarter := int64(wait / 4); quarter > 0 {
		wait += time.Duration(rand.Int64N(quarter))
	}
	return min(wait, max(p.Longest, p.First))
}

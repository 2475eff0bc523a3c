package retry_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"archway/lambda/internal/retry"
)

// advice is an error that says how it may be retried.
type advice struct {
	reason retry.Reason
	wait   time.Duration
}

func (a advice) Error() string                        { return "no" }
func (a advice) Retry() (retry.Reason, time.Duration) { return a.reason, a.wait }

var policy = retry.Policy{Attempts: 4, Missing: 2, First: time.Second, Longest: 10 * time.Second}

// Do repeats as often as the reason allows.
func TestDoRepeats(t *testing.T) {
	for _, test := range []struct {
		name     string
		err      error
		attempts int
	}{
		{"final", advice{reason: retry.Final}, 1},
		{"passing", advice{reason: retry.Passing}, 4},
		{"missing", advice{reason: retry.Missing}, 2},
		{"no advice", errors.New("no"), 1},
		{"wrapped", errors.Join(errors.New("read"), advice{reason: retry.Passing}), 4},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				attempts := 0
				err := policy.Do(t.Context(), func(context.Context) error {
					attempts++
					return test.err
				})
				if err == nil || attempts != test.attempts {
					t.Errorf("%d attempts and error %v, want %d attempts and an error", attempts, err, test.attempts)
				}
			})
		})
	}
}

func TestDoEndsWithTheFirstSuccess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		attempts := 0
		err := policy.Do(t.Context(), func(context.Context) error {
			if attempts++; attempts < 3 {
				return advice{reason: retry.Passing}
			}
			return nil
		})
		if err != nil || attempts != 3 {
			t.Errorf("%d attempts and error %v, want 3 and none", attempts, err)
		}
	})
}

func TestDoWaitsAsLongAsItIsAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		_ = policy.Do(t.Context(), func(context.Context) error { return advice{retry.Missing, 7 * time.Second} })
		if waited := time.Since(start); waited < 7*time.Second || waited > 8*time.Second {
			t.Errorf("waited %s, want 7 s", waited)
		}
	})
}

func TestDoWaitsTwiceAsLongEachTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		_ = policy.Do(t.Context(), func(context.Context) error { return advice{reason: retry.Passing} })
		if waited := time.Since(start); waited < 7*time.Second || waited > 9*time.Second {
			t.Errorf("waited %s for three repetitions, want 1+2+4 s and up to a quarter more", waited)
		}
	})
}

// Do gives up at once when the wait is too long.
func TestDoGivesUpOnLongWaits(t *testing.T) {
	for _, test := range []struct {
		name    string
		wait    time.Duration
		limit   time.Duration
		message string
	}{
		{"longer than it waits", time.Minute, time.Hour, "asked to wait 1m0s, longer than the 10s"},
		{"beyond the deadline", 5 * time.Second, 3 * time.Second, "beyond the time limit"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), test.limit)
				defer cancel()
				start := time.Now()
				err := policy.Do(ctx, func(context.Context) error { return advice{retry.Passing, test.wait} })
				if err == nil || !strings.Contains(err.Error(), test.message) {
					t.Errorf("error %v, want one with %q", err, test.message)
				}
				if time.Since(start) > 0 {
					t.Errorf("waited %s, want to give up at once", time.Since(start))
				}
			})
		})
	}
}

func TestDoBoundsEachAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bounded := policy
		bounded.Each = 3 * time.Second
		start, attempts := time.Now(), 0
		_ = bounded.Do(t.Context(), func(ctx context.Context) error {
			attempts++
			<-ctx.Done()
			return advice{reason: retry.Missing}
		})
		if waited := time.Since(start); attempts != 2 || waited < 7*time.Second || waited > 8*time.Second {
			t.Errorf("%d attempts in %s, want 2 of 3 s each and a wait of 1 s", attempts, waited)
		}
	})
}

func TestDoStopsWaitingWhenInterrupted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second/2, cancel)
		attempts := 0
		_ = policy.Do(ctx, func(context.Context) error {
			attempts++
			return advice{reason: retry.Passing}
		})
		if attempts != 1 {
			t.Errorf("%d attempts, want 1", attempts)
		}
	})
}

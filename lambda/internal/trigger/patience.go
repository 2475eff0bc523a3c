package trigger

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/codepipeline/types"

	"archway/lambda/internal/retry"
)

// Patience lasts for as long as the function has time: many tags that are pushed at once are
// throttled for minutes, also those that come two seconds after each other.
var Patience = retry.Policy{Attempts: 1000, First: 2 * time.Second, Longest: 30 * time.Second}

// busy is an error that passes: AWS throttles, does not answer, or has too many executions that
// wait.
type busy struct{ error }

func (b busy) Unwrap() error { return b.error }

// Retry implements retry.Advice.
func (busy) Retry() (retry.Reason, time.Duration) { return retry.Passing, 0 }

// patiently repeats what can be repeated. If the time ends in the middle of an attempt, the error
// is what there was to wait for.
func patiently(ctx context.Context, patience retry.Policy, do func(context.Context) error) error {
	var waited error
	err := patience.Do(ctx, func(ctx context.Context) error {
		err := do(ctx)
		if ctx.Err() != nil {
			return err
		}
		var full *types.ConcurrentPipelineExecutionsLimitExceededException
		if errors.As(err, &full) ||
			sdk.IsErrorRetryables(sdk.DefaultRetryables).IsErrorRetryable(err) == aws.TrueTernary {
			waited = busy{err}
			return waited
		}
		return err
	})
	if err != nil && waited != nil && ctx.Err() != nil {
		return waited
	}
	return err
}

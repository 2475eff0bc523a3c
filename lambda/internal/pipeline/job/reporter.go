package job

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codepipeline"
	"github.com/aws/aws-sdk-go-v2/service/codepipeline/types"
)

// ErrAnswered says that CodePipeline has an answer for the job already.
var ErrAnswered = errors.New("CodePipeline has an answer for this job already")

// MaxMessage is the longest failure message that CodePipeline takes, in characters
// (https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_FailureDetails.html).
const MaxMessage = 5000

// MaxSummary is the same of a summary
// (https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_ExecutionDetails.html).
const MaxSummary = 2048

// Reporter gives CodePipeline the answer.
type Reporter interface {
	Success(ctx context.Context, id string, variables map[string]string) error
	Failure(ctx context.Context, id string, failure *Failure) error
	Continue(ctx context.Context, id string, later *Later) error
}

// CodePipeline answers through the AWS API.
type CodePipeline struct{ client *codepipeline.Client }

// NewCodePipeline makes a reporter of an SDK configuration.
func NewCodePipeline(cfg aws.Config) CodePipeline {
	return CodePipeline{codepipeline.NewFromConfig(cfg, func(o *codepipeline.Options) { o.RetryMaxAttempts = 5 })}
}

// SummaryVariable is the output variable that says in words what was done. It is sent as the
// action's summary too, which CodePipeline was seen to show for no action that succeeded.
const SummaryVariable = "summary"

// Success reports the action's output variables.
func (c CodePipeline) Success(ctx context.Context, id string, variables map[string]string) error {
	in := &codepipeline.PutJobSuccessResultInput{JobId: &id, OutputVariables: variables}
	if summary := variables[SummaryVariable]; summary != "" {
		in.ExecutionDetails = &types.ExecutionDetails{Summary: aws.String(fit(summary, MaxSummary))}
	}
	_, err := c.client.PutJobSuccessResult(ctx, in)
	return answered(err)
}

// Continue asks for another call.
func (c CodePipeline) Continue(ctx context.Context, id string, later *Later) error {
	_, err := c.client.PutJobSuccessResult(ctx, &codepipeline.PutJobSuccessResultInput{
		JobId: &id, ContinuationToken: &later.Token,
		ExecutionDetails: &types.ExecutionDetails{Summary: aws.String(fit(later.Summary, MaxSummary))},
	})
	return answered(err)
}

// Failure reports why the action failed.
func (c CodePipeline) Failure(ctx context.Context, id string, failure *Failure) error {
	_, err := c.client.PutJobFailureResult(ctx, &codepipeline.PutJobFailureResultInput{
		JobId: &id,
		FailureDetails: &types.FailureDetails{Type: failure.Type,
			Message: aws.String(fit(failure.Message, MaxMessage))},
	})
	return answered(err)
}

func answered(err error) error {
	var state *types.InvalidJobStateException
	if errors.As(err, &state) {
		return fmt.Errorf("%w: %s", ErrAnswered, state.ErrorMessage())
	}
	return err
}

// fit keeps a message within what CodePipeline takes: neither empty nor too long.
func fit(message string, most int) string {
	message = strings.ToValidUTF8(strings.TrimSpace(message), "?")
	if message == "" {
		return "The function failed without a message; see its log."
	}
	if utf8.RuneCountInString(message) <= most {
		return message
	}
	const more = " … (cut; the function's log has it all)"
	return string([]rune(message)[:most-utf8.RuneCountInString(more)]) + more
}

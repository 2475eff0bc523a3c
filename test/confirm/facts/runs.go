package facts

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codepipeline/types"

	"archway/test/confirm/internal/account"
)

// lambdaTime is how long an action of a function was seen to take whatever it does, with room.
const lambdaTime = 60 * time.Second

// runs are how executions go on.
var runs = []Fact{
	{
		Name: "queued-stages",
		Question: "Do QUEUED executions wait for each stage on their own, so that the second is in Source while the " +
			"first waits later?",
		Readings: []Reading{
			{Name: "each-stage", Says: "the second execution passes Source while the first waits for its approval"},
			{Name: "whole", Says: "the second execution begins when the first has ended"},
		},
		Proof: "Two executions of a pipeline whose second stage waits: the second one's Source succeeds, or does not begin.",
		Try: func(ctx context.Context, s *account.Session) (Seen, error) {
			p, first, err := waiting(ctx, s)
			if err != nil {
				return Seen{}, err
			}
			second, err := p.start(ctx, nil)
			if err != nil {
				return Seen{}, err
			}
			inTime, cancel := context.WithTimeout(ctx, min(s.Limit, 2*time.Minute))
			defer cancel()
			_, sourceErr := p.action(inTime, second, "Source", func(a types.ActionExecutionDetail) bool {
				return a.Status == types.ActionExecutionStatusSucceeded
			})
			stage, _, stateErr := p.state(ctx, "Wait")
			if stateErr != nil || stage.LatestExecution == nil ||
				aws.ToString(stage.LatestExecution.PipelineExecutionId) != first {
				return Seen{},
					errors.Join(fmt.Errorf("the stage Wait is not with execution %s any more", first), stateErr)
			}
			// Either limit may be the first to pass, should they be alike.
			late := errors.Is(sourceErr, context.DeadlineExceeded) || errors.Is(sourceErr, account.ErrNotSeen)
			if sourceErr != nil && !late {
				return Seen{}, sourceErr
			}
			if sourceErr != nil {
				return Seen{"whole", "the second execution's Source did not succeed while the first one " +
					"waited: " + sourceErr.Error()}, ctx.Err()
			}
			return Seen{"each-stage",
				"the second execution's Source succeeded while the first one waited for its approval"}, nil
		},
	},
	{
		Name:     "history-lag",
		Question: "Does CodePipeline's history (ListActionExecutions) lag behind its state (GetPipelineState)?",
		Readings: []Reading{
			{Name: "lags", Says: "the history lags behind the state"},
			{Name: "prompt", Says: "the history does not lag behind the state", Option: "prompt-history"},
		},
		Proof: "An approval is given; the time between the first answer of each of the two that says so.",
		Try: func(ctx context.Context, s *account.Session) (Seen, error) {
			p, first, err := waiting(ctx, s)
			if err != nil {
				return Seen{}, err
			}
			if err := p.approve(ctx, first); err != nil {
				return Seen{}, err
			}
			if err := p.Wait(ctx, "the approval in the state", func() (bool, error) {
				_, a, err := p.state(ctx, "Wait")
				return a.Status == types.ActionExecutionStatusSucceeded, err
			}); err != nil {
				return Seen{}, err
			}
			begin, asked := time.Now(), 0
			if _, err := p.action(ctx, first, "Wait", func(a types.ActionExecutionDetail) bool {
				asked++
				return a.Status == types.ActionExecutionStatusSucceeded
			}); err != nil {
				return Seen{}, err
			}
			if asked == 1 {
				return Seen{"prompt", "the history knew of the approval as soon as the state did"}, nil
			}
			lag := time.Since(begin).Round(time.Second)
			return Seen{"lags", fmt.Sprintf("the history knew of the approval %v later than the state (asked every "+
				"%v)", lag, s.Pace)}, nil
		},
	},
	{
		Name:        "lambda-time",
		Unrehearsed: true,
		Question:    "How long does a Lambda action take whose function reports at once?",
		Readings: []Reading{
			{Name: "as-seen", Says: fmt.Sprintf("at most %v: about 32 s were seen", lambdaTime)},
			{Name: "longer", Says: "longer: what the documents say about times is wrong, and nothing else"},
		},
		Proof: "A function that does nothing but report success; the action's times in the history.",
		Try: func(ctx context.Context, s *account.Session) (Seen, error) {
			role, err := s.Role(ctx, "function", "lambda", account.Statement{
				Effect: "Allow", Action: "codepipeline:PutJobSuccessResult", Resource: "*",
			})
			if err != nil {
				return Seen{}, err
			}
			function, err := s.Function(ctx, "function", role, `import boto3
def handler(event, context):
    boto3.client("codepipeline").put_job_success_result(jobId=event["CodePipeline.job"]["id"])
`)
			if err != nil {
				return Seen{}, err
			}
			p, err := newPipeline(ctx, s, nil,
				action("Call", types.ActionCategoryInvoke, "Lambda", map[string]string{"FunctionName": function}))
			if err != nil {
				return Seen{}, err
			}
			first, err := p.first(ctx)
			if err != nil {
				return Seen{}, err
			}
			a, err := p.action(ctx, first, "Call", endedAction)
			if err != nil {
				return Seen{}, err
			}
			if a.Status != types.ActionExecutionStatusSucceeded || a.StartTime == nil || a.LastUpdateTime == nil {
				return Seen{}, fmt.Errorf("the action is %s, expected Succeeded", a.Status)
			}
			took := a.LastUpdateTime.Sub(*a.StartTime).Round(time.Second)
			if took > lambdaTime {
				return Seen{"longer", took.String()}, nil
			}
			return Seen{"as-seen", took.String()}, nil
		},
	},
}

// waiting is a pipeline whose first execution waits for its approval.
func waiting(ctx context.Context, s *account.Session) (p pipeline, first string, err error) {
	if p, err = newPipeline(ctx, s, nil, approval("-")); err != nil {
		return p, "", err
	}
	if first, err = p.first(ctx); err != nil {
		return p, "", err
	}
	_, err = p.action(ctx, first, "Wait", anyAction)
	return p, first, err
}

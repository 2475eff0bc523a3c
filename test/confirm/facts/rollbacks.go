package facts

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codepipeline"
	"github.com/aws/aws-sdk-go-v2/service/codepipeline/types"

	"archway/test/confirm/internal/account"
)

// rollbacks are what a stage's rollback is told, and what it refuses.
var rollbacks = []Fact{
	{
		Name:     "rollback-id",
		Question: "Which id does `#{codepipeline.PipelineExecutionId}` give in a rollback?",
		Readings: []Reading{
			{Name: "own", Says: "the rollback's own id"},
			{Name: "target", Says: "the id of the execution that it goes back to", Option: "rollback-target"},
		},
		Proof: "An approval whose CustomData is the variable is approved, and its stage rolled back; ListActionExecutions " +
			"shows what the variable became.",
		Try: func(ctx context.Context, s *account.Session) (Seen, error) {
			p, first, rollback, err := rolledBack(ctx, s)
			if err != nil {
				return Seen{}, err
			}
			a, err := p.action(ctx, rollback, "Wait",
				func(a types.ActionExecutionDetail) bool { return resolved(a) != "" })
			if err != nil {
				return Seen{}, err
			}
			text := fmt.Sprintf("resolved to %q in rollback %s to %s", resolved(a), rollback, first)
			switch resolved(a) {
			case rollback:
				return Seen{"own", text}, nil
			case first:
				return Seen{"target", text}, nil
			}
			return Seen{"neither", text}, nil
		},
	},
	{
		Name:     "rollback-again",
		Question: "How is a rollback refused whose target is a rollback?",
		Readings: []Reading{
			{Name: "unable", Says: "with UnableToRollbackStageException"},
			{Name: "refused", Says: "with another exception"},
			{Name: "accepted", Says: "it is not refused",
				Wrong: "promotion takes the evidence of the target, and a rollback " +
					"has none of its own: it fails and moves no tag"},
		},
		Proof: "A rollback is approved, and RollbackStage is called with its id as the target.",
		Try: func(ctx context.Context, s *account.Session) (Seen, error) {
			p, _, rollback, err := rolledBack(ctx, s)
			if err != nil {
				return Seen{}, err
			}
			if err := p.approve(ctx, rollback); err != nil {
				return Seen{}, err
			}
			if err := p.succeeded(ctx, rollback); err != nil {
				return Seen{}, err
			}
			switch _, err = p.rollBack(ctx, rollback); {
			case err == nil:
				return Seen{"accepted", "RollbackStage answered with an execution"}, nil
			case account.Code(err) == "":
				return Seen{}, err
			case account.Code(err) == "UnableToRollbackStageException":
				return Seen{"unable", err.Error()}, nil
			default:
				return Seen{"refused", err.Error()}, nil
			}
		},
	},
}

func (p pipeline) rollBack(ctx context.Context, target string) (string, error) {
	out, err := p.CodePipeline.RollbackStage(ctx, &codepipeline.RollbackStageInput{
		PipelineName: &p.name, StageName: aws.String("Wait"), TargetPipelineExecutionId: &target,
	})
	if err != nil {
		return "", err
	}
	return aws.ToString(out.PipelineExecutionId), nil
}

// rolledBack is a pipeline whose first execution was approved, and whose approval then was rolled
// back to it.
func rolledBack(ctx context.Context, s *account.Session) (p pipeline, first, rollback string, err error) {
	if p, err = newPipeline(ctx, s, nil, approval("#{codepipeline.PipelineExecutionId}")); err != nil {
		return p, "", "", err
	}
	if first, err = p.first(ctx); err != nil {
		return p, "", "", err
	}
	if err = p.approve(ctx, first); err != nil {
		return p, "", "", err
	}
	if err = p.succeeded(ctx, first); err != nil {
		return p, "", "", err
	}
	rollback, err = p.rollBack(ctx, first)
	return p, first, rollback, err
}

package execution

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codepipeline"
	"github.com/aws/aws-sdk-go-v2/service/codepipeline/types"

	"archway/lambda/internal/pipeline/job"
)

// Turn gives the execution that an action works for at this moment, by what CodePipeline says and
// not by what a job says: the one whose turn it is in the stage, with the action in progress. The
// job's id must be its own. In a rollback it may be the target's too, as no document and no
// recording says which one #{codepipeline.PipelineExecutionId} gives there.
func (c CodePipeline) Turn(ctx context.Context, id, stage, action string) (Execution, error) {
	var turn Execution
	lacks, err := c.until(ctx, func() (string, error) {
		serves, lacks, err := c.serves(ctx, stage, action)
		if err != nil || lacks != "" {
			return lacks, err
		}
		if turn, err = c.Execution(ctx, serves); err != nil {
			return "", err
		}
		switch {
		case turn.Over():
			return fmt.Sprintf("execution %s is over (%s)", turn.ID, turn.Status), nil
		case id != turn.ID && (!turn.Rollback || id != turn.Target):
			return fmt.Sprintf("the stage %s works for execution %s", stage, turn.ID), nil
		}
		return "", nil
	})
	switch {
	case err != nil:
		return Execution{},
			fmt.Errorf("ask whose turn it is in the stage %s of the pipeline %s: %w", stage, c.pipeline, err)
	case lacks != "":
		return Execution{},
			job.Failed("It is not the turn of execution %s: %s. This is a late repetition of a job, or CodePipeline didn't send it.",
				id, lacks)
	}
	return turn, nil
}

// serves gives the execution that is in a stage whose action is in progress (GetPipelineState), or
// what there is instead.
func (c CodePipeline) serves(ctx context.Context, stage, action string) (id, lacks string, err error) {
	out, err := c.client.GetPipelineState(ctx, &codepipeline.GetPipelineStateInput{Name: &c.pipeline})
	var noPipeline *types.PipelineNotFoundException
	if errors.As(err, &noPipeline) {
		return "", "",
			job.Misconfigured("There is no pipeline %s. This function works for that pipeline only.", c.pipeline)
	}
	if err != nil {
		return "", "", err
	}
	at := slices.IndexFunc(out.StageStates, func(s types.StageState) bool { return aws.ToString(s.StageName) == stage })
	if at < 0 || out.StageStates[at].LatestExecution == nil {
		return "", fmt.Sprintf("nothing is in the stage %s", stage), nil
	}
	in := out.StageStates[at]
	switch in.LatestExecution.Status {
	case types.StageExecutionStatusInProgress, types.StageExecutionStatusStopping:
	default:
		return "", fmt.Sprintf("the stage %s is %s", stage, in.LatestExecution.Status), nil
	}
	of := slices.IndexFunc(in.ActionStates,
		func(s types.ActionState) bool { return aws.ToString(s.ActionName) == action })
	if of < 0 || in.ActionStates[of].LatestExecution == nil {
		return "", fmt.Sprintf("the action %s/%s has not begun", stage, action), nil
	}
	if status := in.ActionStates[of].LatestExecution.Status; status != types.ActionExecutionStatusInProgress {
		return "", fmt.Sprintf("the action %s/%s is %s", stage, action, status), nil
	}
	return aws.ToString(in.LatestExecution.PipelineExecutionId), "", nil
}

// until asks until nothing is lacking, or the patience, or the context, ends. It gives what was
// lacking at the end.
func (c CodePipeline) until(ctx context.Context, ask func() (lacks string, err error)) (lacks string, err error) {
	// What is counted is the time waited, not that of the answers, so that a busy machine looks no
	// less often.
	left := c.patience.Whole
	for wait := c.patience.First; ; wait = min(wait+wait/2, c.patience.Longest) {
		if lacks, err = ask(); err != nil || lacks == "" {
			return "", err
		}
		pause := wait/2 + rand.N(wait/2+1) // actions that began together don't all come back together
		if left -= pause; left < 0 {
			return lacks, nil
		}
		if deadline, ok := ctx.Deadline(); ok && time.Now().Add(pause).After(deadline) {
			return lacks, nil
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return "", ctx.Err()
		case <-timer.C:
		}
	}
}

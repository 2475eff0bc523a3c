package execution

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codepipeline"
	"github.com/aws/aws-sdk-go-v2/service/codepipeline/types"

	"archway/lambda/internal/pipeline/job"
)

// Action is an action of the pipeline.
type Action struct{ Stage, Name string }

func (a Action) String() string { return a.Stage + "/" + a.Name }

// Outputs gives the output variables of actions of an execution (ListActionExecutions), and fails
// unless the newest attempt of each has succeeded. The history was seen to lag behind what has
// happened, so it waits a little, whatever it shows at first: also an older attempt that failed can
// stand there when a newer one has succeeded already.
func (c CodePipeline) Outputs(ctx context.Context, id string, actions []Action) (map[Action]map[string]string, error) {
	var outputs map[Action]map[string]string
	lacks, err := c.until(ctx, func() (string, error) {
		newest, err := c.newest(ctx, id)
		if err != nil {
			return "", err
		}
		var missing []string
		outputs = map[Action]map[string]string{}
		for _, a := range actions {
			switch found, ok := newest[a]; {
			case !ok:
				missing = append(missing, a.String()+" has not run")
			case found.Status != types.ActionExecutionStatusSucceeded:
				missing = append(missing, fmt.Sprintf("%s is %s", a, cmp.Or(string(found.Status), "in no known state")))
			default:
				outputs[a] = variables(found)
			}
		}
		return strings.Join(missing, ", "), nil
	})
	switch {
	case err != nil:
		return nil, fmt.Errorf("ask for the actions of execution %s of the pipeline %s: %w", id, c.pipeline, err)
	case lacks != "":
		return nil,
			job.Failed("Not every action of execution %s that must have succeeded has: %s. Retry the stage that failed, or push a new commit.",
				id, lacks)
	}
	return outputs, nil
}

// newest gives the newest attempt of each action.
func (c CodePipeline) newest(ctx context.Context, id string) (map[Action]types.ActionExecutionDetail, error) {
	pages := codepipeline.NewListActionExecutionsPaginator(c.client, &codepipeline.ListActionExecutionsInput{
		PipelineName: &c.pipeline, Filter: &types.ActionExecutionFilter{PipelineExecutionId: &id},
		MaxResults: aws.Int32(100),
	})
	attempts := map[Action][]types.ActionExecutionDetail{}
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, d := range page.ActionExecutionDetails {
			if aws.ToString(d.PipelineExecutionId) == id {
				a := Action{aws.ToString(d.StageName), aws.ToString(d.ActionName)}
				attempts[a] = append(attempts[a], d)
			}
		}
	}
	newest := map[Action]types.ActionExecutionDetail{}
	for a, all := range attempts {
		newest[a] = slices.MaxFunc(all, func(a, b types.ActionExecutionDetail) int {
			return cmp.Or(aws.ToTime(a.StartTime).Compare(aws.ToTime(b.StartTime)), cmp.Compare(doubt(a), doubt(b)))
		})
	}
	return newest, nil
}

// doubt lets of two attempts that began at the same moment the one count that has not succeeded.
func doubt(d types.ActionExecutionDetail) int {
	if d.Status == types.ActionExecutionStatusSucceeded {
		return 0
	}
	return 1
}

func variables(d types.ActionExecutionDetail) map[string]string {
	if d.Output == nil {
		return nil
	}
	return d.Output.OutputVariables
}

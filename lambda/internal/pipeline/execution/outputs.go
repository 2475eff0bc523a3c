package execution

import (
	"cmp"
	"context"
	"fmt"
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
		newest, err := Newest(ctx, c.client, c.pipeline, id)
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

// Newest gives the newest attempt of each action of an execution. With an error it gives what was
// found before it.
func Newest(ctx context.Context, client *codepipeline.Client, pipeline, id string) (
	map[Action]types.ActionExecutionDetail, error) {
	pages := codepipeline.NewListActionExecutionsPaginator(client, &codepipeline.ListActionExecutionsInput{
		PipelineName: &pipeline, Filter: &types.ActionExecutionFilter{PipelineExecutionId: &id},
		MaxResults: aws.Int32(100),
	})
	newest := map[Action]types.ActionExecutionDetail{}
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return newest, err
		}
		for _, d := range page.ActionExecutionDetails {
			a := Action{aws.ToString(d.StageName), aws.ToString(d.ActionName)}
			if other, known := newest[a]; aws.ToString(d.PipelineExecutionId) == id && (!known || after(d, other)) {
				newest[a] = d
			}
		}
	}
	return newest, nil
}

// after reports whether an attempt counts instead of another one: it began later, or at the same
// moment and has not succeeded.
func after(d, other types.ActionExecutionDetail) bool {
	return cmp.Or(aws.ToTime(d.StartTime).Compare(aws.ToTime(other.StartTime)),
		cmp.Compare(doubt(d), doubt(other))) > 0
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

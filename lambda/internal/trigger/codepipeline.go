package trigger

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codepipeline"
	"github.com/aws/aws-sdk-go-v2/service/codepipeline/types"

	"archway/internal/settings"
)

// CodePipeline starts executions of one pipeline.
type CodePipeline struct {
	client                 *codepipeline.Client
	pipeline, sourceAction string
	revision               types.SourceRevisionType
}

// NewCodePipeline makes a starter of an SDK configuration and the pipeline's settings.
func NewCodePipeline(cfg aws.Config, loaded *settings.Loaded) (CodePipeline, error) {
	at := slices.IndexFunc(loaded.Stages,
		func(s settings.Stage) bool { return s.Name == settings.StageSource && len(s.Actions) == 1 })
	if at < 0 {
		return CodePipeline{},
			fmt.Errorf("%s names no stage %s of one action, whose revision could be pinned", settings.File,
				settings.StageSource)
	}
	return CodePipeline{
		client: codepipeline.NewFromConfig(cfg), pipeline: loaded.Name, sourceAction: loaded.Stages[at].Actions[0],
		revision: types.SourceRevisionType(loaded.Source.RevisionType()),
	}, nil
}

// Start starts an execution pinned to the commit.
func (c CodePipeline) Start(ctx context.Context, s Start) (string, error) {
	answer, err := c.client.StartPipelineExecution(ctx, &codepipeline.StartPipelineExecutionInput{
		Name:               &c.pipeline,
		ClientRequestToken: &s.Token,
		SourceRevisions: []types.SourceRevisionOverride{{
			ActionName: &c.sourceAction, RevisionType: c.revision, RevisionValue: &s.Commit,
		}},
		Variables: []types.PipelineVariable{
			{Name: aws.String(settings.RuleVariable), Value: &s.Rule},
			{Name: aws.String(settings.RefVariable), Value: &s.Ref},
		},
	})
	if err != nil {
		return "", err
	}
	return aws.ToString(answer.PipelineExecutionId), nil
}

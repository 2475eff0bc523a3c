package trigger

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codepipeline"
	"github.com/aws/aws-sdk-go-v2/service/codepipeline/types"
)

// Variables of the pipeline that say by which rule, and for which reference, a run was started.
const (
	RuleVariable = "rule"
	RefVariable  = "ref"
)

// CodePipeline starts executions of one pipeline.
type CodePipeline struct {
	client                 *codepipeline.Client
	pipeline, sourceAction string
}

// NewCodePipeline makes a starter of an SDK configuration, the pipeline's name and that of its source action.
func NewCodePipeline(cfg aws.Config, pipeline, sourceAction string) CodePipeline {
	client := codepipeline.NewFromConfig(cfg, func(o *codepipeline.Options) { o.RetryMaxAttempts = 5 })
	return CodePipeline{client, pipeline, sourceAction}
}

// Start starts an execution pinned to the commit.
func (c CodePipeline) Start(ctx context.Context, s Start) (string, error) {
	answer, err := c.client.StartPipelineExecution(ctx, &codepipeline.StartPipelineExecutionInput{
		Name:               &c.pipeline,
		ClientRequestToken: &s.Token,
		SourceRevisions: []types.SourceRevisionOverride{{
			ActionName: &c.sourceAction, RevisionType: types.SourceRevisionTypeCommitId, RevisionValue: &s.Commit,
		}},
		Variables: []types.PipelineVariable{
			{Name: aws.String(RuleVariable), Value: &s.Rule},
			{Name: aws.String(RefVariable), Value: &s.Ref},
		},
	})
	if err != nil {
		return "", err
	}
	return aws.ToString(answer.PipelineExecutionId), nil
}

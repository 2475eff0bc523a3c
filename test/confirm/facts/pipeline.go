package facts

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/codepipeline"
	"github.com/aws/aws-sdk-go-v2/service/codepipeline/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"archway/test/confirm/internal/account"
)

// pipeline is one that a trial made.
type pipeline struct {
	*account.Session
	name, bucket, role string
}

// action is one without artifacts of its own, which is called like its stage.
func action(name string, category types.ActionCategory, provider string,
	configuration map[string]string) types.StageDeclaration {
	return types.StageDeclaration{Name: &name, Actions: []types.ActionDeclaration{{
		Name: &name, Configuration: configuration,
		ActionTypeId: &types.ActionTypeId{
			Category: category, Owner: types.ActionOwnerAws, Provider: &provider, Version: aws.String("1"),
		},
	}}}
}

// approval is a stage that costs nothing, waits, and shows what its data resolved to.
func approval(data string) types.StageDeclaration {
	return action("Wait", types.ActionCategoryApproval, "Manual", map[string]string{"CustomData": data})
}

// newPipeline has a source that is an object in a bucket of its own, and then these stages. It
// starts by itself once.
func newPipeline(ctx context.Context, s *account.Session, variables []string,
	stages ...types.StageDeclaration) (pipeline, error) {
	p, err := s3Prepared(ctx, s)
	if err != nil {
		return p, err
	}
	if _, err := s.S3.PutObject(ctx, &s3.PutObjectInput{
		Bucket: &p.bucket, Key: aws.String("source.zip"), Body: reader(account.Zipped("a.txt", "a")),
	}); err != nil {
		return p, err
	}
	source := action("Source", types.ActionCategorySource, "S3", map[string]string{
		"S3Bucket": p.bucket, "S3ObjectKey": "source.zip", "PollForSourceChanges": "false",
	})
	return p.create(ctx, variables, source, stages...)
}

// newGitPipeline has a branch of a repository of CodeCommit as its source.
func newGitPipeline(ctx context.Context, s *account.Session, repository, branch string) (pipeline, error) {
	p, err := s3Prepared(ctx, s)
	if err != nil {
		return p, err
	}
	source := action("Source", types.ActionCategorySource, "CodeCommit", map[string]string{
		"RepositoryName": repository, "BranchName": branch, "PollForSourceChanges": "false",
	})
	return p.create(ctx, nil, source, approval("-"))
}

// s3Prepared has the bucket and the role of a pipeline.
func s3Prepared(ctx context.Context, s *account.Session) (pipeline, error) {
	p := pipeline{Session: s}
	var err error
	if p.bucket, err = s.Bucket(ctx, "bucket"); err != nil {
		return p, err
	}
	bucket := arn.ARN{Partition: s.Partition, Service: "s3", Resource: p.bucket}.String()
	p.role, err = s.Role(ctx, "pipeline", "codepipeline",
		account.Statement{Effect: "Allow", Action: "s3:*", Resource: []string{bucket, bucket + "/*"}},
		account.Statement{Effect: "Allow", Action: "codecommit:*", Resource: s.ARN("codecommit", s.Prefix+"-*")},
		account.Statement{Effect: "Allow", Action: "lambda:InvokeFunction", Resource: s.ARN("lambda",
			"function:"+s.Prefix+"-*")},
		account.Statement{Effect: "Allow", Action: "lambda:ListFunctions", Resource: "*"},
	)
	return p, err
}

func (p pipeline) create(ctx context.Context, variables []string, source types.StageDeclaration,
	stages ...types.StageDeclaration) (pipeline, error) {
	source.Actions[0].OutputArtifacts = []types.OutputArtifact{{Name: aws.String("Source")}}
	declaration := types.PipelineDeclaration{
		RoleArn: &p.role, Stages: append([]types.StageDeclaration{source}, stages...),
		ArtifactStore: &types.ArtifactStore{Type: types.ArtifactStoreTypeS3, Location: &p.bucket},
	}
	for _, v := range variables {
		declaration.Variables = append(declaration.Variables, types.PipelineVariableDeclaration{
			Name: &v, DefaultValue: aws.String("default"),
		})
	}
	var err error
	p.name, err = p.Pipeline(ctx, "pipeline", declaration)
	return p, err
}

// start starts an execution; change may add to the call.
func (p pipeline) start(ctx context.Context, change func(*codepipeline.StartPipelineExecutionInput)) (string, error) {
	input := &codepipeline.StartPipelineExecutionInput{Name: &p.name}
	if change != nil {
		change(input)
	}
	out, err := p.CodePipeline.StartPipelineExecution(ctx, input)
	if err != nil {
		return "", err
	}
	return aws.ToString(out.PipelineExecutionId), nil
}

// executions are the newest ones, the youngest first.
func (p pipeline) executions(ctx context.Context) ([]types.PipelineExecutionSummary, error) {
	out, err := p.CodePipeline.ListPipelineExecutions(ctx,
		&codepipeline.ListPipelineExecutionsInput{PipelineName: &p.name})
	if err != nil {
		return nil, err
	}
	return out.PipelineExecutionSummaries, nil
}

// first is the execution that a new pipeline starts by itself.
func (p pipeline) first(ctx context.Context) (id string, err error) {
	err = p.Wait(ctx, "the pipeline's first execution", func() (bool, error) {
		all, err := p.executions(ctx)
		if err != nil || len(all) == 0 {
			return false, err
		}
		id = aws.ToString(all[len(all)-1].PipelineExecutionId)
		return true, nil
	})
	return id, err
}

// started are those that a rule started.
func (p pipeline) started(ctx context.Context) ([]types.PipelineExecutionSummary, error) {
	all, err := p.executions(ctx)
	return slices.DeleteFunc(all, func(e types.PipelineExecutionSummary) bool {
		return e.Trigger == nil || e.Trigger.TriggerType != types.TriggerTypeCloudWatchEvent
	}), err
}

// action waits until an execution's action, in the history, is as it is wanted.
func (p pipeline) action(ctx context.Context, id, name string,
	wanted func(types.ActionExecutionDetail) bool) (found types.ActionExecutionDetail, err error) {
	err = p.Wait(ctx, "the action "+name+" of execution "+id, func() (bool, error) {
		out, err := p.CodePipeline.ListActionExecutions(ctx, &codepipeline.ListActionExecutionsInput{
			PipelineName: &p.name, Filter: &types.ActionExecutionFilter{PipelineExecutionId: &id},
		})
		if err != nil {
			return false, err
		}
		for _, a := range out.ActionExecutionDetails {
			if aws.ToString(a.ActionName) == name && wanted(a) {
				found = a
				return true, nil
			}
		}
		return false, nil
	})
	return found, err
}

func anyAction(types.ActionExecutionDetail) bool { return true }

func endedAction(a types.ActionExecutionDetail) bool {
	return a.Status != types.ActionExecutionStatusInProgress
}

// resolved is what an approval's data became.
func resolved(a types.ActionExecutionDetail) string {
	if a.Input == nil {
		return ""
	}
	return a.Input.ResolvedConfiguration["CustomData"]
}

// state is what GetPipelineState says of one stage, and of its one action.
func (p pipeline) state(ctx context.Context, stage string) (types.StageState, types.ActionExecution, error) {
	out, err := p.CodePipeline.GetPipelineState(ctx, &codepipeline.GetPipelineStateInput{Name: &p.name})
	if err != nil {
		return types.StageState{}, types.ActionExecution{}, err
	}
	for _, s := range out.StageStates {
		if aws.ToString(s.StageName) != stage {
			continue
		}
		for _, a := range s.ActionStates {
			if a.LatestExecution != nil {
				return s, *a.LatestExecution, nil
			}
		}
		return s, types.ActionExecution{}, nil
	}
	return types.StageState{}, types.ActionExecution{}, fmt.Errorf("the pipeline %s has no stage %s", p.name, stage)
}

// approve answers the approval of one execution, as soon as it waits.
func (p pipeline) approve(ctx context.Context, id string) error {
	var token *string
	err := p.Wait(ctx, "the approval of execution "+id, func() (bool, error) {
		stage, action, err := p.state(ctx, "Wait")
		if err != nil || stage.LatestExecution == nil || aws.ToString(stage.LatestExecution.PipelineExecutionId) != id {
			return false, err
		}
		token = action.Token
		return token != nil && action.Status == types.ActionExecutionStatusInProgress, nil
	})
	if err != nil {
		return err
	}
	_, err = p.CodePipeline.PutApprovalResult(ctx, &codepipeline.PutApprovalResultInput{
		PipelineName: &p.name, StageName: aws.String("Wait"), ActionName: aws.String("Wait"), Token: token,
		Result: &types.ApprovalResult{Status: types.ApprovalStatusApproved, Summary: aws.String("make confirm")},
	})
	return err
}

// succeeded waits until an execution is over and well.
func (p pipeline) succeeded(ctx context.Context, id string) error {
	return p.Wait(ctx, "the end of execution "+id, func() (bool, error) {
		out, err := p.CodePipeline.GetPipelineExecution(ctx, &codepipeline.GetPipelineExecutionInput{
			PipelineName: &p.name, PipelineExecutionId: &id,
		})
		if err != nil {
			return false, err
		}
		switch status := out.PipelineExecution.Status; status {
		case types.PipelineExecutionStatusSucceeded:
			return true, nil
		case types.PipelineExecutionStatusInProgress, types.PipelineExecutionStatusStopping:
			return false, nil
		default:
			return false, fmt.Errorf("it is %s: %s", status, aws.ToString(out.PipelineExecution.StatusSummary))
		}
	})
}

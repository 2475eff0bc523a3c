package endpoint

import (
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/codecommit"
	"github.com/aws/aws-sdk-go-v2/service/codepipeline"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/google/go-cmp/cmp"
)

func TestEveryCallHasANeed(t *testing.T) {
	calls := 0
	for prefix, service := range services {
		for name, called := range service.operations {
			calls++
			if called.answer == nil || called.need == nil || service.signing == "" {
				t.Errorf("%s.%s lacks its answer, its need or its service's name in signatures", prefix, name)
			}
		}
	}
	if calls == 0 {
		t.Error("no call is known")
	}
}

// Calls are judged by their callers and resources.
func TestJudgedCalls(t *testing.T) {
	s, f, settings := start(t)
	var asked []string
	s.options.Allow = func(caller Caller, need Need) error {
		asked = append(asked, caller.Role+" "+need.Action+" "+need.Resource)
		return errors.New("not authorized")
	}
	const topic = "arn:aws:sns:eu-west-1:111122223333:topic"
	job := aws.String("00000000-0000-0000-0000-000000000000")
	other := s.issue(Caller{Kind: "build", Name: "project:1", Role: "another role"})
	borrowed := settings
	borrowed.Credentials = credentials.NewStaticCredentialsProvider(other.id, other.secret, other.token)
	calls := []struct {
		call       func() error
		code, want string
	}{
		{func() error {
			_, err := ecr.NewFromConfig(settings).GetAuthorizationToken(t.Context(), nil)
			return err
		}, "AccessDeniedException", "role ecr:GetAuthorizationToken *"},
		{func() error {
			_, err := ecr.NewFromConfig(borrowed).GetAuthorizationToken(t.Context(), nil)
			return err
		}, "AccessDeniedException", "another role ecr:GetAuthorizationToken *"},
		{func() error {
			_, err := ecr.NewFromConfig(settings).PutImage(t.Context(),
				&ecr.PutImageInput{RepositoryName: aws.String("team/app"), ImageManifest: aws.String("{}")})
			return err
		}, "AccessDeniedException", "role ecr:PutImage arn:aws:ecr:eu-west-1:111122223333:repository/team/app"},
		{func() error {
			_, err := ecr.NewFromConfig(settings).PutImage(t.Context(),
				&ecr.PutImageInput{RegistryId: aws.String("444455556666"), RepositoryName: aws.String("app"),
					ImageManifest: aws.String("{}")})
			return err
		}, "AccessDeniedException", "role ecr:PutImage arn:aws:ecr:eu-west-1:444455556666:repository/app"},
		{func() error {
			_, err := codepipeline.NewFromConfig(settings).PutJobSuccessResult(t.Context(),
				&codepipeline.PutJobSuccessResultInput{JobId: job})
			return err
		}, "AccessDeniedException", "role codepipeline:PutJobSuccessResult *"},
		{func() error {
			_, err := codepipeline.NewFromConfig(settings).StartPipelineExecution(t.Context(),
				&codepipeline.StartPipelineExecutionInput{Name: aws.String("app")})
			return err
		}, "AccessDeniedException",
			"role codepipeline:StartPipelineExecution arn:aws:codepipeline:eu-west-1:111122223333:app"},
		{func() error {
			_, err := codepipeline.NewFromConfig(settings).GetPipelineState(t.Context(),
				&codepipeline.GetPipelineStateInput{Name: aws.String("app")})
			return err
		}, "AccessDeniedException",
			"role codepipeline:GetPipelineState arn:aws:codepipeline:eu-west-1:111122223333:app"},
		{func() error {
			_, err := codepipeline.NewFromConfig(settings).GetPipelineExecution(t.Context(),
				&codepipeline.GetPipelineExecutionInput{PipelineName: aws.String("app"), PipelineExecutionId: job})
			return err
		}, "AccessDeniedException",
			"role codepipeline:GetPipelineExecution arn:aws:codepipeline:eu-west-1:111122223333:app"},
		{func() error {
			_, err := codecommit.NewFromConfig(settings).GetBranch(t.Context(),
				&codecommit.GetBranchInput{RepositoryName: aws.String("app"), BranchName: aws.String("main")})
			return err
		}, "AccessDeniedException", "role codecommit:GetBranch arn:aws:codecommit:eu-west-1:111122223333:app"},
		{func() error {
			_, err := codecommit.NewFromConfig(settings).GetFolder(t.Context(),
				&codecommit.GetFolderInput{RepositoryName: aws.String("app"), FolderPath: aws.String("/")})
			return err
		}, "AccessDeniedException", "role codecommit:GetFolder arn:aws:codecommit:eu-west-1:111122223333:app"},
		{func() error {
			_, err := ecr.NewFromConfig(settings).DescribeImages(t.Context(),
				&ecr.DescribeImagesInput{RepositoryName: aws.String("team/app")})
			return err
		}, "AccessDeniedException", "role ecr:DescribeImages arn:aws:ecr:eu-west-1:111122223333:repository/team/app"},
		{func() error {
			_, err := codecommit.NewFromConfig(settings).GetMergeOptions(t.Context(), &codecommit.GetMergeOptionsInput{
				RepositoryName: aws.String("app"), SourceCommitSpecifier: aws.String("a"),
				DestinationCommitSpecifier: aws.String("b")})
			return err
		}, "AccessDeniedException", "role codecommit:GetMergeOptions arn:aws:codecommit:eu-west-1:111122223333:app"},
		{func() error {
			_, err := sns.NewFromConfig(settings).Publish(t.Context(),
				&sns.PublishInput{TopicArn: aws.String(topic), Message: aws.String("x")})
			return err
		}, "AuthorizationError", "role sns:Publish " + topic},
	}
	for _, test := range calls {
		asked = nil
		if code := apiCode(test.call()); code != test.code {
			t.Errorf("%s: got %q, expected %s", test.want, code, test.code)
		}
		if diff := cmp.Diff([]string{test.want}, asked); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
	if len(f.put)+len(f.successes)+len(f.passwords)+len(s.Notices()) > 0 {
		t.Errorf("a refused call had an effect: %+v, %+v", f, s.Notices())
	}
}

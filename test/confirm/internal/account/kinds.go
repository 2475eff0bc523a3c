package account

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codebuild"
	cbtypes "github.com/aws/aws-sdk-go-v2/service/codebuild/types"
	"github.com/aws/aws-sdk-go-v2/service/codecommit"
	"github.com/aws/aws-sdk-go-v2/service/codepipeline"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
)

// kind is how one type of resource is found, told apart and deleted.
type kind struct {
	name   string
	list   func(context.Context, *Session) ([]string, error)
	tag    func(context.Context, *Session, string) (string, error)
	delete func(context.Context, *Session, string) error
}

// kinds are in the order in which they are deleted after a run that was killed: what uses others
// comes first.
var kinds = []*kind{
	pipelineKind, ruleKind, projectKind, functionKind, queueKind, imagesKind, gitKind, bucketKind, roleKind,
}

// collect reads all pages of a list.
func collect[P any](more func() bool, next func() (P, error), names func(P) []string) ([]string, error) {
	var all []string
	for more() {
		page, err := next()
		if err != nil {
			return nil, err
		}
		all = append(all, names(page)...)
	}
	return all, nil
}

var pipelineKind = &kind{
	name: "pipeline",
	list: func(ctx context.Context, s *Session) ([]string, error) {
		p := codepipeline.NewListPipelinesPaginator(s.CodePipeline, nil)
		return collect(p.HasMorePages,
			func() (*codepipeline.ListPipelinesOutput, error) { return p.NextPage(ctx) },
			func(page *codepipeline.ListPipelinesOutput) (names []string) {
				for _, item := range page.Pipelines {
					names = append(names, aws.ToString(item.Name))
				}
				return names
			})
	},
	tag: func(ctx context.Context, s *Session, name string) (string, error) {
		out, err := s.CodePipeline.ListTagsForResource(ctx, &codepipeline.ListTagsForResourceInput{
			ResourceArn: aws.String(s.ARN("codepipeline", name)),
		})
		tags := map[string]string{}
		if err != nil {
			return "", err
		}
		for _, t := range out.Tags {
			tags[aws.ToString(t.Key)] = aws.ToString(t.Value)
		}
		return tags[tagKey], nil
	},
	delete: func(ctx context.Context, s *Session, name string) error {
		_, err := s.CodePipeline.DeletePipeline(ctx, &codepipeline.DeletePipelineInput{Name: &name})
		return err
	},
}

// A rule's one target is called target.
var ruleKind = &kind{
	name: "rule",
	list: func(ctx context.Context, s *Session) ([]string, error) {
		out, err := s.Events.ListRules(ctx, &eventbridge.ListRulesInput{NamePrefix: aws.String(s.Prefix + "-")})
		if err != nil {
			return nil, err
		}
		var names []string
		for _, r := range out.Rules {
			names = append(names, aws.ToString(r.Name))
		}
		return names, nil
	},
	tag: func(ctx context.Context, s *Session, name string) (string, error) {
		out, err := s.Events.ListTagsForResource(ctx, &eventbridge.ListTagsForResourceInput{
			ResourceARN: aws.String(s.ARN("events", "rule/"+name)),
		})
		tags := map[string]string{}
		if err != nil {
			return "", err
		}
		for _, t := range out.Tags {
			tags[aws.ToString(t.Key)] = aws.ToString(t.Value)
		}
		return tags[tagKey], nil
	},
	delete: func(ctx context.Context, s *Session, name string) error {
		// A rule that still has targets isn't deleted.
		if _, err := s.Events.RemoveTargets(ctx, &eventbridge.RemoveTargetsInput{Rule: &name,
			Ids: []string{"target"}}); err != nil {
			return err
		}
		_, err := s.Events.DeleteRule(ctx, &eventbridge.DeleteRuleInput{Name: &name})
		return err
	},
}

var projectKind = &kind{
	name: "build project",
	list: func(ctx context.Context, s *Session) ([]string, error) {
		p := codebuild.NewListProjectsPaginator(s.CodeBuild, nil)
		return collect(p.HasMorePages,
			func() (*codebuild.ListProjectsOutput, error) { return p.NextPage(ctx) },
			func(page *codebuild.ListProjectsOutput) []string { return page.Projects })
	},
	tag: func(ctx context.Context, s *Session, name string) (string, error) {
		out, err := s.CodeBuild.BatchGetProjects(ctx, &codebuild.BatchGetProjectsInput{Names: []string{name}})
		if err != nil {
			return "", err
		}
		if len(out.Projects) == 0 {
			return "", &cbtypes.ResourceNotFoundException{}
		}
		for _, t := range out.Projects[0].Tags {
			if aws.ToString(t.Key) == tagKey {
				return aws.ToString(t.Value), nil
			}
		}
		return "", nil
	},
	delete: func(ctx context.Context, s *Session, name string) error {
		// Builds go on without their project. One that can't be stopped ends by its time limit.
		builds, err := s.CodeBuild.ListBuildsForProject(ctx, &codebuild.ListBuildsForProjectInput{ProjectName: &name})
		if err != nil {
			return err
		}
		for _, id := range builds.Ids {
			_, _ = s.CodeBuild.StopBuild(ctx, &codebuild.StopBuildInput{Id: &id})
		}
		_, err = s.CodeBuild.DeleteProject(ctx, &codebuild.DeleteProjectInput{Name: &name})
		return err
	},
}

var functionKind = &kind{
	name: "function",
	list: func(ctx context.Context, s *Session) ([]string, error) {
		p := lambda.NewListFunctionsPaginator(s.Lambda, nil)
		return collect(p.HasMorePages,
			func() (*lambda.ListFunctionsOutput, error) { return p.NextPage(ctx) },
			func(page *lambda.ListFunctionsOutput) (names []string) {
				for _, f := range page.Functions {
					names = append(names, aws.ToString(f.FunctionName))
				}
				return names
			})
	},
	tag: func(ctx context.Context, s *Session, name string) (string, error) {
		out, err := s.Lambda.ListTags(ctx, &lambda.ListTagsInput{Resource: aws.String(s.ARN("lambda", "function:"+name))})
		if err != nil {
			return "", err
		}
		return out.Tags[tagKey], nil
	},
	delete: func(ctx context.Context, s *Session, name string) error {
		_, err := s.Lambda.DeleteFunction(ctx, &lambda.DeleteFunctionInput{FunctionName: &name})
		return err
	},
}

var imagesKind = &kind{
	name: "image repository",
	list: func(ctx context.Context, s *Session) ([]string, error) {
		p := ecr.NewDescribeRepositoriesPaginator(s.ECR, nil)
		return collect(p.HasMorePages,
			func() (*ecr.DescribeRepositoriesOutput, error) { return p.NextPage(ctx) },
			func(page *ecr.DescribeRepositoriesOutput) (names []string) {
				for _, r := range page.Repositories {
					names = append(names, aws.ToString(r.RepositoryName))
				}
				return names
			})
	},
	tag: func(ctx context.Context, s *Session, name string) (string, error) {
		out, err := s.ECR.ListTagsForResource(ctx, &ecr.ListTagsForResourceInput{
			ResourceArn: aws.String(s.ARN("ecr", "repository/"+name)),
		})
		tags := map[string]string{}
		if err != nil {
			return "", err
		}
		for _, t := range out.Tags {
			tags[aws.ToString(t.Key)] = aws.ToString(t.Value)
		}
		return tags[tagKey], nil
	},
	delete: func(ctx context.Context, s *Session, name string) error {
		_, err := s.ECR.DeleteRepository(ctx, &ecr.DeleteRepositoryInput{RepositoryName: &name, Force: true})
		return err
	},
}

var gitKind = &kind{
	name: "source repository",
	list: func(ctx context.Context, s *Session) ([]string, error) {
		p := codecommit.NewListRepositoriesPaginator(s.CodeCommit, nil)
		return collect(p.HasMorePages,
			func() (*codecommit.ListRepositoriesOutput, error) { return p.NextPage(ctx) },
			func(page *codecommit.ListRepositoriesOutput) (names []string) {
				for _, r := range page.Repositories {
					names = append(names, aws.ToString(r.RepositoryName))
				}
				return names
			})
	},
	tag: func(ctx context.Context, s *Session, name string) (string, error) {
		out, err := s.CodeCommit.ListTagsForResource(ctx, &codecommit.ListTagsForResourceInput{
			ResourceArn: aws.String(s.ARN("codecommit", name)),
		})
		if err != nil {
			return "", err
		}
		return out.Tags[tagKey], nil
	},
	delete: func(ctx context.Context, s *Session, name string) error {
		_, err := s.CodeCommit.DeleteRepository(ctx, &codecommit.DeleteRepositoryInput{RepositoryName: &name})
		return err
	},
}

package account

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codebuild"
	cbtypes "github.com/aws/aws-sdk-go-v2/service/codebuild/types"
	"github.com/aws/aws-sdk-go-v2/service/codecommit"
	cctypes "github.com/aws/aws-sdk-go-v2/service/codecommit/types"
	"github.com/aws/aws-sdk-go-v2/service/codepipeline"
	cptypes "github.com/aws/aws-sdk-go-v2/service/codepipeline/types"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	evtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	latypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
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

// pages are what the paginators of all services have in common.
type pages[Page, Options any] interface {
	HasMorePages() bool
	NextPage(context.Context, ...func(*Options)) (*Page, error)
}

// collect reads all pages of a list.
func collect[Page, Options any](
	ctx context.Context, p pages[Page, Options], names func(*Page) []string,
) ([]string, error) {
	var all []string
	for p.HasMorePages() {
		page, err := p.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		all = append(all, names(page)...)
	}
	return all, nil
}

// namesOf are the names of the items of a list.
func namesOf[Item any](items []Item, name func(Item) *string) []string {
	var names []string
	for _, item := range items {
		names = append(names, aws.ToString(name(item)))
	}
	return names
}

// runOf is the value of the tag that says which run made a resource; empty if it has none.
func runOf[Tag any](tags []Tag, pair func(Tag) (key, value *string)) string {
	for _, tag := range tags {
		if key, value := pair(tag); aws.ToString(key) == tagKey {
			return aws.ToString(value)
		}
	}
	return ""
}

// done is the error of a call whose answer says nothing.
func done[Answer any](_ Answer, err error) error { return err }

var pipelineKind = &kind{
	name: "pipeline",
	list: func(ctx context.Context, s *Session) ([]string, error) {
		p := codepipeline.NewListPipelinesPaginator(s.CodePipeline, nil)
		return collect(ctx, p, func(page *codepipeline.ListPipelinesOutput) []string {
			return namesOf(page.Pipelines, func(i cptypes.PipelineSummary) *string { return i.Name })
		})
	},
	tag: func(ctx context.Context, s *Session, name string) (string, error) {
		out, err := s.CodePipeline.ListTagsForResource(ctx, &codepipeline.ListTagsForResourceInput{
			ResourceArn: aws.String(s.ARN("codepipeline", name)),
		})
		if err != nil {
			return "", err
		}
		return runOf(out.Tags, func(t cptypes.Tag) (key, value *string) { return t.Key, t.Value }), nil
	},
	delete: func(ctx context.Context, s *Session, name string) error {
		return done(s.CodePipeline.DeletePipeline(ctx, &codepipeline.DeletePipelineInput{Name: &name}))
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
		return namesOf(out.Rules, func(i evtypes.Rule) *string { return i.Name }), nil
	},
	tag: func(ctx context.Context, s *Session, name string) (string, error) {
		out, err := s.Events.ListTagsForResource(ctx, &eventbridge.ListTagsForResourceInput{
			ResourceARN: aws.String(s.ARN("events", "rule/"+name)),
		})
		if err != nil {
			return "", err
		}
		return runOf(out.Tags, func(t evtypes.Tag) (key, value *string) { return t.Key, t.Value }), nil
	},
	delete: func(ctx context.Context, s *Session, name string) error {
		// A rule that still has targets isn't deleted.
		if _, err := s.Events.RemoveTargets(ctx, &eventbridge.RemoveTargetsInput{Rule: &name,
			Ids: []string{"target"}}); err != nil {
			return err
		}
		return done(s.Events.DeleteRule(ctx, &eventbridge.DeleteRuleInput{Name: &name}))
	},
}

var projectKind = &kind{
	name: "build project",
	list: func(ctx context.Context, s *Session) ([]string, error) {
		p := codebuild.NewListProjectsPaginator(s.CodeBuild, nil)
		return collect(ctx, p, func(page *codebuild.ListProjectsOutput) []string { return page.Projects })
	},
	tag: func(ctx context.Context, s *Session, name string) (string, error) {
		out, err := s.CodeBuild.BatchGetProjects(ctx, &codebuild.BatchGetProjectsInput{Names: []string{name}})
		if err != nil {
			return "", err
		}
		if len(out.Projects) == 0 {
			return "", &cbtypes.ResourceNotFoundException{}
		}
		return runOf(out.Projects[0].Tags, func(t cbtypes.Tag) (key, value *string) { return t.Key, t.Value }), nil
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
		return done(s.CodeBuild.DeleteProject(ctx, &codebuild.DeleteProjectInput{Name: &name}))
	},
}

var functionKind = &kind{
	name: "function",
	list: func(ctx context.Context, s *Session) ([]string, error) {
		p := lambda.NewListFunctionsPaginator(s.Lambda, nil)
		return collect(ctx, p, func(page *lambda.ListFunctionsOutput) []string {
			return namesOf(page.Functions, func(i latypes.FunctionConfiguration) *string { return i.FunctionName })
		})
	},
	tag: func(ctx context.Context, s *Session, name string) (string, error) {
		out, err := s.Lambda.ListTags(ctx,
			&lambda.ListTagsInput{Resource: aws.String(s.ARN("lambda", "function:"+name))})
		if err != nil {
			return "", err
		}
		return out.Tags[tagKey], nil
	},
	delete: func(ctx context.Context, s *Session, name string) error {
		return done(s.Lambda.DeleteFunction(ctx, &lambda.DeleteFunctionInput{FunctionName: &name}))
	},
}

var imagesKind = &kind{
	name: "image repository",
	list: func(ctx context.Context, s *Session) ([]string, error) {
		p := ecr.NewDescribeRepositoriesPaginator(s.ECR, nil)
		return collect(ctx, p, func(page *ecr.DescribeRepositoriesOutput) []string {
			return namesOf(page.Repositories, func(i ecrtypes.Repository) *string { return i.RepositoryName })
		})
	},
	tag: func(ctx context.Context, s *Session, name string) (string, error) {
		out, err := s.ECR.ListTagsForResource(ctx, &ecr.ListTagsForResourceInput{
			ResourceArn: aws.String(s.ARN("ecr", "repository/"+name)),
		})
		if err != nil {
			return "", err
		}
		return runOf(out.Tags, func(t ecrtypes.Tag) (key, value *string) { return t.Key, t.Value }), nil
	},
	delete: func(ctx context.Context, s *Session, name string) error {
		return done(s.ECR.DeleteRepository(ctx, &ecr.DeleteRepositoryInput{RepositoryName: &name, Force: true}))
	},
}

var gitKind = &kind{
	name: "source repository",
	list: func(ctx context.Context, s *Session) ([]string, error) {
		p := codecommit.NewListRepositoriesPaginator(s.CodeCommit, nil)
		return collect(ctx, p, func(page *codecommit.ListRepositoriesOutput) []string {
			return namesOf(page.Repositories, func(i cctypes.RepositoryNameIdPair) *string { return i.RepositoryName })
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
		return done(s.CodeCommit.DeleteRepository(ctx, &codecommit.DeleteRepositoryInput{RepositoryName: &name}))
	},
}

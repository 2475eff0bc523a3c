package account

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codebuild"
	cbtypes "github.com/aws/aws-sdk-go-v2/service/codebuild/types"
	"github.com/aws/aws-sdk-go-v2/service/codecommit"
	"github.com/aws/aws-sdk-go-v2/service/codepipeline"
	cptypes "github.com/aws/aws-sdk-go-v2/service/codepipeline/types"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	ebtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

// Statement is one of an IAM policy.
type Statement struct {
	Effect    string
	Principal any `json:",omitempty"`
	Action    any
	Resource  any `json:",omitempty"`
	Condition any `json:",omitempty"`
}

// Policy is its document.
func Policy(statements ...Statement) string {
	document, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": statements})
	if err != nil {
		panic(err) // strings and maps of strings can be written
	}
	return string(document)
}

// Role is taken on by a service, and may do what the statements allow.
func (s *Session) Role(ctx context.Context, what, service string, statements ...Statement) (arn string, err error) {
	name := s.Name(what)
	s.making(roleKind, name)
	role, err := s.IAM.CreateRole(ctx, &iam.CreateRoleInput{
		RoleName: &name, Tags: []iamtypes.Tag{{Key: aws.String(tagKey), Value: &s.Prefix}},
		AssumeRolePolicyDocument: aws.String(Policy(Statement{
			Effect: "Allow", Principal: map[string]string{"Service": service + ".amazonaws.com"},
			Action: "sts:AssumeRole",
		})),
	})
	if err != nil {
		return "", err
	}
	if len(statements) > 0 {
		_, err = s.IAM.PutRolePolicy(ctx, &iam.PutRolePolicyInput{
			RoleName: &name, PolicyName: aws.String("policy"), PolicyDocument: aws.String(Policy(statements...)),
		})
	}
	return aws.ToString(role.Role.Arn), err
}

// fresh tries again while AWS does not know a role yet that was made just now: seen for some
// seconds with CodePipeline.
func (s *Session) fresh(ctx context.Context, do func() error) error {
	var last error
	err := s.Wait(ctx, "", func() (bool, error) {
		last = do()
		return last == nil || isRefused(last) || !strings.Contains(last.Error(), "AssumeRole") &&
			!strings.Contains(last.Error(), "be assumed"), nil
	})
	if last != nil {
		return last
	}
	return err
}

// Bucket keeps versions, as a pipeline's source has to.
func (s *Session) Bucket(ctx context.Context, what string) (string, error) {
	name := s.Name(what)
	s.making(bucketKind, name)
	input := &s3.CreateBucketInput{Bucket: &name}
	if s.Region != "us-east-1" {
		input.CreateBucketConfiguration = &s3types.CreateBucketConfiguration{
			LocationConstraint: s3types.BucketLocationConstraint(s.Region),
		}
	}
	if _, err := s.S3.CreateBucket(ctx, input); err != nil {
		return "", err
	}
	if _, err := s.S3.PutBucketTagging(ctx, &s3.PutBucketTaggingInput{
		Bucket: &name, Tagging: &s3types.Tagging{TagSet: []s3types.Tag{{Key: aws.String(tagKey), Value: &s.Prefix}}},
	}); err != nil {
		return "", err
	}
	_, err := s.S3.PutBucketVersioning(ctx, &s3.PutBucketVersioningInput{
		Bucket:                  &name,
		VersioningConfiguration: &s3types.VersioningConfiguration{Status: s3types.BucketVersioningStatusEnabled},
	})
	return name, err
}

// Zipped is an archive with one file.
func Zipped(name, content string) []byte {
	var archive bytes.Buffer
	w := zip.NewWriter(&archive)
	if file, err := w.Create(name); err == nil { // a buffer takes everything
		_, _ = file.Write([]byte(content))
	}
	_ = w.Close()
	return archive.Bytes()
}

// Function is a Python program with a function called handler, which has boto3.
func (s *Session) Function(ctx context.Context, what, role, code string) (string, error) {
	name := s.Name(what)
	s.making(functionKind, name)
	input := &lambda.CreateFunctionInput{
		FunctionName: &name, Role: &role, Runtime: lambdatypes.RuntimePython313, Handler: aws.String("code.handler"),
		Code: &lambdatypes.FunctionCode{ZipFile: Zipped("code.py", code)}, Timeout: aws.Int32(60),
		Tags: map[string]string{tagKey: s.Prefix},
	}
	err := s.fresh(ctx, func() error { _, err := s.Lambda.CreateFunction(ctx, input); return err })
	if err != nil {
		return "", err
	}
	return name, s.Wait(ctx, "the function "+name, func() (bool, error) {
		out, err := s.Lambda.GetFunctionConfiguration(ctx, &lambda.GetFunctionConfigurationInput{FunctionName: &name})
		return err == nil && out.State == lambdatypes.StateActive, err
	})
}

// Project runs a buildspec without a source and without logs, on the smallest machine.
func (s *Session) Project(ctx context.Context, what, role, buildspec string) (string, error) {
	name := s.Name(what)
	s.making(projectKind, name)
	off := cbtypes.LogsConfigStatusTypeDisabled
	input := &codebuild.CreateProjectInput{
		Name: &name, ServiceRole: &role, Tags: []cbtypes.Tag{{Key: aws.String(tagKey), Value: &s.Prefix}},
		Source:    &cbtypes.ProjectSource{Type: cbtypes.SourceTypeNoSource, Buildspec: &buildspec},
		Artifacts: &cbtypes.ProjectArtifacts{Type: cbtypes.ArtifactsTypeNoArtifacts},
		Environment: &cbtypes.ProjectEnvironment{
			Type: cbtypes.EnvironmentTypeLinuxContainer, ComputeType: cbtypes.ComputeTypeBuildGeneral1Small,
			Image: aws.String("aws/codebuild/amazonlinux-x86_64-standard:5.0"),
		},
		LogsConfig:       &cbtypes.LogsConfig{CloudWatchLogs: &cbtypes.CloudWatchLogsConfig{Status: off}},
		TimeoutInMinutes: aws.Int32(10),
	}
	return name, s.fresh(ctx, func() error { _, err := s.CodeBuild.CreateProject(ctx, input); return err })
}

// Pipeline is of the second version, and queues its executions.
func (s *Session) Pipeline(ctx context.Context, what string, p cptypes.PipelineDeclaration) (string, error) {
	name := s.Name(what)
	s.making(pipelineKind, name)
	p.Name, p.PipelineType, p.ExecutionMode = &name, cptypes.PipelineTypeV2, cptypes.ExecutionModeQueued
	input := &codepipeline.CreatePipelineInput{
		Pipeline: &p, Tags: []cptypes.Tag{{Key: aws.String(tagKey), Value: &s.Prefix}},
	}
	return name, s.fresh(ctx, func() error { _, err := s.CodePipeline.CreatePipeline(ctx, input); return err })
}

// Images is a repository of ECR, with mutable tags.
func (s *Session) Images(ctx context.Context, what string) (*ecrtypes.Repository, error) {
	name := s.Name(what)
	s.making(imagesKind, name)
	out, err := s.ECR.CreateRepository(ctx, &ecr.CreateRepositoryInput{
		RepositoryName: &name, Tags: []ecrtypes.Tag{{Key: aws.String(tagKey), Value: &s.Prefix}},
	})
	if err != nil {
		return nil, err
	}
	return out.Repository, nil
}

// Git is a repository of CodeCommit.
func (s *Session) Git(ctx context.Context, what string) (string, error) {
	name := s.Name(what)
	s.making(gitKind, name)
	_, err := s.CodeCommit.CreateRepository(ctx, &codecommit.CreateRepositoryInput{
		RepositoryName: &name, Tags: map[string]string{tagKey: s.Prefix},
	})
	return name, err
}

// Queue is one that EventBridge may send to: an address, and an ARN.
func (s *Session) Queue(ctx context.Context, what string) (address, arn string, err error) {
	name := s.Name(what)
	s.making(queueKind, name)
	arn = s.ARN("sqs", name)
	out, err := s.SQS.CreateQueue(ctx, &sqs.CreateQueueInput{
		QueueName: &name, Tags: map[string]string{tagKey: s.Prefix},
		Attributes: map[string]string{"Policy": Policy(Statement{
			Effect: "Allow", Principal: map[string]string{"Service": "events.amazonaws.com"}, Action: "sqs:SendMessage",
			Resource:  arn,
			Condition: map[string]any{"StringEquals": map[string]string{"aws:SourceAccount": s.Account}},
		})},
	})
	if err != nil {
		return "", "", err
	}
	return aws.ToString(out.QueueUrl), arn, nil
}

// Rule sends what matches to one target.
func (s *Session) Rule(ctx context.Context, what, pattern string, target ebtypes.Target) error {
	name := s.Name(what)
	s.making(ruleKind, name)
	if _, err := s.Events.PutRule(ctx, &eventbridge.PutRuleInput{
		Name: &name, EventPattern: &pattern, Tags: []ebtypes.Tag{{Key: aws.String(tagKey), Value: &s.Prefix}},
	}); err != nil {
		return err
	}
	target.Id = aws.String("target")
	out, err := s.Events.PutTargets(ctx, &eventbridge.PutTargetsInput{Rule: &name, Targets: []ebtypes.Target{target}})
	if err == nil && out.FailedEntryCount > 0 {
		err = fmt.Errorf("the target of rule %s was refused: %s", name, aws.ToString(out.FailedEntries[0].ErrorMessage))
	}
	return err
}

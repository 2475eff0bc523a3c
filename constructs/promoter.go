package constructs

import (
	"errors"
	"maps"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodecommit"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsecr"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// PromoterProps describes the function that points tags at validated images.
type PromoterProps struct {
	// Repositories are the repositories whose tags the function may write. Required.
	Repositories []awsecr.IRepository

	// SigningProfile is the name of the profile in AWS Signer with which ECR signs what is pushed into Repositories, as [NewSigning]
	// configures it.
	// Default: nothing is signed.
	SigningProfile string

	// Source is the repository whose commits are built: its history tells which of two images is newer. Required.
	Source awscodecommit.IRepository

	// PipelineName is the name of the pipeline that calls the function, which asks it whether a stage is rolled back. It is a
	// name and not an attribute of the pipeline, which refers to the function itself. Required.
	PipelineName string

	// Rules are the build rules of the pipeline, with the tags that they give to each image.
	// Default: none, the pipeline's actions name the tags.
	Rules []Rule

	// LogRetention is how long log events are kept, and with them the records of what was promoted.
	// Default: three months.
	LogRetention awslogs.RetentionDays

	// LogKey encrypts the logs. Its policy must let CloudWatch Logs use it, as that of an [EncryptionKey] does.
	// Default: a key of CloudWatch Logs, which costs nothing.
	LogKey awskms.IKey

	// RemovalPolicy decides what becomes of the log group when the function leaves the stack.
	// Default: RETAIN.
	RemovalPolicy awscdk.RemovalPolicy
}

// Validate reports everything that is wrong with the props.
func (p *PromoterProps) Validate() error {
	if p == nil {
		return errNoProps
	}
	_, err := compile(p.Rules)
	errs := []error{
		missing(len(p.Repositories) == 0, "Repositories", "at least one ECR repository"),
		missing(p.Source == nil, "Source", "the repository whose commits are built"),
		missing(p.PipelineName == "", "PipelineName", "the name of the pipeline that calls the function"),
		validProfile("SigningProfile", p.SigningProfile),
		err,
		fitsEnvironment(encodedTags(p.Rules)),
	}
	if p.PipelineName != "" && !unresolved(p.PipelineName) && !pipelineName.MatchString(p.PipelineName) {
		errs = append(errs, wrong("PipelineName", "is %q: CodePipeline allows 1 to 100 letters, digits, and the characters . @ _ -", p.PipelineName))
	}
	return errors.Join(errs...)
}

// NewPromoter adds the function that points tags at a validated image index. Besides the builds and the merge, which push
// by digest, it is the only one that may write to the repositories.
func NewPromoter(scope constructs.Construct, id string, props *PromoterProps) *GoFunction {
	check("Promoter", scope, id, props.Validate())
	environment := map[string]string{"PIPELINE_NAME": props.PipelineName, "SOURCE_REPOSITORY": *props.Source.RepositoryName()}
	maps.Copy(environment, rulesEnvironment(props.Rules))
	pipeline := awscdk.Stack_Of(scope).FormatArn(&awscdk.ArnComponents{Service: jsii.String("codepipeline"), Resource: &props.PipelineName})
	function := NewGoFunction(scope, id, &GoFunctionProps{
		Package:     PromotePackage,
		Description: "Points tags at a validated image index, by its digest",
		Timeout:     2 * time.Minute,
		// An action waits 20 minutes for its function: no repetition of the event may begin when nobody waits any more.
		MaxEventAge: 15 * time.Minute,
		Environment: environment,
		// To ECR, pointing a tag is a push too.
		Statements: append([]awsiam.PolicyStatement{
			registryLogin(),
			allow(repositoryARNs(props.Repositories), ecrTag...),
			allow([]*string{pipeline}, "codepipeline:GetPipelineExecution"),
			allow([]*string{props.Source.RepositoryArn()}, "codecommit:GetMergeOptions"),
			jobResult(),
		}, signs(scope, props.SigningProfile, props.Repositories...)...),
		LogRetention:  props.LogRetention,
		LogKey:        props.LogKey,
		RemovalPolicy: props.RemovalPolicy,
	})
	except(function.Role, wildcardLoginAndJob)
	return function
}

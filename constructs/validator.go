package constructs

import (
	"errors"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsecr"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// The packages of the functions, for [BuildAhead].
const (
	ValidatePackage = "archway/lambda/validate"
	PromotePackage  = "archway/lambda/promote"
	TriggerPackage  = "archway/lambda/trigger"
)

// RegistryFunctionProps describes a function that works on image repositories.
type RegistryFunctionProps struct {
	// Repositories are the repositories that the function may work on. Required.
	Repositories []awsecr.IRepository

	// Topic is a topic that the function may notify. The validator does so for a [DriftCheck].
	// Default: it may notify none.
	Topic awssns.ITopic

	// PipelineName is the name of the pipeline whose verdicts the function measures, for a [Dashboard].
	// Default: nothing is measured.
	PipelineName string

	// Rules are the build rules of the pipeline, with the tags that they give to each image.
	// Default: none, the pipeline's actions name the tags.
	Rules []Rule

	// LogRetention is how long log events are kept.
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
func (p *RegistryFunctionProps) Validate() error {
	if p == nil {
		return errNoProps
	}
	_, err := compile(p.Rules)
	return errors.Join(
		missing(len(p.Repositories) == 0, "Repositories", "at least one ECR repository"),
		err,
		fitsEnvironment(encodedTags(p.Rules)))
}

// NewValidator adds the function that validates image indexes by reading them. It can change nothing in the registry.
func NewValidator(scope constructs.Construct, id string, props *RegistryFunctionProps) *GoFunction {
	check("Validator", scope, id, props.Validate())
	function := NewGoFunction(scope, id, &GoFunctionProps{
		Package:     ValidatePackage,
		Description: "Checks an image index by its digest, reading only",
		MemoryMB:    512,
		Timeout:     5 * time.Minute,
		Environment: validatorEnvironment(props),
		Statements: append([]awsiam.PolicyStatement{
			registryLogin(),
			allow(repositoryARNs(props.Repositories), ecrRead...),
			jobResult(),
		}, notify(props.Topic)...),
		LogRetention:  props.LogRetention,
		LogKey:        props.LogKey,
		RemovalPolicy: props.RemovalPolicy,
	})
	except(function.Role, wildcardLoginAndJob)
	return function
}

func validatorEnvironment(p *RegistryFunctionProps) map[string]string {
	environment := rulesEnvironment(p.Rules)
	if p.PipelineName == "" {
		return environment
	}
	if environment == nil {
		environment = map[string]string{}
	}
	environment["PIPELINE_NAME"] = p.PipelineName
	return environment
}

// notify lets a role tell a topic, if there is one.
func notify(topic awssns.ITopic) []awsiam.PolicyStatement {
	if topic == nil {
		return nil
	}
	publish := allow([]*string{topic.TopicArn()}, "sns:Publish")
	return append([]awsiam.PolicyStatement{publish}, mayEncryptTopic(topic.MasterKey())...)
}

// jobResult lets a function tell CodePipeline how its action ended. CodePipeline's jobs have no ARN: AWS allows nothing but a
// wildcard. A job is only known to the function that was invoked with its id.
func jobResult() awsiam.PolicyStatement {
	return allow(*jsii.Strings("*"), "codepipeline:PutJobFailureResult", "codepipeline:PutJobSuccessResult")
}

package constructs

import (
	"slices"
	"time"

	"archway/internal/settings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
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

// ValidatorProps describes the function that validates image indexes.
type ValidatorProps struct {
	// Delivery says which images are validated, and how. Required.
	Delivery *Delivery

	// Topic is told of drift by a [DriftCheck]: the function may then notify it, and read releases.
	// Default: there is no such check.
	Topic awssns.ITopic

	Logs
}

// Validate reports everything that is wrong with the props.
func (p *ValidatorProps) Validate() error {
	if p == nil {
		return errNoProps
	}
	return missing(p.Delivery == nil, "Delivery", "what the pipeline delivers")
}

// oneProcessor is the memory with which Lambda gives a function one vCPU
// (https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html). The validator needs a
// tenth of that memory: what it does with the layers, unpacking and hashing, takes as much
// processor as there is, and so costs the same on a whole one as on a third, in a third of the
// time. docs/validation.md has the figures.
const oneProcessor = 1769

// NewValidator adds the function that validates image indexes by reading them. It can change
// nothing in the registry.
func NewValidator(scope constructs.Construct, id string, props *ValidatorProps) *GoFunction {
	check("Validator", scope, id, props.Validate())
	d := props.Delivery
	environment := map[string]string{settings.RegistryEnvironment: registryHost()}
	statements := []awsiam.PolicyStatement{
		registryLoginStatement(),
		allow(repositoryARNs(stagings(d.Images)), slices.Concat(ecrRead, []string{"ecr:DescribeImages"})...),
		allow([]*string{pipelineARN(scope, d.PipelineName)}, "codepipeline:GetPipelineExecution",
			"codepipeline:ListActionExecutions"),
		jobResultStatement(),
	}
	if d.Promotes() {
		// What the tags serve that are to point at the index; for a scheduled check, all of it.
		reads := []string{"ecr:BatchGetImage"}
		if props.Topic != nil {
			reads = ecrRead
			environment[settings.TopicEnvironment] = *props.Topic.TopicArn()
		}
		statements = append(statements, allow(repositoryARNs(releases(d.Images)), reads...))
	}
	function := NewGoFunction(scope, id, &GoFunctionProps{
		Package:     ValidatePackage,
		Description: "Checks an image index by its digest, reading only",
		MemoryMB:    oneProcessor,
		Timeout:     15 * time.Minute, // all that Lambda gives
		Files:       d.files(),
		Environment: environment,
		Statements:  append(statements, publishStatements(props.Topic)...),
		Logs:        props.Logs,
	})
	except(function.Role, wildcardLoginAndJob)
	return function
}

// publishStatements let a role tell a topic, if there is one.
func publishStatements(topic awssns.ITopic) []awsiam.PolicyStatement {
	if topic == nil {
		return nil
	}
	publish := allow([]*string{topic.TopicArn()}, "sns:Publish")
	return append([]awsiam.PolicyStatement{publish}, topicKeyStatements(topic.MasterKey())...)
}

// jobResultStatement lets a function tell CodePipeline how its action ended. CodePipeline's jobs
// have no ARN: AWS allows nothing but a wildcard. A job is only known to the function that was
// invoked with its id.
func jobResultStatement() awsiam.PolicyStatement {
	return allow(*jsii.Strings("*"), "codepipeline:PutJobFailureResult", "codepipeline:PutJobSuccessResult")
}

package constructs

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambdadestinations"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// PackageMetadata is the template metadata of a function's resource that holds the Go import path
// that it was built from, so that tools that read the template can find, or build, the same
// program.
const PackageMetadata = "archway:package"

// GoFunctionProps describes a Lambda function written in Go.
type GoFunctionProps struct {
	// Package is the import path of the main package. Required.
	Package string

	// Dir is a folder inside a Go module that knows Package: its own, or one that requires it.
	// Package is compiled in its own.
	// Default: the working directory, which is the folder of cdk.json when the CDK runs the app.
	Dir string

	// Description is shown in the console.
	// Default: names Package.
	Description string

	// MemoryMB is the memory, from 128 to 10240; CPU grows with it.
	// Default: 256.
	MemoryMB int

	// Timeout is how long one invocation may take, from 1 second to 15 minutes.
	// Default: 1 minute.
	Timeout time.Duration

	// RetryAttempts is how often Lambda repeats an asynchronous invocation that failed or timed
	// out: 0, 1 or 2. Default: 2, which is Lambda's own default, so that a crash doesn't leave a
	// pipeline waiting.
	RetryAttempts *int

	// MaxEventAge is how long an asynchronous invocation may wait or be repeated, from 1 minute to
	// 6 hours. Default: 20 minutes: CodePipeline gives up an action that has not reported by then,
	// and what it has given up must not be done later.
	MaxEventAge time.Duration

	// DeadLetters gets what an asynchronous invocation was given, and its error, if it failed in
	// all attempts. Default: it is only logged.
	DeadLetters awssqs.IQueue

	// Files lie beside the program, by their names; the program finds the folder in
	// LAMBDA_TASK_ROOT. Default: none.
	Files map[string][]byte

	// Environment is the environment of the program.
	// Default: only what Lambda sets.
	Environment map[string]string

	// Statements are what the function may do, besides writing its log.
	// Default: nothing.
	Statements []awsiam.PolicyStatement

	Logs
}

// Validate reports everything that is wrong with the props.
func (p *GoFunctionProps) Validate() error {
	if p == nil {
		return errNoProps
	}
	var errs []error
	if p.Package == "" {
		errs = append(errs,
			missing(true, "Package", `the import path of a main package, such as "example.com/app/function"`))
	}
	if p.MemoryMB != 0 && (p.MemoryMB < 128 || p.MemoryMB > 10240) {
		errs = append(errs, wrong("MemoryMB", "is %d: Lambda allows 128 to 10240", p.MemoryMB))
	}
	errs = append(errs,
		within("Timeout", p.Timeout, time.Second, 15*time.Minute, time.Second),
		within("MaxEventAge", p.MaxEventAge, time.Minute, 6*time.Hour, time.Second))
	if r := p.RetryAttempts; r != nil && (*r < 0 || *r > 2) {
		errs = append(errs, wrong("RetryAttempts", "is %d: Lambda allows 0, 1 and 2", *r))
	}
	return errors.Join(errs...)
}

// GoFunction is a Lambda function (provided.al2023, arm64) whose Go package is compiled when the
// app is synthesized. The same source gives the same asset on every machine, whatever its Go
// installation or settings.
type GoFunction struct {
	constructs.Construct

	// Function is the function.
	Function awslambda.Function

	// Role is the function's role: grant to it, the grants that other constructs make to Function
	// are ignored.
	Role awsiam.Role

	// LogGroup is where the function's structured log goes.
	LogGroup awslogs.LogGroup

	// LogAccess lets the role write to it.
	LogAccess awsiam.Policy
}

// NewGoFunction compiles the package and adds the function to scope.
func NewGoFunction(scope constructs.Construct, id string, props *GoFunctionProps) *GoFunction {
	check("GoFunction", scope, id, props.Validate())
	p := *props
	fill(&p.Description, "Built from the Go package "+p.Package)
	fill(&p.MemoryMB, 256)
	fill(&p.Timeout, time.Minute)
	fill(&p.MaxEventAge, 20*time.Minute)
	if p.RetryAttempts == nil {
		retries := 2
		p.RetryAttempts = &retries
	}

	program, err := build(context.Background(), p.Dir, p.Package)()
	check("GoFunction", scope, id, err)

	this := &GoFunction{Construct: constructs.NewConstruct(scope, &id)}
	this.LogGroup = p.group(this.Construct)
	statements := p.Statements
	var onFailure awslambda.IDestination
	if p.DeadLetters != nil {
		onFailure = awslambdadestinations.NewSqsDestination(p.DeadLetters)
		statements = append(slices.Clone(statements), allow([]*string{p.DeadLetters.QueueArn()}, "sqs:SendMessage"))
	}
	this.Role = newRole(this.Construct, &roleProps{
		Service:     "lambda.amazonaws.com",
		Description: "Runs the function built from " + p.Package,
		Statements:  statements,
	})
	code, cleanUp := stage(this.Construct, program, p.Files)
	defer cleanUp()
	this.Function = awslambda.NewFunction(this.Construct, jsii.String("Function"), &awslambda.FunctionProps{
		Description:           &p.Description,
		Runtime:               awslambda.Runtime_PROVIDED_AL2023(),
		Architecture:          awslambda.Architecture_ARM_64(),
		Handler:               jsii.String("bootstrap"),
		Code:                  code,
		Role:                  this.Role.WithoutPolicyUpdates(nil),
		MemorySize:            jsii.Number(p.MemoryMB),
		Timeout:               duration(p.Timeout),
		RetryAttempts:         jsii.Number(*p.RetryAttempts),
		MaxEventAge:           duration(p.MaxEventAge),
		OnFailure:             onFailure,
		Environment:           stringMap(p.Environment),
		LogGroup:              this.LogGroup,
		LoggingFormat:         awslambda.LoggingFormat_JSON,
		ApplicationLogLevelV2: awslambda.ApplicationLogLevel_INFO,
		SystemLogLevelV2:      awslambda.SystemLogLevel_INFO,
	})
	resource := this.Function.Node().DefaultChild().(awslambda.CfnFunction)
	resource.AddMetadata(jsii.String(PackageMetadata), p.Package)
	this.logByName(resource)
	return this
}

// logByName gives the log group the name that Lambda chooses by itself: CodePipeline links each
// action of a function to /aws/lambda/FUNCTION, wherever the function logs to (recorded of real
// accounts). The function's name is generated, so that the group comes after the function, and the
// permission to write to this group and no other after both: a policy of its own. Nothing calls a
// function before that, in a stack that ends with [CreateLast].
func (f *GoFunction) logByName(function awslambda.CfnFunction) {
	// Left to itself, Lambda takes this very group. The CDK is told of the group all the same:
	// without one it would make another.
	function.AddPropertyDeletionOverride(jsii.String("LoggingConfig.LogGroup"))
	group := f.LogGroup.Node().DefaultChild().(awslogs.CfnLogGroup)
	group.SetLogGroupName(jsii.String("/aws/lambda/" + *function.Ref()))
	statements := logStatements(f.LogGroup)
	f.LogAccess = awsiam.NewPolicy(f.Construct, jsii.String("LogAccess"), &awsiam.PolicyProps{
		Roles:    &[]awsiam.IRole{f.Role},
		Document: awsiam.NewPolicyDocument(&awsiam.PolicyDocumentProps{Statements: &statements}),
	})
}

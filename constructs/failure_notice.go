package constructs

import (
	"errors"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// NotifyPackage is the package of the function that tells of failed runs, for [BuildAhead].
const NotifyPackage = "archway/lambda/notify"

// FailureNoticeProps says who is told of which pipeline's failed runs.
type FailureNoticeProps struct {
	// Pipeline is the pipeline. Required.
	Pipeline *Pipeline

	// Topic is told. Required.
	Topic awssns.ITopic

	Logs
}

// Validate reports everything that is wrong with the props.
func (p *FailureNoticeProps) Validate() error {
	if p == nil {
		return errNoProps
	}
	return errors.Join(
		missing(p.Pipeline == nil, "Pipeline", "the pipeline whose failures count"),
		missing(p.Topic == nil, "Topic", "the SNS topic to tell"))
}

// FailureNotice tells a topic of each failed run of a pipeline, in one message with what the failed
// actions said, such as the validator's findings, and with the way to the run in the console.
//
// The events of actions would come without a function: one for each action that fails, and with
// texts that an input transformer doesn't escape, so that the first quotation mark in one breaks
// the message. The event of the run comes once, but without any text. So a function takes that
// event and asks CodePipeline for the rest.
type FailureNotice struct {
	constructs.Construct

	// Notifier is the function.
	Notifier *GoFunction

	// Rule catches the event of a failed run. Superseded, stopped and canceled runs are none.
	Rule awsevents.CfnRule
}

// maxNoticeAge is how long a message is tried: one that comes later helps nobody, who has seen the
// failure by then.
const maxNoticeAge = time.Hour

// NewFailureNotice adds the rule and its function to scope.
func NewFailureNotice(scope constructs.Construct, id string, props *FailureNoticeProps) *FailureNotice {
	check("FailureNotice", scope, id, props.Validate())
	p := *props
	pipeline := pipelineARN(scope, p.Pipeline.Name)

	this := &FailureNotice{Construct: constructs.NewConstruct(scope, &id)}
	this.Notifier = NewGoFunction(this.Construct, "Notifier", &GoFunctionProps{
		Package:     NotifyPackage,
		Description: "Tells of a failed run, in one message",
		Timeout:     time.Minute,
		MaxEventAge: maxNoticeAge,
		Environment: map[string]string{
			"TOPIC_ARN":    *p.Topic.TopicArn(),
			"PIPELINE_URL": *p.Pipeline.ConsoleURL,
		},
		Statements: append([]awsiam.PolicyStatement{
			allow([]*string{pipeline}, "codepipeline:GetPipelineExecution", "codepipeline:ListActionExecutions"),
		}, publishStatements(p.Topic)...),
		Logs: p.Logs,
	})
	this.Rule = awsevents.NewCfnRule(this.Construct, jsii.String("Rule"), &awsevents.CfnRuleProps{
		Description: jsii.String("A failed run is told of"),
		State:       jsii.String("ENABLED"),
		EventPattern: map[string]any{
			"source":      []string{"aws.codepipeline"},
			"detail-type": []string{"CodePipeline Pipeline Execution State Change"},
			"resources":   []*string{pipeline},
			"detail":      map[string]any{"state": []string{"FAILED"}},
		},
		Targets: []any{&awsevents.CfnRule_TargetProperty{
			Id: jsii.String("Notifier"), Arn: this.Notifier.Function.FunctionArn(),
			RetryPolicy: &awsevents.CfnRule_RetryPolicyProperty{
				MaximumEventAgeInSeconds: jsii.Number(maxNoticeAge.Seconds())},
		}},
	})
	mayInvoke(this.Construct, this.Rule, this.Notifier.Function)
	return this
}

// mayInvoke lets a rule of EventBridge invoke its target.
func mayInvoke(scope constructs.Construct, rule awsevents.CfnRule, function awslambda.IFunction) {
	awslambda.NewCfnPermission(scope, jsii.String("Permission"), &awslambda.CfnPermissionProps{
		Action:       jsii.String("lambda:InvokeFunction"),
		FunctionName: function.FunctionArn(),
		Principal:    jsii.String("events.amazonaws.com"),
		SourceArn:    rule.AttrArn(),
	})
}

package constructs

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// newDeadLetters adds a queue for pushes that should have started a run and did not, and an alarm
// that is on while it holds any.
func newDeadLetters(scope constructs.Construct) (awssqs.Queue, awscloudwatch.Alarm) {
	queue := awssqs.NewQueue(scope, jsii.String("DeadLetters"), &awssqs.QueueProps{
		Encryption:      awssqs.QueueEncryption_SQS_MANAGED,
		EnforceSSL:      jsii.Bool(true),
		RetentionPeriod: awscdk.Duration_Days(jsii.Number(14)), // the longest that SQS allows
		RemovalPolicy:   awscdk.RemovalPolicy_DESTROY,
	})
	except(queue,
		exception{ID: "AwsSolutions-SQS3",
			Reason: "It is a dead-letter queue itself: of EventBridge and Lambda, which name it in their own resources."})
	alarm := awscloudwatch.NewAlarm(scope, jsii.String("Alarm"), &awscloudwatch.AlarmProps{
		AlarmDescription: jsii.String("A push should have started the pipeline and did not: the dead-letter queue " +
			*queue.QueueName() + " holds its event. Start it by hand, then purge the queue."),
		Metric: queue.MetricApproximateNumberOfMessagesVisible(&awscloudwatch.MetricOptions{
			Period:    awscdk.Duration_Minutes(jsii.Number(5)), // SQS reports no oftener than that for an idle queue
			Statistic: jsii.String("Maximum"),
		}),
		Threshold:          jsii.Number(1),
		EvaluationPeriods:  jsii.Number(1),
		ComparisonOperator: awscloudwatch.ComparisonOperator_GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
		TreatMissingData:   awscloudwatch.TreatMissingData_NOT_BREACHING,
	})
	return queue, alarm
}

// mayDeliver lets EventBridge put what it could not deliver into the queue, for these rules only.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
func mayDeliver(queue awssqs.Queue, ruleARNs []*string) {
	queue.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(jsii.String("events.amazonaws.com"), nil)},
		Actions:    jsii.Strings("sqs:SendMessage"),
		Resources:  &[]*string{queue.QueueArn()},
		Conditions: &map[string]any{"ArnEquals": map[string]any{"aws:SourceArn": ruleARNs}},
	}))
}

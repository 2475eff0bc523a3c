package constructs

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// Logs says how the log of a construct is kept. It is part of the props of everything that runs.
type Logs struct {
	// LogRetention is how long log events are kept.
	// Default: three months.
	LogRetention awslogs.RetentionDays

	// LogKey encrypts the logs. Its policy must let CloudWatch Logs use it, as that of an
	// [EncryptionKey] does. Default: a key of CloudWatch Logs, which costs nothing.
	LogKey awskms.IKey

	// RemovalPolicy decides what becomes of the log group when the construct leaves the stack.
	// Default: RETAIN_ON_UPDATE_OR_DELETE: it stays, unless the stack's creation fails.
	RemovalPolicy awscdk.RemovalPolicy
}

// group makes the log group.
func (l Logs) group(scope constructs.Construct) awslogs.LogGroup {
	fill(&l.LogRetention, awslogs.RetentionDays_THREE_MONTHS)
	fill(&l.RemovalPolicy, awscdk.RemovalPolicy_RETAIN_ON_UPDATE_OR_DELETE)
	return awslogs.NewLogGroup(scope, jsii.String("Logs"), &awslogs.LogGroupProps{
		Retention:     l.LogRetention,
		EncryptionKey: l.LogKey,
		RemovalPolicy: l.RemovalPolicy,
	})
}

// logStatements let a role write to a log group, which exists already: nobody needs to create one.
func logStatements(group awslogs.ILogGroup) []awsiam.PolicyStatement {
	return []awsiam.PolicyStatement{
		allow([]*string{group.LogGroupArn()}, "logs:CreateLogStream", "logs:PutLogEvents"),
	}
}

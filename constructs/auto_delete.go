package constructs

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// autoDelete is where the CDK puts the function that empties buckets before they are deleted, once
// in a stack. CloudFormation itself deletes no bucket that holds something.
const autoDelete = "Custom::S3AutoDeleteObjectsCustomResourceProvider"

// keepLogOfAutoDelete gives that function a log group of the stack's, if there is such a function.
// Lambda would make one at the first invocation, that is at the first deletion, which nothing then
// deletes and nothing limits.
func keepLogOfAutoDelete(scope constructs.Construct, key awskms.IKey) {
	provider := awscdk.Stack_Of(scope).Node().TryFindChild(jsii.String(autoDelete))
	if provider == nil || provider.Node().TryFindChild(jsii.String("Logs")) != nil {
		return
	}
	logs := Logs{awslogs.RetentionDays_ONE_WEEK, key,
		awscdk.RemovalPolicy_DESTROY}.group(provider.(constructs.Construct))
	function := provider.Node().FindChild(jsii.String("Handler")).(awscdk.CfnResource)
	function.AddPropertyOverride(jsii.String("LoggingConfig"), map[string]any{"LogGroup": logs.LogGroupName()})
}

// AutoDeleteResources are the resources behind the deletion of buckets' objects that the CDK's tags
// don't reach: a role and a function, if a bucket of the stack is to be deleted with all that it
// holds.
func AutoDeleteResources(stack awscdk.Stack) []awscdk.CfnResource {
	provider := stack.Node().TryFindChild(jsii.String(autoDelete))
	if provider == nil {
		return nil
	}
	var found []awscdk.CfnResource
	for _, id := range []string{"Role", "Handler"} {
		found = append(found, provider.Node().FindChild(&id).(awscdk.CfnResource))
	}
	return found
}

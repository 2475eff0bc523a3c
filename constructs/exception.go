package constructs

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// exception is a rule of cdk-nag that a resource breaks, for a reason that stands in the template
// beside the resource. It is written as the metadata that cdk-nag reads, so that an app without
// cdk-nag need not load it.
// https://github.com/cdklabs/cdk-nag#suppressing-a-rule
type exception struct {
	ID     string
	Reason string

	// AppliesTo are the findings: exact ones, or patterns. Without any, the rule has one finding
	// only.
	AppliesTo []any
}

// except adds the exceptions to a construct's resource.
func except(construct constructs.IConstruct, exceptions ...exception) {
	rules := make([]any, len(exceptions))
	for i, e := range exceptions {
		rule := map[string]any{"id": e.ID, "reason": e.Reason}
		if len(e.AppliesTo) > 0 {
			rule["applies_to"] = e.AppliesTo
		}
		rules[i] = rule
	}
	resource := construct.Node().DefaultChild().(awscdk.CfnResource)
	resource.AddMetadata(jsii.String("cdk_nag"), map[string]any{"rules_to_suppress": rules})
}

func wildcard(reason string, findings ...any) exception {
	return exception{ID: "AwsSolutions-IAM5", Reason: reason, AppliesTo: findings}
}

// The wildcards in the policies of this package's roles.
var (
	wildcardLogin = wildcard("ecr:GetAuthorizationToken knows no resources: AWS takes nothing but a wildcard. "+
		"It gives access to no repository by itself.", "Resource::*")

	wildcardLoginAndJob = wildcard(
		"Neither ecr:GetAuthorizationToken nor CodePipeline's PutJobSuccessResult and PutJobFailureResult "+
			"know resources: AWS takes nothing but a wildcard. The login gives access to no repository by itself, and a job is "+
			"known only to the function that was invoked with its id.", "Resource::*")

	// A bucket of the app is <LogicalId.Arn> to cdk-nag, any other one is written out.
	wildcardArtifacts = wildcard(
		"CodePipeline chooses the names of the artifacts, anew in each run. The bucket holds nothing else.",
		map[string]any{"regex": `/^Resource::(<[A-Za-z0-9]+\.Arn>|arn:[^:]+:s3:::[^/]+)\/\*$/`})
)

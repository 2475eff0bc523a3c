package constructs

import (
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
)

// NewPromoter adds the function that points tags at a validated image index. Besides the builds and the merge, which push
// by digest, it is the only one that may write to the repositories.
func NewPromoter(scope constructs.Construct, id string, props *RegistryFunctionProps) *GoFunction {
	check("Promoter", scope, id, props.Validate())
	return NewGoFunction(scope, id, &GoFunctionProps{
		Package:     PromotePackage,
		Description: "Points tags at a validated image index, by its digest",
		Timeout:     2 * time.Minute,
		Statements: []awsiam.PolicyStatement{
			registryLogin(),
			allow(repositoryARNs(props.Repositories), ecrTag...),
			jobResult(),
		},
		LogRetention:  props.LogRetention,
		RemovalPolicy: props.RemovalPolicy,
	})
}

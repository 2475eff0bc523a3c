package constructs

import (
	"errors"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsecr"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/constructs-go/constructs/v10"
)

// PromoterProps describes the function that points tags at images.
type PromoterProps struct {
	// Repositories are the repositories that the function may work on. Required.
	Repositories []awsecr.IRepository

	// Rules are the build rules of the pipeline, with the tags that they give to each image.
	// Default: none, the pipeline's actions name the tags.
	Rules []Rule

	// LogRetention is how long log events are kept.
	// Default: three months.
	LogRetention awslogs.RetentionDays

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
	return errors.Join(
		missing(len(p.Repositories) == 0, "Repositories", "at least one ECR repository"),
		err,
		fitsEnvironment(encodedTags(p.Rules)))
}

// NewPromoter adds the function that points tags at a validated image index. Besides the builds and the merge, which push
// by digest, it is the only one that may write to the repositories.
func NewPromoter(scope constructs.Construct, id string, props *PromoterProps) *GoFunction {
	check("Promoter", scope, id, props.Validate())
	return NewGoFunction(scope, id, &GoFunctionProps{
		Package:     PromotePackage,
		Description: "Points tags at a validated image index, by its digest",
		Timeout:     2 * time.Minute,
		Environment: rulesEnvironment(props.Rules),
		Statements: []awsiam.PolicyStatement{
			registryLogin(),
			allow(repositoryARNs(props.Repositories), ecrTag...),
			jobResult(),
		},
		LogRetention:  props.LogRetention,
		RemovalPolicy: props.RemovalPolicy,
	})
}

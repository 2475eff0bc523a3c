package constructs

import (
	"archway/internal/spec"
	"errors"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsecr"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssigner"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// SigningProps describes what ECR signs.
type SigningProps struct {
	// ProfileName is the name of the signing profile in AWS Signer. It is a name, so that the
	// stacks whose roles sign with the profile need nothing from this one. Required.
	ProfileName string

	// Existing reports whether the profile exists already.
	// Default: false, it is created.
	Existing bool

	// Repositories are the names of the repositories whose images are signed, without wildcards: at
	// most 100. Required.
	Repositories []string
}

// maxSigned is ECR's limit:
// https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_SigningRule.html
const maxSigned = 100

// Validate reports everything that is wrong with the props.
func (p *SigningProps) Validate() error {
	if p == nil {
		return errNoProps
	}
	errs := []error{
		validProfile("ProfileName", p.ProfileName),
		missing(p.ProfileName == "", "ProfileName", "the name of a signing profile"),
		missing(len(p.Repositories) == 0, "Repositories", "the name of at least one ECR repository"),
	}
	if n := len(p.Repositories); n > maxSigned {
		errs = append(errs, wrong("Repositories", "has %d names: ECR allows %d in a rule", n, maxSigned))
	}
	return errors.Join(errs...)
}

func validProfile(prop, name string) error {
	if name == "" || unresolved(name) || spec.Named("profile").Check(name) == "" {
		return nil
	}
	return wrong(prop, "is %q: AWS Signer allows 2 to 64 letters, digits and underscores", name)
}

// Signing has ECR sign what is pushed into some repositories. An account has one such configuration
// in each Region: this one replaces any other.
type Signing struct {
	constructs.Construct

	// Configuration is the configuration of the account's registry.
	Configuration awsecr.CfnSigningConfiguration
}

// NewSigning adds the configuration, and the signing profile unless it exists, to scope. The
// profile stays when the stack is deleted, so that nothing is canceled that signatures name.
func NewSigning(scope constructs.Construct, id string, props *SigningProps) *Signing {
	check("Signing", scope, id, props.Validate())
	this := &Signing{Construct: constructs.NewConstruct(scope, &id)}
	profile := signingProfileARN(this.Construct, props.ProfileName)
	if !props.Existing {
		// Not the CDK's own construct: without a feature flag it drops the name.
		created := awssigner.NewCfnSigningProfile(this.Construct, jsii.String("Profile"),
			&awssigner.CfnSigningProfileProps{
				PlatformId:  awssigner.Platform_NOTATION_OCI_SHA384_ECDSA().PlatformId(),
				ProfileName: &props.ProfileName,
			})
		created.ApplyRemovalPolicy(awscdk.RemovalPolicy_RETAIN, nil)
		profile = created.AttrArn()
	}
	var filters []any
	for _, name := range props.Repositories {
		filters = append(filters, &awsecr.CfnSigningConfiguration_RepositoryFilterProperty{
			Filter: &name, FilterType: jsii.String("WILDCARD_MATCH"), // a name without a wildcard is matched as a whole
		})
	}
	this.Configuration = awsecr.NewCfnSigningConfiguration(this.Construct, jsii.String("Configuration"),
		&awsecr.CfnSigningConfigurationProps{
			Rules: []any{&awsecr.CfnSigningConfiguration_RuleProperty{SigningProfileArn: profile,
				RepositoryFilters: filters}},
		})
	return this
}

func signingProfileARN(scope constructs.Construct, name string) *string {
	return awscdk.Stack_Of(scope).FormatArn(&awscdk.ArnComponents{
		Service: jsii.String("signer"), Resource: jsii.String("signing-profiles"), ResourceName: &name,
		ArnFormat: awscdk.ArnFormat_SLASH_RESOURCE_SLASH_RESOURCE_NAME,
	})
}

// ecrSign store a signature beside the image: ECR does it in the name of who pushes.
// https://docs.aws.amazon.com/AmazonECR/latest/userguide/managed-signing.html
var ecrSign = []string{
	"ecr:BatchCheckLayerAvailability", "ecr:CompleteLayerUpload", "ecr:InitiateLayerUpload", "ecr:PutImage",
	"ecr:UploadLayerPart",
}

// signStatements let a role that pushes into the repositories have ECR sign with the profile, if
// there is one.
func signStatements(scope constructs.Construct, profile string,
	repositories ...awsecr.IRepository) []awsiam.PolicyStatement {
	if profile == "" {
		return nil
	}
	return []awsiam.PolicyStatement{
		allow(repositoryARNs(repositories), ecrSign...),
		allow([]*string{signingProfileARN(scope, profile)}, "signer:SignPayload"),
	}
}

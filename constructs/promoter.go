package constructs

import (
	"errors"
	"slices"
	"time"

	"archway/internal/settings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// PromoterProps describes the function that promotes validated images.
type PromoterProps struct {
	// Delivery says which images are promoted, and what their tags are. Required.
	Delivery *Delivery

	// Writers are the ARNs of other IAM roles and users that may write to the release repositories,
	// for emergencies. The repositories deny it to everybody else, whatever their own policies
	// allow. Default: nobody.
	Writers []string

	// SigningProfile is the name of the profile in AWS Signer with which ECR signs releases, as
	// [NewSigning] configures it. Default: nothing is signed.
	SigningProfile string

	Logs
}

// Validate reports everything that is wrong with the props.
func (p *PromoterProps) Validate() error {
	if p == nil {
		return errNoProps
	}
	errs := []error{
		missing(p.Delivery == nil, "Delivery", "what the pipeline delivers"),
		validProfile("SigningProfile", p.SigningProfile),
	}
	if p.Delivery != nil && !p.Delivery.Promotes() {
		errs = append(errs, wrong("Delivery", "promotes no image (NeverPromoted): leave out the promoter"))
	}
	return errors.Join(errs...)
}

// Promoter is the function that copies validated images from staging to release, by digest, and
// points tags at them. Its role is the only one that may write to the release repositories.
type Promoter struct {
	*GoFunction

	// Access is what the role may do in the repositories. It is a resource of its own: the
	// repositories' policies name the role, so that the role can't name the repositories. Whatever
	// relies on the function must depend on it.
	Access awsiam.Policy
}

// NewPromoter adds the function to scope, and to the release repositories the policy that keeps
// others out.
func NewPromoter(scope constructs.Construct, id string, props *PromoterProps) *Promoter {
	check("Promoter", scope, id, props.Validate())
	d := props.Delivery
	function := NewGoFunction(scope, id, &GoFunctionProps{
		Package:     PromotePackage,
		Description: "Copies validated image indexes to the release repositories, by digest, and points tags at them",
		MemoryMB:    512,
		// What takes longer goes on in another invocation.
		Timeout: 5 * time.Minute,
		// An action waits 20 minutes for its function: no repetition of the event may begin when
		// nobody waits any more.
		MaxEventAge: 15 * time.Minute,
		Files:       d.files(),
		Environment: map[string]string{settings.RegistryEnvironment: registryHost()},
		Statements: slices.Concat([]awsiam.PolicyStatement{
			registryLoginStatement(),
			allow([]*string{pipelineARN(scope, d.PipelineName)},
				"codepipeline:GetPipelineExecution", "codepipeline:GetPipelineState",
				"codepipeline:ListActionExecutions"),
		}, d.Source.tells(d.Rules), []awsiam.PolicyStatement{jobResultStatement()}),
		Logs: props.Logs,
	})
	except(function.Role, wildcardLoginAndJob)

	targets := releases(d.Images)
	// To ECR, pointing a tag is a push too.
	statements := slices.Concat([]awsiam.PolicyStatement{
		allow(repositoryARNs(stagings(d.Images)), ecrPull...),
		allow(repositoryARNs(targets), ecrCopyTo...),
	}, signStatements(scope, props.SigningProfile, targets...))
	access := awsiam.NewPolicy(function.Construct, jsii.String("Access"), &awsiam.PolicyProps{
		Roles: &[]awsiam.IRole{function.Role},
		Document: awsiam.NewPolicyDocument(&awsiam.PolicyDocumentProps{Statements: &statements,
			Minimize: jsii.Bool(true)}),
	})
	writers := []*string{function.Role.RoleArn()}
	for _, arn := range props.Writers {
		writers = append(writers, &arn)
	}
	for _, image := range d.Images {
		image.Repositories.onlyWriters(writers...)
	}
	return &Promoter{GoFunction: function, Access: access}
}

package constructs

import (
	"errors"
	"regexp"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsecr"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// RegistryProps describes where the releases of one image are kept.
type RegistryProps struct {
	// RepositoryName is the name under which people pull the image.
	// Default: CloudFormation generates a name.
	RepositoryName string

	// MovingTags are the tags that may be pointed at another image later, as ECR's wildcard filters (e.g. "latest",
	// "nightly-*"): at most 5, each with at most 2 asterisks. Every other tag, once written, stays as it is.
	// Default: none, every tag is immutable.
	MovingTags []string

	// UntaggedDays is the number of days after which an image that no tag names is deleted, such as what a failed run
	// has pushed. It is also how long a run may wait (for an approval, say) between its builds and its promotion.
	// Default: 14.
	UntaggedDays int

	// KeepUntagged keeps images that no tag names, for signatures have no tags, and no lifecycle rule can tell them apart.
	// Default: false, they are deleted after UntaggedDays.
	KeepUntagged bool

	// EncryptionKey encrypts the images.
	// Default: AES-256 with a key that ECR manages, which costs nothing.
	EncryptionKey awskms.IKey

	// RemovalPolicy decides what becomes of the images when the registry leaves the stack; with DESTROY they are deleted.
	// Default: RETAIN.
	RemovalPolicy awscdk.RemovalPolicy
}

// ECR's limits: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ImageTagMutabilityExclusionFilter.html
const (
	maxMovingTags = 5
	maxWildcards  = 2
)

var movingTagPattern = regexp.MustCompile(`^[0-9a-zA-Z._*-]{1,128}$`)

// Validate reports everything that is wrong with the props.
func (p *RegistryProps) Validate() error {
	if p == nil {
		return nil // nothing is required
	}
	var errs []error
	if n := len(p.MovingTags); n > maxMovingTags {
		errs = append(errs, wrong("MovingTags", "has %d filters: ECR allows %d, so cover several tags by one filter with a *", n, maxMovingTags))
	}
	for i, filter := range p.MovingTags {
		switch {
		case unresolved(filter):
		case !movingTagPattern.MatchString(filter):
			errs = append(errs, wrong(at("MovingTags", i), "is %q: ECR allows 1 to 128 letters, digits, and the characters . _ - *", filter))
		case strings.Count(filter, "*") > maxWildcards:
			errs = append(errs, wrong(at("MovingTags", i), "is %q: ECR allows %d asterisks in a filter", filter, maxWildcards))
		}
	}
	if p.UntaggedDays < 0 {
		errs = append(errs, wrong("UntaggedDays", "is %d: ECR counts whole days from 1", p.UntaggedDays))
	}
	if p.KeepUntagged && p.UntaggedDays != 0 {
		errs = append(errs, wrong("UntaggedDays", "is %d, but KeepUntagged says that nothing is deleted: leave out one of them", p.UntaggedDays))
	}
	return errors.Join(errs...)
}

// Registry is an ECR repository for the releases of one image, and beside it one for the builds' layer cache, so that the
// repository that people pull from holds nothing but images.
type Registry struct {
	constructs.Construct

	// Repository holds the images.
	Repository awsecr.Repository

	// Cache holds the layer caches. Losing it costs time, nothing else.
	Cache awsecr.Repository
}

// NewRegistry adds the two repositories to scope. props may be nil.
func NewRegistry(scope constructs.Construct, id string, props *RegistryProps) *Registry {
	check("Registry", scope, id, props.Validate())
	var p RegistryProps
	if props != nil {
		p = *props
	}
	fill(&p.UntaggedDays, 14)
	fill(&p.RemovalPolicy, awscdk.RemovalPolicy_RETAIN)

	this := &Registry{Construct: constructs.NewConstruct(scope, &id)}
	this.Repository = awsecr.NewRepository(this.Construct, jsii.String("Images"), &awsecr.RepositoryProps{
		RepositoryName:                     optional(p.RepositoryName),
		ImageTagMutability:                 mutability(p.MovingTags),
		ImageTagMutabilityExclusionFilters: exclusions(p.MovingTags),
		ImageScanOnPush:                    jsii.Bool(true),
		RemovalPolicy:                      p.RemovalPolicy,
		EmptyOnDelete:                      jsii.Bool(p.RemovalPolicy == awscdk.RemovalPolicy_DESTROY),
		LifecycleRules:                     p.lifecycle(),
	})
	this.Cache = awsecr.NewRepository(this.Construct, jsii.String("Cache"), &awsecr.RepositoryProps{
		ImageTagMutability: awsecr.TagMutability_MUTABLE, // each build replaces its architecture's cache
		ImageScanOnPush:    jsii.Bool(false),             // nobody runs a cache
		RemovalPolicy:      awscdk.RemovalPolicy_DESTROY,
		EmptyOnDelete:      jsii.Bool(true),
		LifecycleRules: &[]*awsecr.LifecycleRule{{
			Description:  jsii.String("Caches that a newer build has replaced"),
			TagStatus:    awsecr.TagStatus_UNTAGGED,
			MaxImageAge:  awscdk.Duration_Days(jsii.Number(1)),
			RulePriority: jsii.Number(1),
		}},
	})
	encrypt(this.Repository, p.EncryptionKey)
	encrypt(this.Cache, p.EncryptionKey)
	return this
}

// lifecycle deletes nothing that a tag names, by any way.
func (p *RegistryProps) lifecycle() *[]*awsecr.LifecycleRule {
	if p.KeepUntagged {
		return nil
	}
	return &[]*awsecr.LifecycleRule{{
		// The architectures of a live index have no tags of their own, and yet this rule can't delete one: ECR keeps a
		// manifest for as long as an index names it (ImageReferencedByManifestList), and the index itself has a tag. A rule
		// that counts or ages tagged images is not safe: ECR expires a whole image with all its tags, and pointing a tag at an
		// image again does not make the image younger, so that a rule for old tags would one day delete what "latest" serves.
		Description:  jsii.String("Images that no tag names: what failed runs and superseded releases left"),
		TagStatus:    awsecr.TagStatus_UNTAGGED,
		MaxImageAge:  awscdk.Duration_Days(jsii.Number(p.UntaggedDays)),
		RulePriority: jsii.Number(1),
	}}
}

// URI is the address of the image repository, without a tag.
func (r *Registry) URI() *string { return RepositoryURI(r.Repository) }

func mutability(movingTags []string) awsecr.TagMutability {
	if len(movingTags) == 0 {
		return awsecr.TagMutability_IMMUTABLE
	}
	return awsecr.TagMutability_IMMUTABLE_WITH_EXCLUSION
}

func exclusions(movingTags []string) *[]awsecr.ImageTagMutabilityExclusionFilter {
	if len(movingTags) == 0 {
		return nil
	}
	var filters []awsecr.ImageTagMutabilityExclusionFilter
	for _, filter := range movingTags {
		filters = append(filters, awsecr.ImageTagMutabilityExclusionFilter_Wildcard(&filter))
	}
	return &filters
}

// encrypt is explicit about ECR's own key too, which the CDK leaves out of the template.
func encrypt(repository awsecr.Repository, key awskms.IKey) {
	configuration := &awsecr.CfnRepository_EncryptionConfigurationProperty{EncryptionType: jsii.String("AES256")}
	if key != nil {
		configuration = &awsecr.CfnRepository_EncryptionConfigurationProperty{EncryptionType: jsii.String("KMS"), KmsKey: key.KeyArn()}
	}
	repository.Node().DefaultChild().(awsecr.CfnRepository).SetEncryptionConfiguration(configuration)
}

package constructs

import (
	"errors"
	"regexp"
	"strings"

	"archway/internal/settings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsecr"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// RepositoriesProps describes where one image is kept.
type RepositoriesProps struct {
	// RepositoryName is the name under which people pull the image. The functions must know it, so
	// it can't be generated. Required.
	RepositoryName string

	// MovingTags are the tags that may be pointed at another image later, as ECR's wildcard filters
	// (e.g. "latest", "nightly-*"): at most 5, each with at most 2 asterisks. Every other tag, once
	// written, stays as it is. Default: none, every tag is immutable.
	MovingTags []string

	// StagingDays is the number of days after which what no tag names is deleted from the staging
	// repository: it is how long a run may wait (for an approval, say) between its builds and its
	// promotion. Default: 14.
	StagingDays int

	// KeepUntagged keeps releases that no tag names, for signatures have no tags, and no lifecycle
	// rule can tell them apart. Default: false, they are deleted after 14 days.
	KeepUntagged bool

	// NeverPromoted leaves out the release repository: the image is built and validated, and nobody
	// is to pull it. Default: false.
	NeverPromoted bool

	// EncryptionKey encrypts the images.
	// Default: AES-256 with a key that ECR manages, which costs nothing.
	EncryptionKey awskms.IKey

	// RemovalPolicy decides what becomes of the releases when they leave the stack; with DESTROY
	// they are deleted. What is staged can be built again, and is always deleted.
	// Default: RETAIN_ON_UPDATE_OR_DELETE: it stays, unless the stack's creation fails.
	RemovalPolicy awscdk.RemovalPolicy
}

// ECR's limits:
// https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ImageTagMutabilityExclusionFilter.html
const (
	maxMovingTags = 5
	maxWildcards  = 2
)

// releaseDays is how long ECR keeps a release that no tag names any more.
const releaseDays = 14

var (
	movingTagPattern = regexp.MustCompile(`^[0-9a-zA-Z._*-]{1,128}$`)

	// https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html
	repositoryName = regexp.MustCompile(`^(?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*$`)
)

// Validate reports everything that is wrong with the props.
func (p *RepositoriesProps) Validate() error {
	if p == nil {
		return errNoProps
	}
	errs := []error{missing(p.RepositoryName == "", "RepositoryName", "the name under which people pull the image")}
	switch name := p.RepositoryName; {
	case name == "":
	case !repositoryName.MatchString(name) || len(name) < 2 || len(settings.Staging(name)) > 256:
		errs = append(errs,
			wrong("RepositoryName",
				"is %q: ECR allows 2 to 256 lowercase letters, digits, and single . _ - / between them, and %q must fit too",
				name, settings.Staging(name)))
	}
	if n := len(p.MovingTags); n > maxMovingTags {
		errs = append(errs,
			wrong("MovingTags", "has %d filters: ECR allows %d, so cover several tags by one filter with a *", n,
				maxMovingTags))
	}
	for i, filter := range p.MovingTags {
		switch {
		case unresolved(filter):
		case !movingTagPattern.MatchString(filter):
			errs = append(errs,
				wrong(at("MovingTags", i), "is %q: ECR allows 1 to 128 letters, digits, and the characters . _ - *",
					filter))
		case strings.Count(filter, "*") > maxWildcards:
			errs = append(errs,
				wrong(at("MovingTags", i), "is %q: ECR allows %d asterisks in a filter", filter, maxWildcards))
		}
	}
	if p.StagingDays < 0 {
		errs = append(errs, wrong("StagingDays", "is %d: ECR counts whole days from 1", p.StagingDays))
	}
	return errors.Join(errs...)
}

// Repositories are where one image is kept: in a staging repository, which builds write to, and in
// a release repository, which people pull from and only a [Promoter] writes to. ECR has no
// condition on tags: whoever may push an image may move a tag. So what runs somebody's Dockerfile
// can't push where people pull.
type Repositories struct {
	constructs.Construct

	// Name is the name of the release repository, and of the staging repository without its prefix.
	Name string

	// Staging holds what builds push by digest, and their layer caches under the tags of
	// [CacheTag].
	Staging awsecr.Repository

	// Release holds what was promoted; nil if nothing ever is.
	Release awsecr.Repository

	// StagingDays is after how many days what no tag names leaves the staging repository.
	StagingDays int
}

// NewRepositories adds the repositories to scope.
func NewRepositories(scope constructs.Construct, id string, props *RepositoriesProps) *Repositories {
	check("Repositories", scope, id, props.Validate())
	p := *props
	fill(&p.StagingDays, 14)
	fill(&p.RemovalPolicy, awscdk.RemovalPolicy_RETAIN_ON_UPDATE_OR_DELETE)

	this := &Repositories{Construct: constructs.NewConstruct(scope, &id), Name: p.RepositoryName,
		StagingDays: p.StagingDays}
	this.Staging = awsecr.NewRepository(this.Construct, jsii.String("Staging"), &awsecr.RepositoryProps{
		RepositoryName: jsii.String(settings.Staging(p.RepositoryName)),
		// Nothing but caches has tags, and each build replaces its architecture's.
		ImageTagMutability: awsecr.TagMutability_MUTABLE,
		ImageScanOnPush:    jsii.Bool(true), // before anybody decides about a promotion
		RemovalPolicy:      awscdk.RemovalPolicy_DESTROY,
		EmptyOnDelete:      jsii.Bool(true),
		LifecycleRules: untagged(p.StagingDays,
			"What was built: it is copied to the release repository when it is promoted. Also caches that a newer build has replaced"),
	})
	encrypt(this.Staging, p.EncryptionKey)
	if p.NeverPromoted {
		return this
	}
	var lifecycle *[]*awsecr.LifecycleRule
	if !p.KeepUntagged {
		// The architectures of a live index have no tags of their own, and yet this rule can't
		// delete one: ECR keeps a manifest for as long as an index names it
		// (ImageReferencedByManifestList), and the index itself has a tag. A rule that counts or
		// ages tagged images is not safe: ECR expires a whole image with all its tags, and pointing
		// a tag at an image again does not make the image younger, so that a rule for old tags
		// would one day delete what "latest" serves.
		lifecycle = untagged(releaseDays,
			"Releases that no tag names any more, and what a promotion left that was broken off")
	}
	// It had this id before there was another repository beside it: with a new one, CloudFormation
	// would try to create a repository whose name is taken.
	this.Release = awsecr.NewRepository(this.Construct, jsii.String("Images"), &awsecr.RepositoryProps{
		RepositoryName:                     &p.RepositoryName,
		ImageTagMutability:                 mutability(p.MovingTags),
		ImageTagMutabilityExclusionFilters: exclusions(p.MovingTags),
		ImageScanOnPush:                    jsii.Bool(true),
		RemovalPolicy:                      p.RemovalPolicy,
		EmptyOnDelete:                      jsii.Bool(p.RemovalPolicy == awscdk.RemovalPolicy_DESTROY),
		LifecycleRules:                     lifecycle,
	})
	encrypt(this.Release, p.EncryptionKey)
	return this
}

// CacheTag is the tag of the layer cache of one architecture. Two builds that share a tag overwrite
// each other's cache.
func CacheTag(of Platform) string { return "cache-" + of.Name() }

func untagged(days int, description string) *[]*awsecr.LifecycleRule {
	return &[]*awsecr.LifecycleRule{{
		Description:  &description,
		TagStatus:    awsecr.TagStatus_UNTAGGED,
		MaxImageAge:  awscdk.Duration_Days(jsii.Number(days)),
		RulePriority: jsii.Number(1),
	}}
}

// onlyWriters denies to all other principals, of this account and of others, what writes an image
// into the release repository. A Deny for everybody but some, by the role's ARN: with NotPrincipal,
// a session of the role would have to be named as well. Neither the repository's policy nor the
// repository is protected by it, so that an administrator has a way out.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalarn
func (r *Repositories) onlyWriters(arns ...*string) {
	r.Release.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid:        jsii.String("OnlyThePromoterWrites"),
		Effect:     awsiam.Effect_DENY,
		Principals: &[]awsiam.IPrincipal{awsiam.NewStarPrincipal()},
		Actions:    jsii.Strings(ecrWrite...),
		Conditions: &map[string]any{"ArnNotEquals": map[string]any{"aws:PrincipalArn": arns}},
	}))
}

// URI is the address that people pull from, without a tag; that of the staging repository if
// nothing is promoted.
func (r *Repositories) URI() *string {
	if r.Release == nil {
		return RepositoryURI(r.Staging)
	}
	return RepositoryURI(r.Release)
}

// stagings and releases are the repositories of images.
func stagings(images []PipelineImage) []awsecr.IRepository {
	var all []awsecr.IRepository
	for _, image := range images {
		all = append(all, image.Repositories.Staging)
	}
	return all
}

func releases(images []PipelineImage) []awsecr.IRepository {
	var all []awsecr.IRepository
	for _, image := range images {
		if image.Repositories.Release != nil {
			all = append(all, image.Repositories.Release)
		}
	}
	return all
}

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
		configuration = &awsecr.CfnRepository_EncryptionConfigurationProperty{EncryptionType: jsii.String("KMS"),
			KmsKey: key.KeyArn()}
	}
	repository.Node().DefaultChild().(awsecr.CfnRepository).SetEncryptionConfiguration(configuration)
}

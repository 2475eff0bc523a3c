package constructs

import (
	"archway/internal/spec"
	"archway/internal/strict"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsecr"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// PullThroughCacheProps describes the cache of one registry.
type PullThroughCacheProps struct {
	// Upstream is the registry whose images are cached. Required.
	Upstream Upstream

	// Prefix is what the names of the cache's repositories begin with: library/debian of Docker Hub
	// is then PREFIX/library/debian. It is a name, so that the stacks whose builds pull from the
	// cache need nothing from this one. Required.
	Prefix string

	// CredentialsARN is the ARN of a secret in Secrets Manager whose name begins with
	// ecr-pullthroughcache/, with the login that ECR uses: Docker Hub's, GitHub's and GitLab's
	// registries want one. Default: no login.
	CredentialsARN string
}

// Validate reports everything that is wrong with the props.
func (p *PullThroughCacheProps) Validate() error {
	if p == nil {
		return errNoProps
	}
	errs := []error{validUpstream("Upstream", p.Upstream), named("Prefix", "prefix", p.Prefix)}
	if arn := p.CredentialsARN; !unresolved(arn) &&
		spec.Named("login").Check(arn) != "" { // not shown: it may be the login itself
		errs = append(errs,
			wrong("CredentialsARN",
				"is none of a secret whose name begins with ecr-pullthroughcache/: ECR takes no other"))
	}
	return errors.Join(errs...)
}

func validUpstream(prop string, u Upstream) error {
	if slices.Contains(u.Choices(), string(u)) {
		return nil
	}
	return wrong(prop, "is %q: give one of %q", u, u.Choices())
}

// PullThroughCache has ECR keep what is pulled from another registry by way of the account's own.
type PullThroughCache struct {
	constructs.Construct

	// Rule says which registry is cached under which prefix. An account has one for each prefix and
	// Region.
	Rule awsecr.CfnPullThroughCacheRule

	// Template says what the repositories are like that ECR creates for the cache.
	Template awsecr.CfnRepositoryCreationTemplate
}

// cachedDays is how long a cached image stays. ECR fetches it again when it is asked for the next
// time.
const cachedDays = 90

// NewPullThroughCache adds the cache to scope. What it holds outlives it: ECR creates the
// repositories, not CloudFormation.
func NewPullThroughCache(scope constructs.Construct, id string, props *PullThroughCacheProps) *PullThroughCache {
	check("PullThroughCache", scope, id, props.Validate())
	this := &PullThroughCache{Construct: constructs.NewConstruct(scope, &id)}
	this.Template = awsecr.NewCfnRepositoryCreationTemplate(this.Construct, jsii.String("Template"),
		&awsecr.CfnRepositoryCreationTemplateProps{
			Prefix:      &props.Prefix,
			AppliedFor:  jsii.Strings("PULL_THROUGH_CACHE"),
			Description: jsii.String("Images of " + props.Upstream.Host() + ", cached for builds"),
			// Tags of other registries move.
			ImageTagMutability: jsii.String("MUTABLE"),
			// With a key of the customer's, ECR would need a role to create the repositories; what
			// is in them is public.
			EncryptionConfiguration: &awsecr.CfnRepositoryCreationTemplate_EncryptionConfigurationProperty{
				EncryptionType: jsii.String("AES256")},
			LifecyclePolicy: jsii.String(strict.Encode(map[string]any{"rules": []any{map[string]any{
				"rulePriority": 1,
				"description":  "What is needed again is cached again",
				"selection": map[string]any{"tagStatus": "any", "countType": "sinceImagePushed", "countUnit": "days",
					"countNumber": cachedDays},
				"action": map[string]any{"type": "expire"},
			}}})),
		})
	this.Rule = awsecr.NewCfnPullThroughCacheRule(this.Construct, jsii.String("Rule"),
		&awsecr.CfnPullThroughCacheRuleProps{
			EcrRepositoryPrefix: &props.Prefix,
			UpstreamRegistry:    jsii.String(string(props.Upstream)),
			UpstreamRegistryUrl: jsii.String(props.Upstream.URL()),
			CredentialArn:       optional(props.CredentialsARN),
		})
	// The first pull may come as soon as the rule is there.
	this.Rule.AddResourceDependency(this.Template, nil)
	return this
}

func pullThroughProblems(prop string, prefixes map[Upstream]string) error {
	var errs []error
	for _, upstream := range slices.Sorted(maps.Keys(prefixes)) {
		at := fmt.Sprintf("%s[%q]", prop, upstream)
		errs = append(errs, validUpstream(at, upstream), named(at, "prefix", prefixes[upstream]))
	}
	return errors.Join(errs...)
}

// ecrPullThrough are pulls through a cache: the first of an image imports it, and the first of a
// repository creates it, both in the name of who pulls.
// https://docs.aws.amazon.com/AmazonECR/latest/userguide/pull-through-cache-iam.html
var ecrPullThrough = append([]string{"ecr:BatchImportUpstreamImage", "ecr:CreateRepository"}, ecrPull...)

// pullThroughStatements let a build pull through the caches.
func pullThroughStatements(scope constructs.Construct, prefixes map[Upstream]string) []awsiam.PolicyStatement {
	if len(prefixes) == 0 {
		return nil
	}
	var repositories []*string
	for _, upstream := range slices.Sorted(maps.Keys(prefixes)) {
		repositories = append(repositories, awscdk.Stack_Of(scope).FormatArn(&awscdk.ArnComponents{
			Service: jsii.String("ecr"), Resource: jsii.String("repository"),
			ResourceName: jsii.String(prefixes[upstream] + "/*"),
		}))
	}
	return []awsiam.PolicyStatement{allow(repositories, ecrPullThrough...)}
}

func wildcardCaches(prefixes map[Upstream]string) []exception {
	if len(prefixes) == 0 {
		return nil
	}
	var findings []any
	for _, upstream := range slices.Sorted(maps.Keys(prefixes)) {
		name := strings.ReplaceAll(regexp.QuoteMeta(prefixes[upstream]), "/", `\/`)
		findings = append(findings, map[string]any{"regex": `/^Resource::arn:[^/]+:repository\/` + name + `\/\*$/`})
	}
	return []exception{wildcard("Dockerfiles name what is pulled through the cache. The prefix holds nothing else.",
		findings...)}
}

// mirrors is the part of buildkitd.toml that has BuildKit ask the caches first, and the registries
// themselves if these refuse or fail; empty if there are none. ECR has no copy of what is first
// asked for by a digest, as FROM NAME:TAG@sha256:… does, so such an image comes from its registry
// until somebody pulls the tag: https://github.com/aws/containers-roadmap/issues/2837.
// https://docs.docker.com/build/buildkit/toml-configuration/
func mirrors(scope constructs.Construct, prefixes map[Upstream]string) string {
	stack := awscdk.Stack_Of(scope)
	var toml strings.Builder
	for _, upstream := range slices.Sorted(maps.Keys(prefixes)) {
		fmt.Fprintf(&toml, "[registry.%q]\n  mirrors = [\"%s.dkr.ecr.%s.%s/%s\"]\n", upstream.Host(), *stack.Account(),
			*stack.Region(), *stack.UrlSuffix(), prefixes[upstream])
	}
	return toml.String()
}

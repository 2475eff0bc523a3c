package config

import (
	"fmt"
	"regexp"
	"strings"

	"archway/internal/settings"
)

// PullThrough has builds take another registry's images from a cache in ECR, so that neither that registry's rate limits nor its
// outages stop them. Dockerfiles stay as they are.
type PullThrough struct {
	// The other registry.
	Upstream Upstream `json:"upstream" jsonschema:"required"`

	// What the names of the cache's repositories begin with: 2 to 30 lower-case letters, digits, and the characters . _ - /
	// Default: the upstream's name.
	Prefix string `json:"prefix"`

	// ARN of a secret of Secrets Manager in this account and Region, whose name begins with ecr-pullthroughcache/: a JSON object
	// with username and accessToken for the other registry. Required for docker-hub, github-container-registry and
	// gitlab-container-registry. Default: no login.
	Credentials string `json:"credentials"`

	// Whether the account has a rule for this prefix already. If not, the stack creates it. Default: false.
	Existing bool `json:"existing"`
}

// Upstream is a registry that ECR can cache, by ECR's name for it.
type Upstream string

const (
	DockerHub               Upstream = "docker-hub"
	ECRPublic               Upstream = "ecr-public"
	GitHubContainerRegistry Upstream = "github-container-registry"
	GitLabContainerRegistry Upstream = "gitlab-container-registry"
	Kubernetes              Upstream = "k8s"
	Quay                    Upstream = "quay"
)

var upstreams = []Upstream{DockerHub, ECRPublic, GitHubContainerRegistry, GitLabContainerRegistry, Kubernetes, Quay}

// asksForLogin are those of which ECR wants credentials.
// https://docs.aws.amazon.com/AmazonECR/latest/userguide/pull-through-cache-creating-rule.html
var asksForLogin = map[Upstream]bool{DockerHub: true, GitHubContainerRegistry: true, GitLabContainerRegistry: true}

var (
	// https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreatePullThroughCacheRule.html (ecrRepositoryPrefix)
	cachePrefix = nameRule{
		pattern: regexp.MustCompile(`^[a-z0-9]+(?:[._-][a-z0-9]+)*(?:/[a-z0-9]+(?:[._-][a-z0-9]+)*)*$`), least: 2, most: 30,
		says: `ECR takes prefixes of 2 to 30 lower-case letters and digits, in parts that are separated by one of . _ - /`,
		cure: `use one such as "docker-hub"`,
	}

	// https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreatePullThroughCacheRule.html (credentialArn)
	cacheCredentials = nameRule{
		pattern: regexp.MustCompile(`^(?:arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:ecr-pullthroughcache/[A-Za-z0-9/_+=.@-]+)?$`), most: 612,
		says: `ECR takes the ARN of a secret whose name begins with ecr-pullthroughcache/`,
		cure: `use one such as "arn:aws:secretsmanager:eu-west-1:111122223333:secret:ecr-pullthroughcache/docker-hub-AbCdEf", as aws secretsmanager create-secret prints it`,
	}
)

func (r *reader) pullThrough(registry object) []PullThrough {
	list, ok := registry.list("pullThrough")
	if !ok {
		return nil
	}
	var all []PullThrough
	seen, prefixes := names{}, names{}
	for i, value := range list {
		at := item(registry.path("pullThrough"), i)
		o, ok := r.object(at, value, keysOf[PullThrough]())
		if !ok {
			continue
		}
		p := r.pullThroughRule(o)
		if p.Upstream == "" {
			continue
		}
		seen.add(r, o.path("upstream"), string(p.Upstream), "builds ask one cache for each registry: remove one")
		prefixes.add(r, o.path("prefix"), p.Prefix, "a prefix is the cache of one registry: choose another")
		all = append(all, p)
	}
	return all
}

func (r *reader) pullThroughRule(o object) PullThrough {
	var p PullThrough
	if !o.required("upstream", `name the registry whose images are cached, such as "docker-hub"`) {
		return p
	}
	p.Upstream = choice(o, "upstream", upstreams, "")
	p.Prefix = string(p.Upstream)
	if o.has("prefix") {
		p.Prefix = o.name("prefix", cachePrefix)
	}
	p.Credentials = o.credentials("credentials")
	p.Existing = o.flag("existing")
	switch {
	case p.Existing && p.Credentials != "":
		o.report("credentials", `belongs to the rule, which exists already: leave it out`)
	case !p.Existing && asksForLogin[p.Upstream] && (!o.has("credentials") || o.fields["credentials"] == ""):
		o.report("credentials", `is missing: ECR caches %s only with a login: store it with aws secretsmanager create-secret --name ecr-pullthroughcache/%s --secret-string '{"username": "…", "accessToken": "…"}', and give the ARN that this prints`, p.Upstream, p.Upstream)
	}
	return p
}

// credentials reads where a login is kept.
func (o object) credentials(key string) string {
	text, ok := o.fields[key].(string)
	if o.has(key) && (!ok || text != "" && !strings.HasPrefix(text, "arn:")) {
		// Not shown: it may be the login itself.
		o.r.report(o.path(key), nothing{}, "%s: %s; the login itself must not stand here", cacheCredentials.says, cacheCredentials.cure)
		return ""
	}
	return o.name(key, cacheCredentials)
}

// mirror tells the pipelines where their builds find the images of other registries.
func (c *Config) mirror(r *reader) {
	if c.Registry == nil {
		return
	}
	for i := range c.Pipelines {
		p := &c.Pipelines[i]
		p.warnOfEmptyCaches(c.Registry.PullThrough)
		for j, rule := range c.Registry.PullThrough {
			if rule.Prefix == "" {
				continue // it is reported
			}
			if p.PullThrough == nil {
				p.PullThrough = map[Upstream]string{}
			}
			p.PullThrough[rule.Upstream] = rule.Prefix
			at := below(item(below(below(root, "registry"), "pullThrough"), j), "prefix")
			for _, image := range p.Images {
				for _, repository := range []string{image.Repository, settings.Staging(image.Repository)} {
					if strings.HasPrefix(repository, rule.Prefix+"/") {
						r.report(at, rule.Prefix, "the repository %s of the pipeline %s would lie in the cache of %s: choose another prefix or repository", repository, p.Name, rule.Upstream)
					}
				}
			}
		}
	}
}

// warnOfEmptyCaches says of images whose base images must have digests that they don't fill the caches: ECR finds nothing for what is
// first asked for by a digest (https://github.com/aws/containers-roadmap/issues/2837), and then BuildKit asks the registry itself.
func (p *Pipeline) warnOfEmptyCaches(caches []PullThrough) {
	var names []string
	for _, cache := range caches {
		names = append(names, string(cache.Upstream))
	}
	for i := range p.Images {
		if image := &p.Images[i]; p.Class == "" && image.BaseImages == PinnedBaseImages && len(names) > 0 {
			image.Warnings = append(image.Warnings, fmt.Sprintf("%s: base images that are pinned to a digest don't fill the pull-through cache (%s): until somebody "+
				"pulls their tags through it, builds take them from the registry itself, by its limits (docs/security.md, Pull-through cache)",
				image.Name, strings.Join(names, ", ")))
		}
	}
}

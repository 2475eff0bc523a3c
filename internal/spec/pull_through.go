package spec

import "fmt"

// PullThrough has builds take another registry's images from a cache in ECR, so that neither that
// registry's rate limits nor its outages stop them. Dockerfiles stay as they are.
type PullThrough struct {
	// The other registry.
	Upstream Upstream `key:"upstream" jsonschema:"required" missing:"name the registry whose images are cached, such as \"docker-hub\""`

	// What the names of the cache's repositories begin with: 2 to 30 lower-case letters, digits,
	// and the characters . _ - / Default: the upstream's name.
	Prefix string `key:"prefix" rule:"prefix"`

	// ARN of a secret of Secrets Manager in this account and Region, whose name begins with
	// ecr-pullthroughcache/: a JSON object with username and accessToken for the other registry.
	// Required for docker-hub, github-container-registry and gitlab-container-registry. Default: no
	// login.
	Credentials string `key:"credentials" rule:"login"`

	// Whether the account has a rule for this prefix already. If not, the stack creates it.
	// Default: false.
	Existing bool `key:"existing"`
}

// Upstream is a registry that ECR can cache, by ECR's name for it.
type Upstream string

// The registries that have a fixed address.
const (
	DockerHub               Upstream = "docker-hub"
	ECRPublic               Upstream = "ecr-public"
	GitHubContainerRegistry Upstream = "github-container-registry"
	GitLabContainerRegistry Upstream = "gitlab-container-registry"
	Kubernetes              Upstream = "k8s"
	Quay                    Upstream = "quay"
)

// upstreams are the addresses: as ECR takes them, and, where that is another one, as Dockerfiles
// name them; and whether ECR wants credentials for them.
// https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreatePullThroughCacheRule.html
// (upstreamRegistryUrl)
// https://docs.aws.amazon.com/AmazonECR/latest/userguide/pull-through-cache-creating-rule.html
var upstreams = map[Upstream]struct {
	url, name string
	login     bool
}{
	DockerHub:               {url: "registry-1.docker.io", name: "docker.io", login: true},
	ECRPublic:               {url: "public.ecr.aws"},
	GitHubContainerRegistry: {url: "ghcr.io", login: true},
	GitLabContainerRegistry: {url: "registry.gitlab.com", login: true},
	Kubernetes:              {url: "registry.k8s.io"},
	Quay:                    {url: "quay.io"},
}

// Choices are the registries.
func (Upstream) Choices() []string {
	return texts(DockerHub, ECRPublic, GitHubContainerRegistry, GitLabContainerRegistry, Kubernetes, Quay)
}

// URL is the registry's address, as ECR takes it.
func (u Upstream) URL() string { return upstreams[u].url }

// Host is the registry's name in a Dockerfile's references.
func (u Upstream) Host() string {
	if registry := upstreams[u]; registry.name != "" {
		return registry.name
	}
	return upstreams[u].url
}

// Problems reports a login that ECR asks for, or has no use for.
func (p PullThrough) Problems() []Problem {
	switch {
	case p.Existing && p.Credentials != "":
		return []Problem{{Key: "credentials", Message: `belongs to the rule, which exists already: leave it out`}}
	case !p.Existing && upstreams[p.Upstream].login && p.Credentials == "":
		return []Problem{{Key: "credentials",
			Message: fmt.Sprintf(
				"is missing: ECR caches %s only with a login: store it with aws secretsmanager create-secret "+
					`--name ecr-pullthroughcache/%[1]s --secret-string '{"username": "…", "accessToken": "…"}', and give the ARN that this prints`,
				p.Upstream)}}
	}
	return nil
}

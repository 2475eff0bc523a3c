package cloudformation

import "slices"

// Cache is a rule by which ECR caches another registry.
type Cache struct {
	// Prefix of the repositories' names.
	Prefix string
	// Upstream is the address of the other registry.
	Upstream string
}

// pullThrough reads a rule. The login that it names is not looked up: nothing is
// fetched from the other registry here.
func (l *loader) pullThrough(_ string, p *properties) {
	p.text("UpstreamRegistry")
	p.text("CredentialArn")
	l.stack.Caches = append(l.stack.Caches, Cache{Prefix: p.required("EcrRepositoryPrefix"), Upstream: p.required("UpstreamRegistryUrl")})
}

// creationTemplate reads what the repositories of a cache are like.
func (l *loader) creationTemplate(_ string, p *properties) {
	p.required("Prefix")
	if !slices.Contains(p.texts("AppliedFor"), "PULL_THROUGH_CACHE") {
		p.fail("AppliedFor", "the rehearsal supports PULL_THROUGH_CACHE only")
	}
	// ECR could not bring the cache of a tag up to date.
	p.oneOf("ImageTagMutability", "", "MUTABLE")
}

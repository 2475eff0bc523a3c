package cloudformation

import "slices"

// Cache is a rule by which ECR caches another registry.
type Cache struct {
	// Prefix is that of the repositories' names.
	Prefix string
	// Upstream is the address of the other registry.
	Upstream string
}

func init() {
	describe("AWS::ECR::PullThroughCacheRule", descriptor{read: (*loader).pullThrough})
	describe("AWS::ECR::RepositoryCreationTemplate", descriptor{
		read: (*loader).creationTemplate,
		withoutEffect: map[string]string{
			"Description":             describes,
			"EncryptionConfiguration": encryption,
			"LifecyclePolicy":         expires,
		},
	})
}

// pullThrough reads a rule. The login that it names is not looked up: nothing is
// fetched from the other registry here.
func (l *loader) pullThrough(r *resource) {
	r.text("UpstreamRegistry")
	r.text("CredentialArn")
	l.stack.add(Cache{Prefix: r.required("EcrRepositoryPrefix"), Upstream: r.required("UpstreamRegistryUrl")})
}

// creationTemplate reads what the repositories of a cache are like.
func (l *loader) creationTemplate(r *resource) {
	r.required("Prefix")
	if !slices.Contains(r.texts("AppliedFor"), "PULL_THROUGH_CACHE") {
		r.fail("AppliedFor", "the rehearsal supports PULL_THROUGH_CACHE only")
	}
	// ECR could not bring the cache of a tag up to date.
	r.oneOf("ImageTagMutability", "", "MUTABLE")
}

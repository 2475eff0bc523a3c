package config

import "archway/internal/spec"

// Registry is about the registry that all pipelines share: an account has one in each Region. It
// becomes a stack of its own.
type Registry struct {
	// Signatures that ECR makes by itself when a pipeline pushes an image. An empty object, {}, is
	// enough. Default: nothing is signed.
	Signing *Signing `key:"signing"`

	// Other registries whose images builds take from a cache in this one, at most one cache for
	// each. Default: none.
	PullThrough []spec.PullThrough `key:"pullThrough"`
}

// Signing has ECR sign every manifest that a pipeline pushes into an image's repository.
type Signing struct {
	// Name of the signing profile in AWS Signer: 2 to 64 letters, digits and underscores.
	Profile string `key:"profile" default:"archway" rule:"profile"`

	// Whether the signing profile exists already in this account and Region. If not, the stack
	// creates it.
	Existing bool `key:"existing"`

	// Whether images that no tag names are deleted after 14 days all the same. AWS doesn't say
	// whether that spares signatures, which have no tags.
	ExpireUntagged bool `key:"expireUntagged"`
}

// RegistryStack is the name of the registry's stack.
const RegistryStack = "archway-registry"

// maxSigned is how many repositories a rule names.
// https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_SigningRule.html
const maxSigned = 100

func (r *reader) registry(config object, pipelines names) *Registry {
	const key = "registry"
	value, ok := config.fields[key]
	if !ok {
		return nil
	}
	o, ok := r.object(config.path(key), value, keysOf[Registry]())
	if !ok {
		return nil
	}
	pipelines.add(r, o.at, RegistryStack, "the registry's stack is called "+RegistryStack+": rename the pipeline")
	var registry Registry
	read(o, &registry, special{"pullThrough": func() { registry.PullThrough = r.pullThrough(o) }})
	return &registry
}

// sign tells the pipelines whose signatures their images get.
func (c *Plan) sign(r *reader) {
	if c.Registry == nil || c.Registry.Signing == nil {
		return
	}
	images := 0
	for i := range c.Pipelines {
		c.Pipelines[i].SigningProfile = c.Registry.Signing.Profile
		c.Pipelines[i].KeepUntagged = !c.Registry.Signing.ExpireUntagged
		if c.Pipelines[i].Promotes {
			images += len(c.Pipelines[i].Images)
		}
	}
	if images > maxSigned {
		r.report(below(below(root, "registry"), "signing"), nothing{},
			"has the images of %d repositories signed, but ECR takes %d in a rule: leave it out, or move pipelines to another Region or account",
			images, maxSigned)
	}
}

package config

import (
	"fmt"
	"strings"

	"archway/internal/settings"
	"archway/internal/spec"
)

func (r *reader) pullThrough(registry object) []spec.PullThrough {
	list, ok := registry.list("pullThrough")
	if !ok {
		return nil
	}
	var all []spec.PullThrough
	seen, prefixes := names{}, names{}
	for i, value := range list {
		at := item(registry.path("pullThrough"), i)
		o, ok := r.object(at, value, keysOf[spec.PullThrough]())
		if !ok {
			continue
		}
		var p spec.PullThrough
		read(o, &p, special{"credentials": func() { p.Credentials = o.credentials("credentials") }})
		if p.Upstream == "" {
			continue
		}
		if !o.has("prefix") {
			p.Prefix = string(p.Upstream)
		}
		seen.add(r, o.path("upstream"), string(p.Upstream), "builds ask one cache for each registry: remove one")
		prefixes.add(r, o.path("prefix"), p.Prefix, "a prefix is the cache of one registry: choose another")
		all = append(all, p)
	}
	return all
}

// credentials reads where a login is kept.
func (o object) credentials(key string) string {
	if !o.has(key) {
		return ""
	}
	text, ok := o.fields[key].(string)
	if !ok || text != "" && !strings.HasPrefix(text, "arn:") {
		// Not shown: it may be the login itself.
		login := spec.Named("login")
		o.r.report(o.path(key), nothing{}, "%s: %s; the login itself must not stand here", login.Says, login.Cure)
		return ""
	}
	return o.name(key, "login")
}

// mirror tells the pipelines where their builds find the images of other registries.
func (c *Plan) mirror(r *reader) {
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
				p.PullThrough = map[spec.Upstream]string{}
			}
			p.PullThrough[rule.Upstream] = rule.Prefix
			at := below(item(below(below(root, "registry"), "pullThrough"), j), "prefix")
			for _, image := range p.Images {
				for _, repository := range []string{image.Repository, settings.Staging(image.Repository)} {
					if strings.HasPrefix(repository, rule.Prefix+"/") {
						r.report(at, rule.Prefix,
							"the repository %s of the pipeline %s would lie in the cache of %s: choose another prefix or repository",
							repository, p.Name, rule.Upstream)
					}
				}
			}
		}
	}
}

// warnOfEmptyCaches says of images whose base images must have digests that they don't fill the
// caches: ECR finds nothing for what is first asked for by a digest
// (https://github.com/aws/containers-roadmap/issues/2837), and then BuildKit asks the registry
// itself.
func (p *Planned) warnOfEmptyCaches(caches []spec.PullThrough) {
	var names []string
	for _, cache := range caches {
		names = append(names, string(cache.Upstream))
	}
	for i := range p.Images {
		if image := &p.Images[i]; p.Class == "" && image.BaseImages == PinnedBaseImages && len(names) > 0 {
			p.ImageWarnings[image.Name] = append(p.ImageWarnings[image.Name],
				fmt.Sprintf("%s: base images that are pinned to a digest don't fill the pull-through cache (%s): until somebody "+
					"pulls their tags through it, builds take them from the registry itself, by its limits (docs/security.md, Pull-through cache)",
					image.Name, strings.Join(names, ", ")))
		}
	}
}

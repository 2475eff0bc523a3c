package rehearsal

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"archway/test/rehearse/internal/assembly"
	"archway/test/rehearse/internal/cloudformation"
	"archway/test/rehearse/internal/registry"

	"github.com/BurntSushi/toml"
)

// builderConfig is the variable with the part of buildkitd.toml that a build
// creates its builder with. Here all builds share one builder, which is therefore
// configured in their place.
const builderConfig = "BUILDKITD_CONFIG"

// addresses are the names that Dockerfiles have for registries whose address is
// another one.
var addresses = map[string]string{"docker.io": "registry-1.docker.io"}

// caches says where builds look first for the images of other registries, and has
// the registry answer there in the name of these, from the stand-ins of mirror.
func (r *Rehearsal) caches(stacks []*assembly.Stack, mirror string) (map[string]string, error) {
	configured, declared := map[string]string{}, map[string]string{}
	for _, s := range stacks {
		stack, err := cloudformation.Load(s, r.account)
		if err != nil {
			return nil, err
		}
		for _, cache := range stack.Caches {
			declared[cache.Prefix] = cache.Upstream
		}
		for _, project := range stack.Projects {
			for _, v := range project.Environment.Variables {
				if v.Name != builderConfig {
					continue
				}
				found, err := mirrorsIn(v.Value)
				if err != nil {
					return nil, fmt.Errorf("project %s: %s: %w", project.Name, builderConfig, err)
				}
				for upstream, cache := range found {
					if other, ok := configured[upstream]; ok && other != cache {
						return nil, fmt.Errorf("project %s: the cache of %s is %s, and another project's is %s: the rehearsal has one builder for all", project.Name, upstream, cache, other)
					}
					configured[upstream] = cache
				}
			}
		}
	}
	for _, upstream := range slices.Sorted(maps.Keys(configured)) {
		if err := r.addCache(upstream, configured[upstream], declared, mirror); err != nil {
			return nil, err
		}
	}
	return configured, nil
}

func (r *Rehearsal) addCache(upstream, cache string, declared map[string]string, mirror string) error {
	prefix, ok := strings.CutPrefix(cache, r.reg.Host()+"/")
	if !ok {
		return fmt.Errorf("builds look for the images of %s at %s, which is no cache of the account's registry %s", upstream, cache, r.reg.Host())
	}
	address := upstream
	if other, ok := addresses[upstream]; ok {
		address = other
	}
	switch of, ok := declared[prefix]; {
	case !ok:
		fmt.Fprintf(r.options.Progress, "no stack has the rule for %s/*: the account is taken to have it, for %s\n", prefix, address)
	case of != address:
		return fmt.Errorf("builds look for the images of %s under %s/, which is the cache of %s", address, prefix, of)
	}
	return r.reg.AddPullThrough(registry.PullThrough{Prefix: prefix, Mirror: mirror})
}

// mirrorsIn are the mirrors of a buildkitd.toml, by registry. What is more than
// that, the rehearsal's builder would not have.
func mirrorsIn(text string) (map[string]string, error) {
	var config struct {
		Registry map[string]struct {
			Mirrors []string `toml:"mirrors"`
		} `toml:"registry"`
	}
	meta, err := toml.Decode(text, &config)
	if err != nil {
		return nil, err
	}
	if unknown := meta.Undecoded(); len(unknown) > 0 {
		return nil, fmt.Errorf("the rehearsal supports mirrors only, and not %v", unknown)
	}
	mirrors := map[string]string{}
	for name, registry := range config.Registry {
		if len(registry.Mirrors) != 1 {
			return nil, fmt.Errorf("registry %s has %d mirrors: the rehearsal supports one", name, len(registry.Mirrors))
		}
		mirrors[name] = registry.Mirrors[0]
	}
	return mirrors, nil
}

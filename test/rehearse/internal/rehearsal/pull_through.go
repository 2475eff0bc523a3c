package rehearsal

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"archway/test/internal/assembly"
	"archway/test/rehearse/internal/aws/cloudformation"
	"archway/test/rehearse/internal/aws/codebuild"
	"archway/test/rehearse/internal/aws/ecr"

	"github.com/BurntSushi/toml"
)

// builderConfig is the variable with the part of buildkitd.toml that a build
// creates its builder with. Here all builds share one builder, which is therefore
// configured in their place.
const builderConfig = "BUILDKITD_CONFIG"

// builderImages is the variable with the images that a build creates its builder from.
const builderImages = "BUILDKIT_IMAGES"

// addresses are the names that Dockerfiles have for registries whose address is
// another one.
var addresses = map[string]string{"docker.io": "registry-1.docker.io"}

// builderSettings are what the projects' builders are configured with.
type builderSettings struct {
	mirrors   map[string]string // where they look first, by registry
	frontends []string          // repositories of Dockerfile frontends
	images    []string          // BuildKit's own, at several registries
}

// builderConfig says how the projects' builders are configured, and has the registry answer in the
// name of the registries whose images they look for there, from the stand-ins of mirror.
func (r *Rehearsal) builderConfig(stacks []*assembly.Stack, mirror string) (builderSettings, error) {
	configured, declared := builderSettings{mirrors: map[string]string{}}, map[string]string{}
	if r.options.BuildKitImage != "" {
		configured.images = []string{r.options.BuildKitImage}
	}
	for _, s := range stacks {
		stack, err := cloudformation.Load(s, r.account)
		if err != nil {
			return builderSettings{}, err
		}
		for _, cache := range cloudformation.Of[cloudformation.Cache](stack) {
			declared[cache.Prefix] = cache.Upstream
		}
		for _, project := range cloudformation.Of[*codebuild.Project](stack) {
			for _, v := range project.Environment.Variables {
				if v.Name == builderImages {
					configured.images = union(configured.images, strings.Fields(v.Value))
				}
				if v.Name != builderConfig {
					continue
				}
				found, err := parseBuilder(v.Value)
				if err != nil {
					return builderSettings{}, fmt.Errorf("project %s: %s: %w", project.Name, builderConfig, err)
				}
				if configured.frontends != nil && !slices.Equal(configured.frontends, found.frontends) {
					return builderSettings{},
						fmt.Errorf("project %s: frontends come from %q, and in another project from %q: the rehearsal has one builder for all",
							project.Name, found.frontends, configured.frontends)
				}
				configured.frontends = found.frontends
				for upstream, cache := range found.mirrors {
					if other, ok := configured.mirrors[upstream]; ok && other != cache {
						return builderSettings{},
							fmt.Errorf("project %s: the cache of %s is %s, and another project's is %s: the rehearsal has one builder for all",
								project.Name, upstream, cache, other)
					}
					configured.mirrors[upstream] = cache
				}
			}
		}
	}
	for _, upstream := range slices.Sorted(maps.Keys(configured.mirrors)) {
		if err := r.addCache(upstream, configured.mirrors[upstream], declared, mirror); err != nil {
			return builderSettings{}, err
		}
	}
	return configured, nil
}

func (r *Rehearsal) addCache(upstream, cache string, declared map[string]string, mirror string) error {
	prefix, ok := strings.CutPrefix(cache, r.reg.Host()+"/")
	if !ok {
		return fmt.Errorf("builds look for the images of %s at %s, which is no cache of the account's registry %s",
			upstream, cache, r.reg.Host())
	}
	address := upstream
	if other, ok := addresses[upstream]; ok {
		address = other
	}
	switch of, ok := declared[prefix]; {
	case !ok:
		fmt.Fprintf(r.options.Progress, "no stack has the rule for %s/*: the account is taken to have it, for %s\n",
			prefix, address)
	case of != address:
		return fmt.Errorf("builds look for the images of %s under %s/, which is the cache of %s", address, prefix, of)
	}
	return r.reg.AddPullThrough(ecr.PullThrough{Prefix: prefix, Mirror: mirror})
}

// parseBuilder reads a buildkitd.toml. What is more than mirrors and frontends, the
// rehearsal's builder would not have.
func parseBuilder(text string) (builderSettings, error) {
	var config struct {
		Frontend struct {
			Gateway struct {
				Allowed []string `toml:"allowedRepositories"`
			} `toml:"gateway.v0"`
		} `toml:"frontend"`
		Registry map[string]struct {
			Mirrors []string `toml:"mirrors"`
		} `toml:"registry"`
	}
	meta, err := toml.Decode(text, &config)
	if err != nil {
		return builderSettings{}, err
	}
	if unknown := meta.Undecoded(); len(unknown) > 0 {
		return builderSettings{}, fmt.Errorf("the rehearsal supports mirrors and frontends only, and not %v", unknown)
	}
	mirrors := map[string]string{}
	for name, registry := range config.Registry {
		if len(registry.Mirrors) != 1 {
			return builderSettings{},
				fmt.Errorf("registry %s has %d mirrors: the rehearsal supports one", name, len(registry.Mirrors))
		}
		mirrors[name] = registry.Mirrors[0]
	}
	return builderSettings{mirrors: mirrors, frontends: config.Frontend.Gateway.Allowed}, nil
}

// union adds what is not there yet.
func union(all, more []string) []string {
	for _, one := range more {
		if !slices.Contains(all, one) {
			all = append(all, one)
		}
	}
	return all
}

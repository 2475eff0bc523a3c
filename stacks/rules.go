package stacks

import (
	"maps"
	"slices"

	"archway/config"
	archway "archway/constructs"
	"archway/internal/platform"
)

// buildRules are what the rules change of an image's build for one platform: only the differences,
// so that many rules fit.
func buildRules(p *config.Planned, image *config.Image, target platform.Platform) map[string]archway.BuildRule {
	if len(p.Rules) == 0 {
		return nil
	}
	all := map[string]archway.BuildRule{}
	for _, r := range p.Rules {
		settings := p.Settings[r.Name][image.Name]
		one := archway.BuildRule{Skip: !slices.Contains(settings.Platforms, target)}
		if !one.Skip {
			one.NoCache = settings.NoCache
			if settings.Context != image.Context {
				one.Context = settings.Context
			}
			if settings.Dockerfile != image.Dockerfile {
				one.Dockerfile = settings.Dockerfile
			}
			one.BuildArgs = maps.Clone(settings.BuildArgs)
			maps.DeleteFunc(one.BuildArgs,
				func(name, value string) bool { before, had := image.BuildArgs[name]; return had && before == value })
		}
		all[r.Name] = one
	}
	return all
}

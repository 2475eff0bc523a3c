package stacks

import (
	"maps"
	"slices"

	"archway/config"
	archway "archway/constructs"
	"archway/internal/platform"
)

// rulesOf are the build rules as the constructs take them.
func rulesOf(rules []config.Rule) []archway.Rule {
	var all []archway.Rule
	for _, r := range rules {
		one := archway.Rule{Name: r.Name, Type: archway.RefType(r.Type), Exact: r.Exact, Pattern: r.Pattern, Tags: map[string]archway.Tags{}}
		for image, settings := range r.Settings {
			one.Tags[image] = archway.Tags{Immutable: settings.Tags.Immutable, Moving: settings.Tags.Moving}
		}
		all = append(all, one)
	}
	return all
}

// buildRules are what the rules change of an image's build for one platform: only the differences, so that many rules fit.
func buildRules(rules []config.Rule, image *config.Image, target platform.Platform) map[string]archway.BuildRule {
	if len(rules) == 0 {
		return nil
	}
	all := map[string]archway.BuildRule{}
	for _, r := range rules {
		settings := r.Settings[image.Name]
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
			maps.DeleteFunc(one.BuildArgs, func(name, value string) bool { before, had := image.BuildArgs[name]; return had && before == value })
		}
		all[r.Name] = one
	}
	return all
}

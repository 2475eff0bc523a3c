package stacks

import (
	"maps"
	"slices"

	"archway/config"
	archway "archway/constructs"
	"archway/internal/platform"
)

// FunctionPackages are the packages of the functions that the stacks deploy.
func FunctionPackages(cfg *config.Plan) []string {
	packages := []string{archway.ValidatePackage}
	if slices.ContainsFunc(cfg.Pipelines, func(p config.Planned) bool { return p.Promotes }) {
		packages = append(packages, archway.PromotePackage)
	}
	if slices.ContainsFunc(cfg.Pipelines, config.Planned.Topic) {
		packages = append(packages, archway.NotifyPackage)
	}
	if slices.ContainsFunc(cfg.Pipelines, func(p config.Planned) bool { return len(p.Rules) > 0 }) {
		packages = append(packages, archway.TriggerPackage)
	}
	if slices.ContainsFunc(cfg.Pipelines, func(p config.Planned) bool { return slices.ContainsFunc(p.Images, hasScanGate) }) {
		packages = append(packages, archway.ScanGatePackage)
	}
	return packages
}

// buildRules are what the rules change of an image's build for one platform: only the differences, so that many rules fit.
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
			maps.DeleteFunc(one.BuildArgs, func(name, value string) bool { before, had := image.BuildArgs[name]; return had && before == value })
		}
		all[r.Name] = one
	}
	return all
}

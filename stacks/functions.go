package stacks

import (
	"slices"

	"archway/config"
	archway "archway/constructs"
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
	for _, gate := range gatePackages {
		needs := func(p config.Planned) bool { return slices.ContainsFunc(p.Images, gate.needs) }
		if slices.ContainsFunc(cfg.Pipelines, needs) {
			packages = append(packages, gate.name)
		}
	}
	return packages
}

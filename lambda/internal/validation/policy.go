package validation

import (
	"maps"
	"slices"

	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/internal/platform"
	"archway/internal/settings"
	"archway/lambda/internal/pipeline/job"
	"archway/lambda/internal/verdict/check"
)

// Want is what an image's settings expect of its index, but for the platforms that must be there.
func Want(image *settings.Image) (check.Want, error) {
	v := image.Validation
	want := check.Want{Provenance: v.RequireProvenance, SBOM: v.RequireSBOM, Deep: !v.Quick, Downgrades: v.Downgrade}
	for _, name := range slices.Sorted(maps.Keys(v.Downgrade)) {
		if err := check.Downgradable(name, v.Downgrade[name]); err != nil {
			return want, job.Misconfigured("The settings of the image %s: %s.", image.Name, err)
		}
	}
	var err error
	want.Allowed, err = Platforms(image, v.AllowedPlatforms)
	return want, err
}

// Platforms reads platforms of an image's settings.
func Platforms(image *settings.Image, names []string) ([]specs.Platform, error) {
	var all []specs.Platform
	for _, name := range names {
		p, err := platform.Parse(name)
		if err != nil {
			return nil, job.Misconfigured("The settings of the image %s: %s.", image.Name, err)
		}
		all = append(all, p)
	}
	return all, nil
}

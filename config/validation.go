package config

import (
	"slices"

	"archway/internal/platform"
	"archway/internal/spec"
)

// validation reads how an image is judged. Platforms are those that it is built for.
func validation(image object, platforms []platform.Platform) spec.Validation {
	v, o := optional(image, "validation", func(o object, v *spec.Validation) special {
		return special{"allowedPlatforms": func() { v.AllowedPlatforms = o.allowed("allowedPlatforms", platforms) }}
	})
	if v == nil {
		return spec.Default[spec.Validation]()
	}
	if v.RequireSBOM && !image.has("sbom") {
		o.report("requireSBOM",
			"the image's builds make none, so that no run could succeed: add \"sbom\": {} to the image")
	}
	return *v
}

// allowed reads platforms that are not built.
func (o object) allowed(key string, built []platform.Platform) []string {
	return o.items(key, true, func(text string) string {
		if slices.Contains(built, platform.Platform(text)) {
			return "the image is built for it anyway: remove it here"
		}
		return spec.Named("platform").Check(text)
	})
}

package config

import (
	"slices"

	"archway/internal/platform"
	"archway/internal/spec"
)

// validation reads how an image is judged. Platforms are those that it is built for.
func validation(image object, platforms []platform.Platform) spec.Validation {
	v, _ := optional(image, "validation", func(o object, v *spec.Validation) special {
		return special{"allowedPlatforms": func() { v.AllowedPlatforms = o.allowed("allowedPlatforms", platforms) }}
	})
	if v == nil {
		return spec.Default[spec.Validation]()
	}
	v.Quick = !v.Deep
	return *v
}

func (o object) allowed(key string, built []platform.Platform) []string {
	allowed := []string{}
	list, _ := o.list(key)
	taken := names{}
	for i, value := range list {
		at := item(o.path(key), i)
		text, ok := typed[string](o.r, at, value, aString)
		if !ok {
			continue
		}
		broken := spec.Named("platform").Check(text)
		switch {
		case broken != "":
			o.r.report(at, text, "%s", broken)
		case slices.Contains(built, platform.Platform(text)):
			o.r.report(at, text, "the image is built for it anyway: remove it here")
		default:
			taken.add(o.r, at, text, "remove one of them")
			allowed = append(allowed, text)
		}
	}
	return allowed
}

package config

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"archway/internal/platform"
	"archway/internal/spec"

	"github.com/distribution/reference"
)

// image reads an image of a pipeline.
func (r *reader) image(at string, value any, p Planned, only bool) Image {
	image := defaultImage()
	o, ok := r.object(at, value, keysOf[Image]())
	if !ok {
		return image
	}
	var contextOK, dockerfileOK, platformsOK bool
	read(o, &image, special{
		"repository": func() { image.Repository = o.repository(p.Name, image.Name, only) },
		"context": func() {
			image.Context, contextOK = o.pathInside("context", image.Context, "the top of the source repository")
		},
		"dockerfile": func() {
			image.Dockerfile, dockerfileOK = o.pathInside("dockerfile", image.Dockerfile, "the context")
			switch {
			case !contextOK || !dockerfileOK:
			case p.Source.Seed != "":
				o.checkDockerfile(p.Source.Seed, image.Context, image.Dockerfile)
			default:
				o.misdirected(image.Context, image.Dockerfile)
			}
		},
		"buildArgs":  func() { image.BuildArgs = o.buildArgs("buildArgs") },
		"sbom":       func() { image.SBOM = sbom(o, image.BaseImages) },
		"secrets":    func() { image.Secrets = o.secrets("secrets") },
		"labels":     func() { image.Labels = o.labels("labels") },
		"platforms":  func() { image.Platforms, platformsOK = o.platforms("platforms", image.Platforms) },
		"tags":       func() { image.Tags, p.Filters[image.Name] = r.tags(o, p.Source.Branch) },
		"validation": func() { image.Validation = validation(o, image.Platforms) },
		"scanGate":   func() { image.ScanGate = scanGate(o) },
		"builds":     func() { image.Builds = r.builds(o, image.Platforms, platformsOK) },
		"buildkitImage": func() {
			image.BuildkitImage = o.reference("buildkitImage", "docker.io/moby/buildkit:v0.31.1")
		},
	})
	return image
}

// repository gives the name of the ECR repository, or "" if there is no valid one.
func (o object) repository(pipeline, image string, only bool) string {
	const key = "repository"
	if o.has(key) {
		text, _ := o.fields[key].(string)
		if bad := releaseAddress(text); bad != "" {
			o.report(key, "%s", bad)
			return ""
		}
		name := o.name(key, "repository")
		if elsewhere(name) {
			o.r.warn(o.path(key), name,
				"is pushed to ECR under this whole name: if another registry is meant, Archway pushes to none; "+
					"leave the host off")
		}
		if bad := badRelease(name); name != "" && bad != "" {
			o.report(key, "%s: %s", bad, spec.Named("repository").Cure)
			return ""
		}
		return name
	}
	if pipeline == "" || image == "" {
		return ""
	}
	name := strings.ToLower(pipeline)
	if !only && image != name {
		name += "/" + image
	}
	if bad := badRelease(name); bad != "" {
		o.r.report(o.path(key), name,
			`follows from the names of the pipeline and the image, but %s: set it, for example to "team/hello-go"`, bad)
		return ""
	}
	return name
}

// environment reports an object that, written as JSON, is too long for an environment variable of
// CodeBuild.
func (o object) environment(key string, entries map[string]string) map[string]string {
	if text, err := json.Marshal(entries); err == nil && len(text) > spec.MaxVariable {
		o.report(key,
			"has %d characters written as JSON, but CodeBuild takes at most %d in an environment variable: shorten or remove some",
			len(text), spec.MaxVariable)
	}
	return entries
}

// automatic are the build arguments that BuildKit sets for the platform it builds.
// https://docs.docker.com/reference/dockerfile/#automatic-platform-args-in-the-global-scope
var automatic = []string{
	"TARGETPLATFORM", "TARGETOS", "TARGETARCH", "TARGETVARIANT", "BUILDPLATFORM", "BUILDOS", "BUILDARCH",
	"BUILDVARIANT",
}

func (o object) buildArgs(key string) map[string]string {
	entries := o.entries(key, spec.Named("buildArg"))
	for _, name := range automatic {
		if _, ok := entries[name]; ok {
			o.r.report(below(o.path(key), name), entries[name],
				"BuildKit sets this one for each platform, and another value could put the wrong program into an image: remove it")
		}
	}
	o.warnOfSecrets(key, entries)
	return o.environment(key, entries)
}

// ours are the labels that every image gets, because the validation compares them.
var ours = []string{"org.opencontainers.image.revision", "org.opencontainers.image.source",
	"org.opencontainers.image.created"}

func (o object) labels(key string) map[string]string {
	entries := o.entries(key, spec.Named("label"))
	for _, name := range ours {
		if _, ok := entries[name]; ok {
			o.r.report(below(o.path(key), name), entries[name],
				"Archway sets this label itself, from the commit: remove it")
		}
	}
	return o.environment(key, entries)
}

// platforms reads the platforms, and reports whether all of them are good.
func (o object) platforms(key string, fallback []platform.Platform) ([]platform.Platform, bool) {
	list, ok := o.list(key)
	if !ok {
		return fallback, !o.has(key)
	}
	before := len(o.r.problems)
	if len(list) == 0 {
		o.report(key, "is empty: list %s, or both", spec.Quoted(platform.All()))
	}
	var platforms []platform.Platform
	for _, text := range o.items(key, true, func(text string) string {
		p, err := platform.Parse(text)
		switch {
		case err != nil || !platform.Of(p).Buildable():
			return platform.Unbuildable + ": use " + spec.Quoted(platform.All())
		case platform.Of(p).String() != text:
			return fmt.Sprintf("is another spelling of %q: use that", platform.Of(p))
		}
		return ""
	}) {
		platforms = append(platforms, platform.Platform(text))
	}
	slices.Sort(platforms)
	return platforms, len(o.r.problems) == before
}

// builds fills in the machines for the platforms of the image. If those are not good, nothing is
// said about machines that fit none of them.
func (r *reader) builds(image object, platforms []platform.Platform, platformsOK bool) map[string]spec.Build {
	builds := map[string]spec.Build{}
	for _, p := range platforms {
		builds[p.Name()] = spec.Default[spec.Build]()
	}
	value, ok := image.fields["builds"]
	if !ok {
		return builds
	}
	var known []string
	for _, p := range platform.All() {
		known = append(known, p.Name())
	}
	o, _ := r.object(image.path("builds"), value, known)
	for _, p := range platform.All() {
		value, ok := o.fields[p.Name()]
		if !ok {
			continue
		}
		var build spec.Build
		r.inner(o.path(p.Name()), value, reflect.ValueOf(&build).Elem())
		if _, used := builds[p.Name()]; !used && platformsOK {
			r.report(o.path(p.Name()), nothing{},
				"the image is not built for %s: remove this, or add %q to its platforms", p.Name(), p)
			continue
		}
		builds[p.Name()] = build
	}
	return builds
}

// reference reads the name of an image that is pulled, such as the example.
func (o object) reference(key, example string) string {
	text, ok := o.text(key, "")
	if !ok || text == "" {
		return ""
	}
	such := `use one such as "` + example + `"`
	named, err := reference.ParseNormalizedNamed(text)
	switch {
	case err != nil:
		o.report(key, "is no reference of an image (%v): %s", err, such)
	case reference.IsNameOnly(named):
		o.report(key, "has neither tag nor digest, so that builds could change by themselves: %s", such)
	}
	return text
}

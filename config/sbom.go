package config

import "github.com/distribution/reference"

// SBOM makes a bill of materials of each platform's image, in SPDX. An empty object, {}, is enough.
type SBOM struct {
	// Image of the generator that BuildKit runs, with a tag or a digest, in a registry that can be
	// read without a login. For baseImages it is a base image: if those must be pinned, it needs a
	// digest.
	Generator string `key:"generator" default:"docker.io/docker/buildkit-syft-scanner:stable-1"`
}

// sbom reads which generator is run. The default is BuildKit's own, from Docker Hub: there is no
// known mirror of it in ECR Public.
// https://github.com/moby/buildkit/blob/master/docs/attestations/sbom.md
func sbom(image object, base BaseImages) *SBOM {
	s, o := optional(image, "sbom", func(o object, s *SBOM) special {
		return special{"generator": func() {
			if text := o.reference("generator", s.Generator); text != "" {
				s.Generator = text
			}
		}}
	})
	if s != nil && !o.r.about(o.path("generator")) && base == PinnedBaseImages && !hasDigest(s.Generator) {
		o.r.report(o.path("generator"), s.Generator,
			`baseImages is "pinned", and BuildKit counts the generator among them: add its digest, as in "docker.io/docker/buildkit-syft-scanner:stable-1@sha256:…"; docker buildx imagetools inspect shows it`)
	}
	return s
}

func hasDigest(text string) bool {
	named, err := reference.ParseNormalizedNamed(text)
	if err != nil {
		return false
	}
	_, ok := named.(reference.Digested)
	return ok
}

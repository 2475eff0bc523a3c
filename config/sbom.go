package config

import "github.com/distribution/reference"

// SBOM makes a bill of materials of each platform's image, in SPDX. An empty object, {}, is enough.
type SBOM struct {
	// Image of the generator that BuildKit runs, with a tag or a digest, in a registry that can be read without a login. For
	// baseImages it is a base image: if those must be pinned, it needs a digest.
	Generator string `json:"generator"`
}

// DefaultGenerator is the generator that BuildKit runs unless it is told another, from Docker Hub: there is no known mirror of it in
// ECR Public. https://github.com/moby/buildkit/blob/master/docs/attestations/sbom.md
const DefaultGenerator = "docker.io/docker/buildkit-syft-scanner:stable-1"

func defaultSBOM() SBOM { return SBOM{Generator: DefaultGenerator} }

func (r *reader) sbom(image object, base BaseImages) *SBOM {
	value, ok := image.fields["sbom"]
	if !ok {
		return nil
	}
	s := defaultSBOM()
	o, ok := r.object(image.path("sbom"), value, keysOf[SBOM]())
	if !ok {
		return nil
	}
	before := len(r.problems)
	if text := o.reference("generator", DefaultGenerator); text != "" {
		s.Generator = text
	}
	if len(r.problems) == before && base == PinnedBaseImages && !hasDigest(s.Generator) {
		r.report(o.path("generator"), s.Generator, `baseImages is "pinned", and BuildKit counts the generator among them: add its digest, as in "docker.io/docker/buildkit-syft-scanner:stable-1@sha256:…"; docker buildx imagetools inspect shows it`)
	}
	return &s
}

func hasDigest(text string) bool {
	named, err := reference.ParseNormalizedNamed(text)
	if err != nil {
		return false
	}
	_, ok := named.(reference.Digested)
	return ok
}

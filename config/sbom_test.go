package config_test

import (
	"strings"
	"testing"

	"archway/config"
	"archway/internal/spec"
)

// A bill of materials is made only if one is asked for.
func TestSBOMs(t *testing.T) {
	const own = "registry.example.com/team/scanner:2@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	for keys, want := range map[string]string{
		`"target": "x"`:                        "",
		`"sbom": {}`:                           spec.Default[config.SBOM]().Generator,
		`"sbom": {"generator": "` + own + `"}`: own,
		`"baseImages": "pinned", "sbom": {"generator": "` + own + `"}`:   own,
		`"sbom": {}, "validation": {"requireSBOM": true}`:                spec.Default[config.SBOM]().Generator,
		`"sbom": {"generator": "docker/buildkit-syft-scanner:stable-1"}`: "docker/buildkit-syft-scanner:stable-1",
	} {
		image := load(t, imageWith(keys)).Pipelines[0].Images[0]
		got := ""
		if image.SBOM != nil {
			got = image.SBOM.Generator
		}
		if got != want {
			t.Errorf("%s: the generator is %q, want %q", keys, got, want)
		}
		if required := strings.Contains(keys, "requireSBOM"); image.Validation.RequireSBOM != required {
			t.Errorf("%s: required %v", keys, image.Validation.RequireSBOM)
		}
	}
}

// Bills of materials that can't work are reported.
func TestWrongSBOMs(t *testing.T) {
	const at = "archway.pipelines[0].images[0]"
	const pinned = `baseImages is "pinned", and BuildKit counts the generator among them: add its digest, as in "docker.io/docker/buildkit-syft-scanner:stable-1@sha256:…"; docker buildx imagetools inspect shows it`
	const unmade = at +
		`.validation.requireSBOM: true: the image's builds make none, so that no run could succeed: add "sbom": {} to the image`
	check(t, []problemTest{
		{"a boolean", imageWith(`"sbom": true`),
			[]string{at + `.sbom: true: is a boolean where an object belongs: write it in braces, { … }`}},
		{"unknown key", imageWith(`"sbom": {"image": "x:1"}`),
			[]string{at + `.sbom.image: unknown key: use "generator"`}},
		{"no reference", imageWith(`"sbom": {"generator": "Scanner:1,x"}`),
			[]string{at +
				`.sbom.generator: "Scanner:1,x": is no reference of an image (invalid reference format: repository name (library/Scanner) must be lowercase): use one such as "docker.io/docker/buildkit-syft-scanner:stable-1"`}},
		{"no tag", imageWith(`"sbom": {"generator": "team/scanner"}`),
			[]string{at +
				`.sbom.generator: "team/scanner": has neither tag nor digest, so that builds could change by themselves: use one such as "docker.io/docker/buildkit-syft-scanner:stable-1"`}},
		{"the default where digests are needed", imageWith(`"baseImages": "pinned", "sbom": {}`),
			[]string{at + `.sbom.generator: "docker.io/docker/buildkit-syft-scanner:stable-1": ` + pinned}},
		{"a tag where digests are needed", imageWith(`"baseImages": "pinned", "sbom": {"generator": "team/scanner:1"}`),
			[]string{at + `.sbom.generator: "team/scanner:1": ` + pinned}},
		{"required and not made", imageWith(`"validation": {"requireSBOM": true}`), []string{unmade}},
	})
}

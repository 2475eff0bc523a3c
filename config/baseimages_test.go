package config_test

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	pinnedDebian = "debian:bookworm@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	shows        = "; docker buildx imagetools inspect debian:bookworm shows the digest"
)

// seeded makes a seed with some Dockerfiles in a folder for the test.
func seeded(t *testing.T, dockerfiles map[string]string) {
	t.Helper()
	t.Chdir(t.TempDir())
	if err := os.Mkdir("seed", 0o755); err != nil {
		t.Fatal(err)
	}
	for name, content := range dockerfiles {
		if err := os.WriteFile("seed/"+name, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func seedWith(image, pipeline string) string {
	return `{"pipelines": [{"name": "hello", "source": {"seed": "seed"}, "images": [{"name": "hello", ` + image + `}]` +
		pipeline + `}]}`
}

// Base images of the seed must be pinned if that is configured.
func TestPinnedBaseImages(t *testing.T) {
	seeded(t, map[string]string{
		"Dockerfile": "# syntax=docker/dockerfile:1\nARG RELEASE\nARG BASE=debian:${RELEASE:-bookworm}\nFROM $BASE AS base\nFROM debian:bookworm\nCOPY --from=alpine:3 /a /a\n" +
			"RUN --mount=from=base,target=/x --mount=from=busybox:1,target=/y true\n",
		"Pinned": "FROM " + pinnedDebian + " AS base\nFROM scratch\nCOPY --from=base /a /a\n",
		"Other":  "ARG BASE\nFROM $BASE AS base\nFROM " + pinnedDebian + " AS other\n",
		"Odd":    "FETCH debian:bookworm\n",
	})
	const at = `archway.pipelines[0].images[0].baseImages: "pinned": seed/`
	check(t, []problemTest{
		{"a frontend, base images and images to take files from", seedWith(`"baseImages": "pinned"`, ""), []string{
			at + `Dockerfile:1: "# syntax=docker/dockerfile:1" takes a base image without a digest, expected one with: write docker/dockerfile:1@sha256:…; docker buildx imagetools inspect docker/dockerfile:1 shows the digest`,
			at + `Dockerfile:4: "FROM $BASE" takes the base image debian:bookworm, expected one with a digest: where the arguments get their values, write debian:bookworm@sha256:…` +
				shows,
			at + `Dockerfile:5: "FROM debian:bookworm" takes a base image without a digest, expected one with: write debian:bookworm@sha256:…` +
				shows,
			at + `Dockerfile:6: "COPY --from=alpine:3" takes a base image without a digest, expected one with: write alpine:3@sha256:…; docker buildx imagetools inspect alpine:3 shows the digest`,
			at + `Dockerfile:7: "RUN --mount=from=busybox:1" takes a base image without a digest, expected one with: write busybox:1@sha256:…; docker buildx imagetools inspect busybox:1 shows the digest`,
		}},
		{"pinned ones", seedWith(`"baseImages": "pinned", "dockerfile": "Pinned"`, ""), nil},
		{"a stage that is not built", seedWith(`"baseImages": "pinned", "dockerfile": "Other", "target": "other"`, ""),
			nil},
		{"an argument without a value", seedWith(`"baseImages": "pinned", "dockerfile": "Other", "target": "base"`, ""),
			nil},
		{"a build argument",
			seedWith(`"baseImages": "pinned", "dockerfile": "Other", "target": "base", "buildArgs": {"BASE": "debian:bookworm"}`,
				""), []string{
				at + `Other:2: "FROM $BASE" takes the base image debian:bookworm, expected one with a digest: where the arguments get their values, write debian:bookworm@sha256:…` +
					shows,
			}},
		{"a build argument with a digest",
			seedWith(`"baseImages": "pinned", "dockerfile": "Other", "target": "base", "buildArgs": {"BASE": "`+
				pinnedDebian+`"}`, ""), nil},
		{"a file that is not understood", seedWith(`"baseImages": "pinned", "dockerfile": "Odd"`, ""), nil},
		{"beside another problem of the image", seedWith(`"baseImages": "pinned", "dockerfile": "../Dockerfile"`, ""),
			[]string{
				`archway.pipelines[0].images[0].dockerfile: "../Dockerfile": leaves the context: name a path inside of it`,
			}},
		{"the rule of the seed's branch",
			seedWith(`"baseImages": "pinned", "target": "base", "dockerfile": "Other", "buildArgs": {"BASE": "`+
				pinnedDebian+`"}`, `, "rules": [
			{"name": "main", "type": "branch", "pattern": "ma.*", "buildArgs": {"BASE": "debian:bookworm"}}]`),
			[]string{
				at + `Other:2: "FROM $BASE" takes the base image debian:bookworm, expected one with a digest: where the arguments get their values, write debian:bookworm@sha256:…` +
					shows,
			}},
		{"rules of other branches",
			seedWith(`"baseImages": "pinned"`, `, "rules": [{"name": "next", "type": "branch", "exact": "next"}]`),
			nil},
	})
}

// The base images of the seed cause warnings only if the configuration says so.
func TestBaseImageWarnings(t *testing.T) {
	seeded(t, map[string]string{
		"Dockerfile": "ARG BASE\nFROM debian:bookworm AS a\nFROM $BASE\nCOPY --from=a /a /a\n",
		"Odd":        "FETCH debian:bookworm\n",
	})
	const debian = `seed/Dockerfile:2: "FROM debian:bookworm" takes the base image debian:bookworm, which has no digest, so that the same commit can give another image tomorrow: write debian:bookworm@sha256:…` +
		shows
	const unknown = `seed/Dockerfile:3: "FROM $BASE" names no image with the arguments that are known here, so that only its build can tell whether the base image has a digest`
	for _, test := range []struct {
		behavior, keys string
		want           []string
	}{
		{"by default", `"platforms": ["linux/amd64"]`, nil},
		{"if it is written", `"baseImages": "report"`, []string{
			debian,
			unknown,
		}},
		{"if an argument has a value", `"baseImages": "report", "buildArgs": {"BASE": "` + pinnedDebian + `"}`,
			[]string{debian}},
		{"of a file that is not understood", `"baseImages": "pinned", "dockerfile": "Odd"`, []string{
			`seed/Odd is not understood (dockerfile parse error on line 1: unknown instruction: FETCH), so that only its build can tell which base images have no digest`,
		}},
	} {
		t.Run(test.behavior, func(t *testing.T) {
			cfg := load(t, seedWith(test.keys, ""))
			if diff := cmp.Diff(test.want,
				cfg.Pipelines[0].ImageWarnings[cfg.Pipelines[0].Images[0].Name]); diff != "" {
				t.Error(diff)
			}
		})
	}
}

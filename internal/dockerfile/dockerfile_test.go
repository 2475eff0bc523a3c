package dockerfile_test

import (
	"strings"
	"testing"

	"archway/internal/dockerfile"
	"archway/internal/platform"

	"github.com/google/go-cmp/cmp"
)

const digest = "@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

func TestImagesThatABuildTakes(t *testing.T) {
	tests := []struct {
		behavior   string
		dockerfile string
		build      dockerfile.Build
		want       []dockerfile.Use
	}{
		{
			"stages, their numbers and scratch are no images",
			"FROM golang:1.26 AS Build\nFROM build AS test\nFROM scratch\nCOPY --from=BUILD /a /a\nCOPY --from=1 /a /a\nRUN --mount=from=scratch,target=/x true",
			dockerfile.Build{},
			[]dockerfile.Use{{Line: 1, Text: "FROM golang:1.26", Image: "golang:1.26"}},
		},
		{
			"each place that names an image counts, with its line",
			"FROM debian AS a\nFROM debian\nCOPY --from=a /x /x\n\n# why\nCOPY --chown=1:1 \\\n  --from=alpine:3 /a /a\nRUN --mount=type=bind,from=busybox,target=/b --mount=type=cache,target=/c --network=none true",
			dockerfile.Build{},
			[]dockerfile.Use{
				{Line: 1, Text: "FROM debian", Image: "debian"},
				{Line: 2, Text: "FROM debian", Image: "debian"},
				{Line: 6, Text: "COPY --from=alpine:3", Image: "alpine:3"},
				{Line: 8, Text: "RUN --mount=from=busybox", Image: "busybox"},
			},
		},
		{
			"stages that the target does without don't count",
			"FROM a AS a\nFROM b AS b\nCOPY --from=c /x /x\nFROM c AS c\nFROM d AS d\nCOPY --from=a /x /x\nFROM e",
			dockerfile.Build{Target: "d"},
			[]dockerfile.Use{{Line: 1, Text: "FROM a", Image: "a"}, {Line: 4 + 1, Text: "FROM d", Image: "d"}},
		},
		{
			"a stage of a mount counts",
			"FROM a AS a\nFROM b\nRUN --mount=from=a,target=/a true",
			dockerfile.Build{},
			[]dockerfile.Use{{Line: 1, Text: "FROM a", Image: "a"}, {Line: 2, Text: "FROM b", Image: "b"}},
		},
		{
			"all stages count if that is asked for",
			"FROM a\nFROM b",
			dockerfile.Build{AllStages: true},
			[]dockerfile.Use{{Line: 1, Text: "FROM a", Image: "a"}, {Line: 2, Text: "FROM b", Image: "b"}},
		},
		{
			"arguments before the first FROM have their defaults",
			"ARG V=1.26 S\nARG BASE=golang:${V}-bookworm\nFROM $BASE AS a\nFROM node:${S:-24}\nCOPY --from=a /x /x",
			dockerfile.Build{},
			[]dockerfile.Use{
				{Line: 3, Text: "FROM $BASE", Image: "golang:1.26-bookworm", Computed: true},
				{Line: 4, Text: "FROM node:${S:-24}", Image: "node:24", Computed: true},
			},
		},
		{
			"or the value of the build",
			"ARG V=1.26\nARG BASE=golang:${V}\nFROM $BASE",
			dockerfile.Build{Args: map[string]string{"V": "1.27", "UNKNOWN": "x"}},
			[]dockerfile.Use{{Line: 3, Text: "FROM $BASE", Image: "golang:1.27", Computed: true}},
		},
		{
			"arguments of a stage, and such that are not declared, do not count",
			"FROM debian\nARG V=24\nFROM node:$V",
			dockerfile.Build{Args: map[string]string{"V": "24"}},
			[]dockerfile.Use{{Line: 3, Text: "FROM node:$V", Computed: true}},
		},
		{
			"an argument without a value gives no name",
			"ARG BASE\nFROM ${BASE}",
			dockerfile.Build{},
			[]dockerfile.Use{{Line: 2, Text: "FROM ${BASE}", Computed: true}},
		},
		{
			"a name that depends on the platform counts for each",
			"FROM base-$TARGETARCH\nFROM --platform=$BUILDPLATFORM debian",
			dockerfile.Build{Platforms: platform.All(), AllStages: true},
			[]dockerfile.Use{
				{Line: 1, Text: "FROM base-$TARGETARCH", Image: "base-amd64", Computed: true},
				{Line: 1, Text: "FROM base-$TARGETARCH", Image: "base-arm64", Computed: true},
				{Line: 2, Text: "FROM debian", Image: "debian"},
			},
		},
		{
			"a stage that is chosen by the platform is reached",
			"FROM a AS for-amd64\nFROM b AS for-arm64\nFROM c AS other\nFROM for-$TARGETARCH",
			dockerfile.Build{Platforms: platform.All()},
			[]dockerfile.Use{{Line: 1, Text: "FROM a", Image: "a"}, {Line: 2, Text: "FROM b", Image: "b"}},
		},
		{
			"the name of the target is an argument",
			"FROM image-$TARGETSTAGE AS last",
			dockerfile.Build{},
			[]dockerfile.Use{{Line: 1, Text: "FROM image-$TARGETSTAGE", Image: "image-last", Computed: true}},
		},
		{
			"the frontend is an image",
			"# syntax = docker/dockerfile:1\nFROM scratch",
			dockerfile.Build{},
			[]dockerfile.Use{{Line: 1, Text: "# syntax=docker/dockerfile:1", Image: "docker/dockerfile:1"}},
		},
		{
			"the build's frontend comes before the file's",
			"# syntax=docker/dockerfile:1\nFROM scratch",
			dockerfile.Build{Args: map[string]string{"BUILDKIT_SYNTAX": "example.com/front:2 extra"}},
			[]dockerfile.Use{{Text: "BUILDKIT_SYNTAX=example.com/front:2", Image: "example.com/front:2"}},
		},
		{
			"the file may choose how it continues lines",
			"# escape=`\nFROM `\n debian",
			dockerfile.Build{},
			[]dockerfile.Use{{Line: 2, Text: "FROM debian", Image: "debian"}},
		},
		{
			"here-documents are not instructions",
			"FROM debian\nRUN <<EOF\nFROM nothing\nEOF\nCOPY <<A --from=node /x\nFROM nothing\nA\n",
			dockerfile.Build{},
			[]dockerfile.Use{{Line: 1, Text: "FROM debian", Image: "debian"}},
		},
		{
			"a number that is no stage's is no image either",
			"FROM debian\nCOPY --from=7 /x /x",
			dockerfile.Build{},
			[]dockerfile.Use{{Line: 1, Text: "FROM debian", Image: "debian"}},
		},
		{
			"stages in a circle are left to BuildKit",
			"FROM a AS x\nCOPY --from=y /x /x\nFROM b AS y\nCOPY --from=x /x /x",
			dockerfile.Build{},
			[]dockerfile.Use{{Line: 1, Text: "FROM a", Image: "a"}, {Line: 3, Text: "FROM b", Image: "b"}},
		},
	}
	for _, test := range tests {
		t.Run(test.behavior, func(t *testing.T) {
			if test.build.Platforms == nil {
				test.build.Platforms = []platform.Platform{platform.AMD64}
			}
			got, err := dockerfile.Images([]byte(test.dockerfile), test.build)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestOnlyADigestFixesAnImage(t *testing.T) {
	for image, want := range map[string]bool{
		"debian": false, "debian:bookworm": false, "": false, "Debian" + digest: false, "debian@sha256:short": false,
		"debian" + digest: true, "docker.io/library/debian:bookworm" + digest: true, "localhost:5000/x" + digest: true,
	} {
		if got := (dockerfile.Use{Image: image}).HasDigest(); got != want {
			t.Errorf("%q: got %v, want %v", image, got, want)
		}
	}
}

// Files that the parser doesn't understand are errors.
func TestFilesNotUnderstood(t *testing.T) {
	tests := []struct {
		behavior, dockerfile, target, want string
	}{
		{"nothing", "", "", "no instructions"},
		{"no FROM", "ARG A=1", "", "there is no FROM"},
		{"an unknown instruction", "# syntax=example.com/front:1\nFROM a\nFETCH b", "", "FETCH"},
		{"an unfinished FROM", "FROM", "", "FROM requires"},
		{"a bad substitution", "FROM ${A", "", "line 1: failed to process"},
		{"a bad default", "ARG A=${B\nFROM $A", "", "line 1: failed to process"},
		{"an argument that must be set", "FROM ${A:?unset}", "", "line 1: failed to process \"${A:?unset}\": A: unset"},
		{"a missing target", "FROM a AS b", "c", `there is no stage "c"`},
	}
	for _, test := range tests {
		t.Run(test.behavior, func(t *testing.T) {
			_, err := dockerfile.Images([]byte(test.dockerfile),
				dockerfile.Build{Platforms: platform.All(), Target: test.target})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got error %v, want one that says %q", err, test.want)
			}
		})
	}
}

// The frontend is known of a file that is not understood. The frontend may understand what this
// parser doesn't; that it changes by itself is known all the same.
func TestFrontendOfUnreadableFile(t *testing.T) {
	uses, err := dockerfile.Images([]byte("# syntax=example.com/front:1\nFETCH b"),
		dockerfile.Build{Platforms: platform.All()})
	if err == nil {
		t.Error("got no error")
	}
	if diff := cmp.Diff([]dockerfile.Use{{Line: 1, Text: "# syntax=example.com/front:1", Image: "example.com/front:1"}},
		uses); diff != "" {
		t.Error(diff)
	}
}

package standin

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestBaseImages(t *testing.T) {
	tests := []struct {
		behavior   string
		dockerfile string
		images     []string
		unknown    []string
	}{
		{"stages and scratch are no images", "FROM golang:1.26 AS Build\nFROM build AS test\nFROM scratch\nCOPY --from=build /a /a\nCOPY --from=0 /a /a", []string{"golang:1.26"}, nil},
		{"each image is named once", "FROM debian\nFROM debian", []string{"debian"}, nil},
		{"lower case, options and comments", "# syntax=docker/dockerfile:1\n\n  from --platform=$BUILDPLATFORM node:24 as x # no comment", []string{"node:24"}, nil},
		{"arguments before the first FROM count", "ARG V=1.26 S\nARG BASE=golang:${V}-bookworm\nFROM $BASE\nFROM node:${S:-24}", []string{"golang:1.26-bookworm", "node:24"}, nil},
		{"arguments of a stage do not", "FROM debian\nARG V=24\nFROM node:$V", []string{"debian"}, []string{"node:$V"}},
		{"an argument without default is unknown", "ARG BASE\nFROM ${BASE}", nil, []string{"${BASE}"}},
		{"a quoted default", "ARG V=\"24\"\nFROM node:$V", []string{"node:24"}, nil},
		{"continued lines, with a comment between", "FROM \\\n# why\n  debian:12 \\\n  AS x", []string{"debian:12"}, nil},
		{"images that files are copied from", "FROM scratch\nCOPY --chown=1:1 --from=alpine:3 /a /a\nRUN --mount=type=bind,from=busybox,target=/b --network=none true", []string{"alpine:3", "busybox"}, nil},
		{"here-documents are not instructions", "FROM debian\nRUN <<EOF\nFROM nothing\nEOF\nFROM node", []string{"debian", "node"}, nil},
		{"an unfinished FROM is left to BuildKit", "FROM\n", nil, nil},
	}
	for _, test := range tests {
		t.Run(test.behavior, func(t *testing.T) {
			images, unknown, err := baseImages(strings.NewReader(test.dockerfile))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.images, images); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(test.unknown, unknown); diff != "" {
				t.Error(diff)
			}
		})
	}
}

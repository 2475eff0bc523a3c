package standin

import "testing"

func TestWhichImagesHaveAStandIn(t *testing.T) {
	tests := []struct {
		reference string
		name      string // empty: none
		asked     string // what the mirror is asked for
	}{
		{"golang:1.26-bookworm", "golang", "library/golang:1.26-bookworm"},
		{"golang:1", "golang", "library/golang:1"},
		{"golang:1.26.8", "golang", "library/golang:1.26.8"},
		{"golang", "golang", "library/golang:latest"},
		{"golang:bookworm", "golang", "library/golang:bookworm"},
		{"docker.io/library/node:24-bookworm-slim", "node", "library/node:24-bookworm-slim"},
		{"node:24-slim", "node", "library/node:24-slim"},
		{"public.ecr.aws/docker/library/node:24", "node", "docker/library/node:24"},
		{"debian:bookworm-slim", "debian", "library/debian:bookworm-slim"},
		{"debian:12", "debian", "library/debian:12"},
		{"docker.io/docker/buildkit-syft-scanner:stable-1", "docker/buildkit-syft-scanner",
			"docker/buildkit-syft-scanner:stable-1"},
		{"docker/buildkit-syft-scanner:stable-1", "docker/buildkit-syft-scanner",
			"docker/buildkit-syft-scanner:stable-1"},
		{"docker/buildkit-syft-scanner:1.4", "", ""},
		{"library/docker/buildkit-syft-scanner:stable-1", "", ""},
		{"public.ecr.aws/docker/buildkit-syft-scanner:stable-1", "", ""},
		{"golang:1.2", "", ""}, // not a prefix by parts
		{"golang:1.26.80", "", ""},
		{"golang:1.25-bookworm", "", ""},
		{"golang:1.26-alpine", "", ""},
		{"golang:1.26-bookworm-slim", "", ""},
		{"node:22", "", ""},
		{"debian:trixie", "", ""},
		{"debian:11", "", ""},
		{"alpine:3", "", ""},
		{"someone/golang:1.26", "", ""},
		{"quay.io/library/golang:1.26", "", ""},
		{"public.ecr.aws/library/golang:1.26", "", ""},
		{"golang:1.26@sha256:0000000000000000000000000000000000000000000000000000000000000000", "", ""},
		{"not a reference", "", ""},
	}
	for _, test := range tests {
		t.Run(test.reference, func(t *testing.T) {
			img, repository, tag, ok := find(test.reference)
			if ok != (test.name != "") || img.name != test.name {
				t.Fatalf("got %q (%v), expected %q", img.name, ok, test.name)
			}
			if ok && repository+":"+tag != test.asked {
				t.Errorf("the mirror is asked for %s:%s, expected %s", repository, tag, test.asked)
			}
		})
	}
}

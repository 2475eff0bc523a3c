package machine

import (
	"bytes"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"archway/buildspecs"
	"archway/test/internal/tools"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// supported are the oldest and the newest tools that the buildspecs were tried with. The rehearsal
// has those that builds are pinned to, and that CodeBuild's images have.
//
// The oldest BuildKit is the first without one of the known escapes by frontends
// (GHSA-4c29-8rgm-jvjj). The oldest buildx takes --buildkitd-config, as of 0.14
// (https://github.com/docker/buildx/releases/tag/v0.14.0), and doesn't understand what such a
// BuildKit says of provenance.
var supported = []struct {
	buildx, buildkit string
	tellsBases       bool
}{
	{"v0.15.1", "v0.28.1", false},
	{"v0.37.2", "v0.33.0", true},
}

// Each program is built once, in about two minutes on two cores, and kept in the cache.
func TestOldestAndNewestToolsBuild(t *testing.T) {
	if os.Getenv("CI") != "true" && os.Getenv("ARCHWAY_BUILDKITS") == "" {
		t.Skip("NOT CHECKED: building the oldest and the newest BuildKit and buildx takes minutes: set ARCHWAY_BUILDKITS=1, as root")
	}
	cache, err := tools.CacheDir()
	if err != nil {
		t.Fatal(err)
	}
	if err := setUp(t.Context(), cache, os.Stderr); err != nil {
		t.Fatal(err)
	}
	built := func(t *testing.T, what, version string) string {
		var out bytes.Buffer
		if err := setUp(t.Context(), cache, &out, what, version); err != nil {
			t.Fatal(err)
		}
		lines := strings.Fields(out.String())
		return lines[len(lines)-1]
	}
	for _, s := range supported {
		t.Run("buildx "+s.buildx+", BuildKit "+s.buildkit, func(t *testing.T) {
			buildsAsTold(t, built(t, "--buildx", s.buildx), built(t, "--buildkit", s.buildkit), s.tellsBases)
		})
	}
}

// buildsAsTold runs the buildspecs of builds and of the merge, and reads what they pushed.
func buildsAsTold(t *testing.T, buildx, buildkitd string, tellsBases bool) {
	t.Helper()
	w := newWorkshop(t, buildx, buildkitd)
	if out, err := w.run("docker buildx create --driver remote --name tried unix://" + w.socket); err != nil {
		t.Fatalf("%v:\n%s", err, out)
	}
	// What a project's own builder is made with, as far as that goes without an engine.
	out, err := w.run("docker buildx create --help")
	if err != nil || !strings.Contains(out, "--buildkitd-config") {
		t.Errorf("buildx takes no --buildkitd-config: %v:\n%s", err, out)
	}
	platforms := []string{"linux/amd64", "linux/arm64"}
	outputs := map[string]string{}
	for _, platform := range platforms {
		digest := w.built(t, buildspecs.Build, "IMAGE_DIGEST", "PLATFORM="+platform)
		attestationIsNoArtifact(t, w.repository+"@"+digest)
		outputs[platform] = digest
	}
	if out, err := w.run(script(buildspecs.Build), "PLATFORM=linux/amd64", "DOCKERFILE=Evil"); err == nil ||
		!strings.Contains(out, "is not an allowed gateway source") {
		t.Errorf("a frontend from anywhere: %v:\n%s", err, out)
	}
	refusal := "does not report its provenance"
	if tellsBases {
		refusal = "base images must be pinned"
	}
	out, err = w.run(script(buildspecs.Build), "PLATFORM=linux/amd64", "DOCKERFILE=Moving", "BASE_IMAGES=pinned")
	if err == nil || !strings.Contains(out, refusal) {
		t.Errorf("a base image without a digest: %v, expected %q:\n%s", err, refusal, out)
	}

	digest := w.built(t, buildspecs.Merge, "INDEX_DIGEST", w.history(t, outputs))
	index := w.put(t, digest)
	var got []string
	for _, entry := range index.Manifests {
		if entry.Annotations["vnd.docker.reference.type"] == "" {
			got = append(got, entry.Platform.String())
		}
	}
	if !slices.Equal(got, platforms) || len(index.Manifests) != 2*len(platforms) {
		t.Errorf("the merge has %v in %d entries, expected %v and an attestation each", got, len(index.Manifests),
			platforms)
	}
	if got := index.Annotations["org.opencontainers.image.revision"]; got != commit {
		t.Errorf("the index is of commit %q, expected %s", got, commit)
	}
}

// ECR was seen to refuse a manifest with a subject.
func attestationIsNoArtifact(t *testing.T, image string) {
	t.Helper()
	ref, err := name.NewDigest(image, name.Insecure)
	if err != nil {
		t.Fatal(err)
	}
	index, err := remote.Index(ref)
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	attestations := 0
	for _, entry := range manifest.Manifests {
		child, err := remote.Get(ref.Context().Digest(entry.Digest.String()))
		if err != nil {
			t.Fatal(err)
		}
		var fields map[string]json.RawMessage
		if err := json.Unmarshal(child.Manifest, &fields); err != nil {
			t.Fatal(err)
		}
		if fields["subject"] != nil || fields["artifactType"] != nil {
			t.Errorf("%s has a subject or is an artifact: %s", entry.Digest, child.Manifest)
		}
		if entry.Annotations["vnd.docker.reference.type"] == "attestation-manifest" {
			attestations++
		}
	}
	if attestations != 1 {
		t.Errorf("%d attestations, expected 1", attestations)
	}
}

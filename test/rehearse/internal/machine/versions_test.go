package machine

import (
	"bytes"
	"encoding/json"
	"io"
	"log"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"archway/buildspecs"
	"archway/test/internal/tools"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// supported are the oldest BuildKit without the first of the known escapes by frontends, and the
// newest that was tried. The rehearsal has the one that builds are pinned to.
var supported = []string{"v0.28.1", "v0.33.0"}

// Each daemon is built once, in about two minutes on two cores, and kept in the cache.
func TestOldestAndNewestBuildKitBuild(t *testing.T) {
	if os.Getenv("CI") != "true" && os.Getenv("ARCHWAY_BUILDKITS") == "" {
		t.Skip("NOT CHECKED: building the oldest and the newest BuildKit takes minutes: set ARCHWAY_BUILDKITS=1, as root")
	}
	cache, err := tools.CacheDir()
	if err != nil {
		t.Fatal(err)
	}
	if err := setUp(t.Context(), cache, os.Stderr); err != nil {
		t.Fatal(err)
	}
	for _, version := range supported {
		t.Run(version, func(t *testing.T) {
			var out bytes.Buffer
			if err := setUp(t.Context(), cache, &out, "--buildkit", version); err != nil {
				t.Fatal(err)
			}
			lines := strings.Fields(out.String())
			buildsAsTold(t, filepath.Join(cache, "bin", "docker-buildx"), lines[len(lines)-1])
		})
	}
}

// buildsAsTold runs the buildspec with a daemon, and reads what it pushed.
func buildsAsTold(t *testing.T, buildx, buildkitd string) {
	t.Helper()
	dir := t.TempDir()
	reg := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	t.Cleanup(reg.Close)
	repository := strings.TrimPrefix(reg.URL, "http://") + "/staging/hello"

	socket := filepath.Join(dir, "buildkitd.sock")
	config := BuildKit{
		RegistryHost: strings.TrimPrefix(reg.URL, "http://"), MirrorHost: "127.0.0.1:1",
		Frontends: []string{"docker.io/docker/dockerfile"},
	}.config(filepath.Join(dir, "root"), socket)
	config = strings.Replace(config, "  ca = [\"\"]\n", "  http = true\n", 1)
	source := filepath.Join(dir, "source")
	files := map[string]string{
		filepath.Join(dir, "buildkitd.toml"): config,
		filepath.Join(source, "Dockerfile"):  "FROM scratch\nCOPY Dockerfile /\n",
		filepath.Join(source, "Evil"):        "# syntax=example.test/evil/frontend:1\nFROM scratch\n",
		filepath.Join(dir, "bin", "aws"):     "#!/bin/sh\necho password\n",
		// There is no registry to log in to, and no engine that knows where plugins are.
		filepath.Join(dir, "bin", "docker"): "#!/bin/sh\nif [ \"$1\" = login ]; then exec cat >/dev/null; fi\n" +
			"shift\nexec '" + buildx + "' \"$@\"\n",
	}
	for path, text := range files {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	d, err := startDaemon(dir, "buildkitd", os.Environ(), buildkitd, "--config", filepath.Join(dir, "buildkitd.toml"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.stop(); err != nil {
			t.Error(err)
		}
	})
	if err := d.waitFor(t.Context(), accepts(socket)); err != nil {
		t.Fatal(err)
	}
	run := func(script string, env ...string) (string, error) {
		cmd := exec.CommandContext(t.Context(), "bash", "-c", script)
		cmd.Dir = source
		cmd.Env = append(os.Environ(),
			"PATH="+filepath.Join(dir, "bin")+":"+os.Getenv("PATH"), "HOME="+dir, "DOCKER_CONFIG="+dir,
			"BUILDX_CONFIG="+filepath.Join(dir, "buildx"), "BUILDX_BUILDER=tried", "BUILDX_NO_DEFAULT_ATTESTATIONS=",
			"CODEBUILD_RESOLVED_SOURCE_VERSION="+strings.Repeat("0", 40), "SOURCE_URL=https://git.test/x",
			"REPOSITORY_URI="+repository, "CACHE_REF="+repository+":cache", "PLATFORM=linux/amd64",
			"BUILD_CONTEXT=.", "DOCKERFILE=Dockerfile", "BUILD_ARGS={}", "IMAGE_LABELS={}")
		cmd.Env = append(cmd.Env, env...)
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	if out, err := run("docker buildx create --driver remote --name tried unix://" + socket); err != nil {
		t.Fatalf("%v:\n%s", err, out)
	}
	phases := buildspecs.Build.Phases
	build := strings.Join(slices.Concat(phases["pre_build"].Commands, phases["build"].Commands), "\n")
	out, err := run(build + "\nprintf '\\ndigest %s' \"$IMAGE_DIGEST\"")
	if err != nil {
		t.Fatalf("%v:\n%s", err, out)
	}
	_, digest, _ := strings.Cut(out, "\ndigest ")
	attestationIsNoArtifact(t, repository+"@"+digest)

	if out, err := run(build, "DOCKERFILE=Evil"); err == nil || !strings.Contains(out, "is not an allowed gateway source") {
		t.Errorf("a frontend from anywhere: %v:\n%s", err, out)
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

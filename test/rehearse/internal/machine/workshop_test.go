package machine

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"maps"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"archway/buildspecs"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

const (
	commit    = "0000000000000000000000000000000000000000"
	execution = "11111111-2222-4333-8444-555555555555"
)

// workshop runs buildspecs with a BuildKit, a buildx and a registry that are real. Of AWS's command
// line there is as much as answers: a password, the history that was written down, and put-image,
// which keeps the manifest. There is no engine, so that docker only logs in and finds its plugin.
type workshop struct {
	dir, source, socket, repository string
}

func newWorkshop(t *testing.T, buildx, buildkitd string) *workshop {
	t.Helper()
	dir := t.TempDir()
	reg := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	t.Cleanup(reg.Close)
	host := strings.TrimPrefix(reg.URL, "http://")
	w := &workshop{
		dir: dir, source: filepath.Join(dir, "source"), socket: filepath.Join(dir, "buildkitd.sock"),
		repository: host + "/staging/hello",
	}
	base := mutable(t, host+"/base/image:1")
	config := BuildKit{
		RegistryHost: host, MirrorHost: "127.0.0.1:1", Frontends: []string{"docker.io/docker/dockerfile"},
	}.config(filepath.Join(dir, "root"), w.socket)
	config = strings.Replace(config, "  ca = [\"\"]\n", "  http = true\n", 1)
	for path, text := range map[string]string{
		filepath.Join(dir, "buildkitd.toml"):  config,
		filepath.Join(w.source, "Dockerfile"): "FROM scratch\nCOPY Dockerfile /\n",
		filepath.Join(w.source, "Evil"):       "# syntax=example.test/evil/frontend:1\nFROM scratch\n",
		filepath.Join(w.source, "Moving"):     "FROM " + base + "\nCOPY Dockerfile /\n",
		filepath.Join(dir, "bin", "aws"):      aws,
		filepath.Join(dir, "bin", "docker"):   fmt.Sprintf(docker, buildx),
	} {
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
	if err := d.waitFor(t.Context(), accepts(w.socket)); err != nil {
		t.Fatal(err)
	}
	return w
}

const (
	docker = `#!/bin/sh
if [ "$1" = login ]; then exec cat >/dev/null; fi
shift
exec '%s' "$@"
`
	aws = `#!/bin/bash
case "$1 $2" in
"ecr get-login-password") echo password ;;
"codepipeline list-action-executions") cat "$HOME/history.json" ;;
"ecr put-image")
  while [ $# -gt 0 ]; do
    if [ "$1" = --image-manifest ]; then cp "${2#file://}" "$HOME/put.json"; fi
    shift
  done
  ;;
*) echo "unexpected: aws $*" >&2; exit 99 ;;
esac
`
)

// mutable pushes an image under a tag, which may move.
func mutable(t *testing.T, to string) string {
	t.Helper()
	ref, err := name.NewTag(to, name.Insecure)
	if err != nil {
		t.Fatal(err)
	}
	image := mutate.MediaType(empty.Image, types.OCIManifestSchema1)
	if image, err = mutate.ConfigFile(image, &v1.ConfigFile{OS: "linux", Architecture: "amd64"}); err != nil {
		t.Fatal(err)
	}
	if err := remote.Write(ref, image); err != nil {
		t.Fatal(err)
	}
	return to
}

// script is what a buildspec runs, in one shell.
func script(b buildspecs.Spec) string {
	return strings.Join(slices.Concat(b.Phases["pre_build"].Commands, b.Phases["build"].Commands), "\n")
}

// run runs commands as a build does.
func (w *workshop) run(script string, env ...string) (string, error) {
	cmd := exec.Command("bash", "-c", script)
	cmd.Dir = w.source
	cmd.Env = append(os.Environ(),
		"PATH="+filepath.Join(w.dir, "bin")+":"+os.Getenv("PATH"), "HOME="+w.dir, "DOCKER_CONFIG="+w.dir,
		"BUILDX_CONFIG="+filepath.Join(w.dir, "buildx"), "BUILDX_BUILDER=tried", "BUILDX_NO_DEFAULT_ATTESTATIONS=",
		"CODEBUILD_RESOLVED_SOURCE_VERSION="+commit, "SOURCE_URL=https://git.test/x", "REPOSITORY_URI="+w.repository,
		"CACHE_REF="+w.repository+":cache", "BUILD_CONTEXT=.", "DOCKERFILE=Dockerfile", "BUILD_ARGS={}",
		"IMAGE_LABELS={}", "PIPELINE=hello", "EXECUTION_ID="+execution)
	cmd.Env = append(cmd.Env, env...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// built runs a buildspec, and returns the digest that it exports.
func (w *workshop) built(t *testing.T, b buildspecs.Spec, exported string, env ...string) string {
	t.Helper()
	out, err := w.run(script(b)+"\nprintf '\\ndigest %s' \"$"+exported+"\"", env...)
	if err != nil {
		t.Fatalf("%v:\n%s", err, out)
	}
	_, digest, _ := strings.Cut(out, "\ndigest ")
	return digest
}

// history writes down what CodePipeline tells of the builds, and returns the variable BUILDS.
func (w *workshop) history(t *testing.T, digests map[string]string) string {
	t.Helper()
	type object = map[string]any
	var details []object
	builds := map[string]string{}
	for _, platform := range slices.Sorted(maps.Keys(digests)) {
		action := "hello-" + strings.TrimPrefix(platform, "linux/")
		builds[platform] = action
		details = append(details, object{
			"pipelineExecutionId": execution, "stageName": "Build", "actionName": action, "status": "Succeeded",
			"startTime": "2026-01-01T00:00:00.000000+00:00",
			"output":    object{"outputVariables": object{"IMAGE_DIGEST": digests[platform]}},
		})
	}
	w.write(t, "history.json", object{"actionExecutionDetails": details})
	variable, err := json.Marshal(builds)
	if err != nil {
		t.Fatal(err)
	}
	return "BUILDS=" + string(variable)
}

func (w *workshop) write(t *testing.T, file string, value any) {
	t.Helper()
	b, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(w.dir, file), b, 0o644); err != nil {
		t.Fatal(err)
	}
}

// put is the index that the merge has put, which must be what its digest says.
func (w *workshop) put(t *testing.T, digest string) *v1.IndexManifest {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(w.dir, "put.json"))
	if err != nil {
		t.Fatal(err)
	}
	if hash, _, err := v1.SHA256(bytes.NewReader(b)); err != nil || hash.String() != digest {
		t.Errorf("the index put has the digest %s, exported is %s: %v", hash, digest, err)
	}
	index, err := v1.ParseIndexManifest(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return index
}

package main

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"

	"archway/test/internal/assembly"
	"archway/test/rehearse/internal/aws/codepipeline"
	"archway/test/rehearse/internal/machine/proof"
	"archway/test/rehearse/internal/machine/standin"
	"archway/test/rehearse/internal/rehearsal"
)

// greeter is an image that no rehearsal makes: a build that has it has it from its registry.
const greeter = "docker.io/team/greeter:1"

// allRegistries play every registry there is, and have the greeter, with the program of the example
// hello-go for both platforms. They return what leads to them, and the greeter's digest.
func allRegistries(t *testing.T) (http.RoundTripper, string) {
	t.Helper()
	server := httptest.NewTLSServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	t.Cleanup(server.Close)
	through := &http.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true},
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, server.Listener.Addr().String())
		},
	}
	t.Cleanup(through.CloseIdleConnections)
	var index v1.ImageIndex = empty.Index
	for _, arch := range []string{"amd64", "arm64"} {
		image, err := mutate.Append(empty.Image, mutate.Addendum{Layer: program(t, arch)})
		if err != nil {
			t.Fatal(err)
		}
		config, err := image.ConfigFile()
		if err != nil {
			t.Fatal(err)
		}
		config = config.DeepCopy()
		config.OS, config.Architecture = "linux", arch
		if image, err = mutate.ConfigFile(image, config); err != nil {
			t.Fatal(err)
		}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: image,
			Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: arch}}})
	}
	ref, err := name.ParseReference(greeter)
	if err != nil {
		t.Fatal(err)
	}
	digest, digestErr := index.Digest()
	if err := errors.Join(digestErr, remote.WriteIndex(ref, index, remote.WithTransport(through))); err != nil {
		t.Fatal(err)
	}
	return through, digest.String()
}

// program is a layer with the example's program at /hello.
func program(t *testing.T, arch string) v1.Layer {
	t.Helper()
	file := filepath.Join(t.TempDir(), "hello")
	build := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", file, ".")
	build.Dir = filepath.Join(root, "examples/hello-go")
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+arch)
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var archive bytes.Buffer
	w := tar.NewWriter(&archive)
	err = w.WriteHeader(&tar.Header{Name: "hello", Mode: 0o755, Size: int64(len(content))})
	_, writeErr := w.Write(content)
	if err := errors.Join(err, writeErr, w.Close()); err != nil {
		t.Fatal(err)
	}
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(archive.Bytes())), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return layer
}

// greeting is a working copy whose Dockerfile takes the greeter.
func greeting(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	err := os.WriteFile(filepath.Join(dir, "Dockerfile"),
		[]byte("FROM "+greeter+"\nUSER 65532:65532\nENTRYPOINT [\"/hello\"]\n"), 0o644)
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// A registry answers, and the builds of a working copy get its image, by the digest that it has.
func TestOriginalBase(t *testing.T) {
	needsMachine(t)
	greet(t, stacks(t, helloGo), rehearsal.Options{})
}

// greet rehearses a working copy that takes the greeter.
func greet(t *testing.T, stacks []*assembly.Stack, o rehearsal.Options) {
	t.Helper()
	through, digest := allRegistries(t)
	said := &strings.Builder{}
	o.Dir, o.ModuleDir, o.Progress, o.WorkingCopy, o.Registries = t.TempDir(), root, said, greeting(t), through
	r, err := rehearsal.New(t.Context(), stacks, o)
	if err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	want := []standin.Base{{Image: greeter, From: standin.Original, Digest: digest}}
	if diff := cmp.Diff(want, r.Bases()); diff != "" {
		t.Error(diff)
	}
	push, err := r.PushSeed(t.Context(), "hello-go", nil)
	// The smoke tests find the program's greeting on both platforms.
	if result := only(t, push, err); result.Status != codepipeline.Succeeded {
		t.Errorf("got %s\n%s", result.Status, said)
	}
	if got := taken(t, r, "team/greeter:1"); got != digest {
		t.Errorf("the provenance says %s, expected %s", got, digest)
	}
	for _, refusal := range r.Permissions().Refused {
		t.Errorf("%s", refusal)
	}
	prove(t, r)
}

// prove runs what latest serves, as the command does.
func prove(t *testing.T, r *rehearsal.Rehearsal) {
	t.Helper()
	user, password := r.Login()
	var expect []proof.Expectation
	for _, arch := range []string{"amd64", "arm64"} {
		expect = append(expect, proof.Expectation{Platform: "linux/" + arch, Output: "Hello, " + arch + "!"})
	}
	if _, err := proof.Run(t.Context(), proof.Options{
		Host: r.Machine().DockerHost, User: user, Password: password,
		Image: r.RegistryHost() + "/hello-go:latest", Expect: expect, Progress: t.Output(),
	}); err != nil {
		t.Error(err)
	}
}

package proof_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"archway/test/rehearse/internal/aws/ecr"
	"archway/test/rehearse/internal/machine"
	"archway/test/rehearse/internal/machine/proof"
	"archway/test/rehearse/internal/machine/standin"
)

const (
	registryHost = "111122223333.dkr.ecr.eu-west-1.archway.test"
	blobHost     = "layers.archway.test"
	password     = "only for this test"
)

// chain is everything that the pipeline's commands find around them.
type chain struct {
	t        *testing.T
	machine  *machine.Machine
	registry *ecr.Registry
	env      []string
}

// The example applications are built, merged and run without the pipeline: what
// the executor relies on works, on this machine, for both architectures.
func TestExamples(t *testing.T) {
	ctx := t.Context()
	c := newChain(t, ctx)
	for _, example := range []string{"hello-go", "hello-node"} {
		t.Run(example, func(t *testing.T) {
			c := c.in(t)
			index := c.merge(ctx, example, c.build(ctx, example, "linux/amd64"), c.build(ctx, example, "linux/arm64"))
			if err := c.registry.PutImage(example, "", index, "", "latest"); err != nil {
				t.Fatal(err)
			}
			expect, err := proof.Load(examples(example))
			if err != nil {
				t.Fatal(err)
			}
			results, err := proof.Run(ctx, c.proof(example, expect))
			if err != nil {
				t.Fatal(err)
			}
			if len(results) != 2 {
				t.Errorf("got %d results, expected 2: %+v", len(results), results)
			}
		})
	}
	t.Run("another output is an error that shows both", func(t *testing.T) {
		c := c.in(t)
		results, err := proof.Run(ctx, c.proof("hello-go", []proof.Expectation{
			{Platform: "linux/amd64", Output: "Hello, riscv64!"},
			{Platform: "linux/arm64", Output: "Hello, arm64!"},
		}))
		want := `linux/amd64 of ` + c.registry.Host() +
			`/hello-go:latest: got "Hello, amd64!", expected "Hello, riscv64!"`
		if err == nil || err.Error() != want {
			t.Errorf("got error %v, expected %s", err, want)
		}
		if len(results) != 2 || results[0].Err == nil || results[1].Err != nil {
			t.Errorf("got %+v, expected the first to fail and the second to pass", results)
		}
	})
	t.Run("a program that ends is no server", func(t *testing.T) {
		c := c.in(t)
		_, err := proof.Run(ctx, c.proof("hello-go", []proof.Expectation{
			{Platform: "linux/amd64", Output: "Hello, amd64!", HTTP: &proof.HTTP{Port: 8080, Path: "/"}},
		}))
		if err == nil || !strings.Contains(err.Error(), "ended with exit code 0 before it answered") ||
			!strings.Contains(err.Error(), "Hello, amd64!") {
			t.Errorf("got error %v, expected the exit code and the log", err)
		}
	})
	t.Run("a wrong password", func(t *testing.T) {
		c := c.in(t)
		options := c.proof("hello-go", nil)
		options.Password = "wrong"
		if _, err := proof.Run(ctx, options); err == nil ||
			!strings.Contains(err.Error(), "log in to "+c.registry.Host()) {
			t.Errorf("got error %v, expected the login's", err)
		}
	})
	t.Run("nothing is left in the engine", func(t *testing.T) {
		c := c.in(t)
		if got := c.run(ctx, "", "docker", "ps", "--all", "--quiet", "--filter",
			"name="+machine.ContainerPrefix); got != "" {
			t.Errorf("containers are left: %s", got)
		}
		if got := c.run(ctx, "", "docker", "images", "--all", "--quiet", c.registry.Host()+"/*"); got != "" {
			t.Errorf("images are left: %s", got)
		}
	})
	if err := c.machine.Close(); err != nil {
		t.Error(err)
	}
	checkNothingLeft(t)
}

func newChain(t *testing.T, ctx context.Context) *chain {
	t.Helper()
	began := time.Now()
	lap := func(what string) {
		t.Logf("%s: %.1f s", what, time.Since(began).Seconds())
		began = time.Now()
	}
	m, err := machine.Prepare(ctx, t.Output())
	if errors.Is(err, machine.ErrUnavailable) && os.Getenv("CI") != "true" {
		t.Skip("NOT RUN: ", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	lap("machine.Prepare")
	r, err := ecr.Start(ecr.Options{Dir: t.TempDir(), Hosts: []string{registryHost}, BlobHost: blobHost,
		Log: t.Output()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	r.Authorize("AWS", password)
	for _, name := range []string{"hello-go", "hello-node"} {
		if err := r.AddRepository(ecr.Repository{Name: name, Mutability: "IMMUTABLE_WITH_EXCLUSION",
			Exclusions: []string{"latest"}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := m.AddHosts(blobHost); err != nil {
		t.Fatal(err)
	}
	lap("registry.Start and hosts")
	mirror, err := standin.Serve(ctx, standin.Options{Dockerfiles: []string{
		filepath.Join(examples("hello-go"), "Dockerfile"),
		filepath.Join(examples("hello-node"), "Dockerfile"),
	}, OnlyStandIns: true, Progress: t.Output()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { mirror.Close() })
	lap("standin.Serve")
	builder, buildxConfig, err := m.StartBuildKit(ctx, machine.BuildKit{RegistryHost: r.Host(), CAFile: r.CAFile(),
		MirrorHost: mirror.Host, Mirrored: mirror.Registries})
	if err != nil {
		t.Fatal(err)
	}
	lap("machine.StartBuildKit")
	c := &chain{t: t, machine: m, registry: r, env: append(os.Environ(),
		"PATH="+m.Bin+":"+os.Getenv("PATH"), "DOCKER_HOST="+m.DockerHost, "DOCKER_CONFIG="+m.DockerConfig,
		"BUILDX_BUILDER="+builder, "BUILDX_CONFIG="+buildxConfig, "SSL_CERT_FILE="+r.CAFile())}
	c.run(ctx, password, "docker", "login", "--username", "AWS", "--password-stdin", r.Host())
	return c
}

func (c *chain) in(t *testing.T) *chain {
	sub := *c
	sub.t = t
	return &sub
}

func (c *chain) proof(repository string, expect []proof.Expectation) proof.Options {
	return proof.Options{
		Host: c.machine.DockerHost, User: "AWS", Password: password,
		Image: c.registry.Host() + "/" + repository + ":latest", Expect: expect, Progress: c.t.Output(),
	}
}

// build pushes one architecture by digest, and returns the digest.
func (c *chain) build(ctx context.Context, example, platform string) string {
	c.t.Helper()
	start := time.Now()
	metadata := filepath.Join(c.t.TempDir(), "metadata.json")
	c.run(ctx, "", "docker", "buildx", "build", "--platform", platform, "--provenance=mode=max", "--metadata-file",
		metadata, "--progress=plain", "--output",
		"type=image,name="+c.registry.Host()+"/"+example+
			",push-by-digest=true,name-canonical=true,push=true,oci-mediatypes=true",
		examples(example))
	data, err := os.ReadFile(metadata)
	if err != nil {
		c.t.Fatal(err)
	}
	var result struct {
		Digest string `json:"containerimage.digest"`
	}
	if err := json.Unmarshal(data, &result); err != nil || result.Digest == "" {
		c.t.Fatalf("no digest in %s (%v)", data, err)
	}
	c.t.Logf("build of %s for %s: %.1f s", example, platform, time.Since(start).Seconds())
	return result.Digest
}

// merge returns the index of the images with these digests.
func (c *chain) merge(ctx context.Context, example string, digests ...string) []byte {
	c.t.Helper()
	args := []string{"docker", "buildx", "imagetools", "create", "--dry-run"}
	for _, digest := range digests {
		args = append(args, c.registry.Host()+"/"+example+"@"+digest)
	}
	return []byte(strings.TrimSpace(c.run(ctx, "", args...)))
}

// run returns what a program printed; all it said is shown if it fails.
func (c *chain) run(ctx context.Context, stdin string, args ...string) string {
	c.t.Helper()
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Env = c.env
	cmd.Stdin = strings.NewReader(stdin)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		c.t.Fatalf("%s: %v\n%s%s", strings.Join(args, " "), err, &stdout, &stderr)
	}
	return strings.TrimSpace(stdout.String())
}

func examples(name string) string {
	return filepath.Join("..", "..", "..", "..", "..", "examples", name)
}

// checkNothingLeft looks for everything that a Machine may leave on a machine.
func checkNothingLeft(t *testing.T) {
	t.Helper()
	hosts, err := os.ReadFile("/etc/hosts")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(hosts), "archway.test") {
		t.Errorf("/etc/hosts still has our names:\n%s", hosts)
	}
	for _, pattern := range []string{"/etc/docker/certs.d/*archway.test*", "/run/archway/*.pid",
		"/run/archway/docker-config", "/run/archway/buildx"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		if len(found) > 0 {
			t.Errorf("left behind: %v", found)
		}
	}
	commands, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range commands {
		if data, err := os.ReadFile(path); err == nil && bytes.Contains(data, []byte("/run/archway/")) {
			t.Errorf("still running: %s: %q", path, data)
		}
	}
}

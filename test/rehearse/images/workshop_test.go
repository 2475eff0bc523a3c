package images

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"archway/test/internal/tools"
	"archway/test/rehearse/internal/aws/ecr"
	"archway/test/rehearse/internal/machine"
)

// Credentials of the registry.
const user, password = "AWS", "password-of-the-test"

// workshop has everything that makes images: a registry, BuildKit, a Docker engine, tools, and the
// validator.
type workshop struct {
	// registry is the registry's host and port; images go to its repository "app".
	registry string
	// dir holds a build context with a program for each architecture, and more.
	dir      string
	validate string
	crane    string
	env      []string
	// ca is the certificate that the registry is trusted by.
	ca string
}

var shared struct {
	sync.Once
	*workshop
	close   func() error
	problem error
}

func TestMain(m *testing.M) {
	code := m.Run()
	if shared.close != nil {
		if err := shared.close(); err != nil {
			fmt.Fprintln(os.Stderr, "closing the workshop:", err)
			code = max(code, 1)
		}
	}
	os.Exit(code)
}

// open gives the workshop, which all tests share.
func open(t *testing.T) *workshop {
	t.Helper()
	needsMachine(t)
	shared.Do(func() { shared.workshop, shared.close, shared.problem = build(t) })
	if shared.problem != nil {
		t.Fatal(shared.problem)
	}
	return shared.workshop
}

// needsMachine skips a test where images can't be made; in CI that is a failure.
func needsMachine(t *testing.T) {
	t.Helper()
	var missing []string
	if os.Geteuid() != 0 {
		missing = append(missing, "root")
	}
	if _, err := exec.LookPath("docker"); err != nil {
		missing = append(missing, "Docker") // the set-up would install it; a test does not change a machine
	}
	switch {
	case len(missing) == 0:
	case os.Getenv("CI") == "true":
		t.Fatalf("making images needs %s, and in CI it must not be left out", strings.Join(missing, " and "))
	default:
		t.Skipf("NOT RUN: making images with other tools needs %s", strings.Join(missing, " and "))
	}
}

func build(t *testing.T) (w *workshop, closeAll func() error, err error) {
	dir, err := os.MkdirTemp("", "archway-images-")
	if err != nil {
		return nil, nil, err
	}
	closers := []func() error{func() error { return os.RemoveAll(dir) }}
	closeAll = func() error {
		var first error
		for i := len(closers) - 1; i >= 0; i-- {
			if err := closers[i](); err != nil && first == nil {
				first = err
			}
		}
		return first
	}
	ctx := t.Context()
	said := &strings.Builder{}
	m, err := machine.Prepare(ctx, said)
	if err != nil {
		return nil, closeAll, fmt.Errorf("%w\n%s", err, said)
	}
	closers = append(closers, m.Close)
	const host, blobs = "111122223333.dkr.ecr.eu-west-1.archway.test", "blobs.archway.test"
	r, err := ecr.Start(ecr.Options{Dir: filepath.Join(dir, "registry"), Hosts: []string{host}, BlobHost: blobs})
	if err != nil {
		return nil, closeAll, err
	}
	closers = append(closers, r.Close)
	for _, name := range []string{"app", "scanner"} {
		if err := r.AddRepository(ecr.Repository{Name: name, Mutability: "MUTABLE"}); err != nil {
			return nil, closeAll, err
		}
	}
	r.Authorize(user, password)
	if err := m.AddHosts(blobs); err != nil {
		return nil, closeAll, err
	}
	// No base image is pulled: the mirror is never asked.
	builder, buildxConfig, err := m.StartBuildKit(ctx,
		machine.BuildKit{RegistryHost: r.Host(), CAFile: r.CAFile(), MirrorHost: "127.0.0.1:1"})
	if err != nil {
		return nil, closeAll, fmt.Errorf("%w\n%s", err, said)
	}
	w = &workshop{registry: r.Host(), ca: r.CAFile(), dir: dir, validate: filepath.Join(dir, "validate")}
	docker, err := dockerConfig(dir, r.Host(), m.BuildxPlugin)
	if err != nil {
		return nil, closeAll, err
	}
	home := filepath.Join(dir, "home")
	w.env = []string{
		"PATH=" + m.Bin + string(filepath.ListSeparator) + os.Getenv("PATH"), "HOME=" + home, "XDG_RUNTIME_DIR=" + home,
		"DOCKER_CONFIG=" + docker, "REGISTRY_AUTH_FILE=" + filepath.Join(docker, "config.json"),
		"DOCKER_HOST=" + m.DockerHost,
		"BUILDX_BUILDER=" + builder, "BUILDX_CONFIG=" + buildxConfig, "SSL_CERT_FILE=" + r.CAFile(),
		"SOURCE_DATE_EPOCH=1767225600",
	}
	return w, closeAll, w.equip(ctx)
}

// dockerConfig makes a folder with the registry's credentials and the buildx plugin.
func dockerConfig(dir, host, buildx string) (string, error) {
	folder := filepath.Join(dir, "docker")
	if err := os.MkdirAll(filepath.Join(folder, "cli-plugins"), 0o700); err != nil {
		return "", err
	}
	if err := os.MkdirAll(filepath.Join(dir, "home"), 0o700); err != nil {
		return "", err
	}
	config, err := json.Marshal(map[string]any{"auths": map[string]any{
		host: map[string]any{"auth": base64.StdEncoding.EncodeToString([]byte(user + ":" + password))}}})
	if err != nil {
		return "", err
	}
	if err := os.WriteFile(filepath.Join(folder, "config.json"), config, 0o600); err != nil {
		return "", err
	}
	return folder, os.Symlink(buildx, filepath.Join(folder, "cli-plugins", "docker-buildx"))
}

// equip makes the programs that images hold, the validator and crane.
func (w *workshop) equip(ctx context.Context) error {
	compile := func(out, architecture, pkg string) error {
		c := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", filepath.Join(w.dir, out), pkg)
		c.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+architecture)
		if said, err := c.CombinedOutput(); err != nil {
			return fmt.Errorf("build %s for %s: %w\n%s", pkg, architecture, err, said)
		}
		return nil
	}
	for _, architecture := range []string{"amd64", "arm64"} {
		if err := compile("context/"+architecture+"/app", architecture, "./testdata/app"); err != nil {
			return err
		}
	}
	if err := compile("scanner/scanner", runtime.GOARCH, "../internal/machine/standin/scanner"); err != nil {
		return err
	}
	if err := compile("validate", runtime.GOARCH, "archway/lambda/validate"); err != nil {
		return err
	}
	crane, err := tools.Crane(ctx)
	w.crane = crane
	return err
}

// run runs a tool, which must succeed, and gives what it said on stdout.
func (w *workshop) run(t *testing.T, dir string, name string, args ...string) string {
	t.Helper()
	c := exec.CommandContext(t.Context(), name, args...)
	c.Dir, c.Env = dir, w.env
	var stdout, stderr strings.Builder
	c.Stdout, c.Stderr = &stdout, &stderr
	if err := c.Run(); err != nil {
		t.Fatalf("%s %s: %v\n%s%s", name, strings.Join(args, " "), err, &stdout, &stderr)
	}
	return stdout.String()
}

// plain serves the registry over plain HTTP, without credentials: the docker command speaks nothing
// else with a registry on this machine when it pushes a manifest list.
func (w *workshop) plain(t *testing.T) string {
	t.Helper()
	pem, err := os.ReadFile(w.ca)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	proxy := &httputil.ReverseProxy{
		Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}},
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(&url.URL{Scheme: "https", Host: w.registry})
			r.Out.SetBasicAuth(user, password)
		},
	}
	server := httptest.NewServer(proxy)
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}

// image is a reference in the registry, under a tag named after the test.
func (w *workshop) image(t *testing.T, suffix string) string {
	tag := strings.ToLower(strings.Map(func(r rune) rune {
		if r == '/' || r == '_' || r == ' ' {
			return '-'
		}
		return r
	}, t.Name()))
	return w.registry + "/app:" + tag + suffix
}

const dockerfile = "FROM scratch\nARG TARGETARCH\nCOPY $TARGETARCH/app /app\nENTRYPOINT [\"/app\"]\n"

// buildx builds the context for both platforms and pushes it, and gives the reference.
func (w *workshop) buildx(t *testing.T, output string, args ...string) string {
	t.Helper()
	image := w.image(t, "")
	w.build(t, image, dockerfile, "linux/amd64,linux/arm64", output, args...)
	return image
}

func (w *workshop) build(t *testing.T, image, dockerfile, platforms, output string, args ...string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "Dockerfile")
	if err := os.WriteFile(file, []byte(dockerfile), 0o644); err != nil {
		t.Fatal(err)
	}
	all := append([]string{"buildx", "build", "--quiet", "--platform", platforms, "--file", file, "--output",
		"type=image,name=" + image + ",push=true" + output}, args...)
	w.run(t, w.dir, "docker", append(all, filepath.Join(w.dir, "context"))...)
}

package machine

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// Without root a machine is not ours to change: builds then run in a container of BuildKit's own
// image, by the Docker engine that the user may use, and nothing is installed but tools in the
// user's cache.
func unprivileged() bool { return os.Geteuid() != 0 }

// userOptions are those of scripts/setup.sh.
func userOptions(args ...string) []string {
	if unprivileged() {
		return append(args, "--engine")
	}
	return args
}

// owner starts the names of what is this user's in an engine that others may use as well.
func owner() string { return fmt.Sprintf("archway-rehearsal-%d", os.Getuid()) }

func (m *Machine) prepareUser(ctx context.Context) error {
	unlock, err := acquire(ctx, filepath.Join(m.Cache, "run", "lock"), m.progress)
	if err != nil {
		return err
	}
	m.onClose(unlock)
	// A socket's path may have a hundred characters, which a cache folder may have by itself.
	if m.state, err = os.MkdirTemp("", "archway-"); err != nil {
		return err
	}
	m.onClose(func() error { return os.RemoveAll(m.state) })
	m.DockerConfig = filepath.Join(m.state, "docker-config")
	if err := m.linkBuildx(); err != nil {
		return err
	}
	if err := m.findDocker(ctx); err != nil {
		return err
	}
	if m.DockerHost == OwnDockerHost {
		return fmt.Errorf("%w: no Docker engine answers", ErrUnavailable)
	}
	return m.removeOurs(ctx)
}

// startUserBuildKit runs BuildKit's image until Close.
func (m *Machine) startUserBuildKit(ctx context.Context, k BuildKit) (builder, buildxConfig string, err error) {
	registry, err := m.trusting(k)
	if err != nil {
		return "", "", err
	}
	_, port, err := net.SplitHostPort(k.RegistryHost)
	if err != nil {
		return "", "", fmt.Errorf("registry %q: %w; expected host:port", k.RegistryHost, err)
	}
	proxy, err := m.serve("tcp", "127.0.0.1:0", &connectProxy{k.RegistryHost, "127.0.0.1:" + port})
	if err != nil {
		return "", "", err
	}
	m.Proxy = "http://" + proxy.String()
	socket := filepath.Join(m.state, "docker.sock")
	if _, err := m.serve("unix", socket, newFront(strings.TrimPrefix(m.DockerHost, "unix://"), k.RegistryHost, owner(),
		registry)); err != nil {
		return "", "", err
	}
	m.DockerHost = "unix://" + socket
	m.onClose(func() error {
		clean, cancel := context.WithTimeout(context.Background(), stopLimit)
		defer cancel()
		return m.removeOurs(clean)
	})
	image, err := m.builderImage(ctx, k.Images)
	if err != nil {
		return "", "", err
	}
	if err := m.startBuilder(ctx, k, image); err != nil {
		return "", "", fmt.Errorf("start BuildKit in the Docker engine: %w", err)
	}
	// By the engine's command line: buildx itself speaks with newer engines only.
	buildxConfig = filepath.Join(m.state, "buildx")
	out, err := m.buildx(ctx, buildxConfig, "create", "--driver", "remote", "--name", owner(),
		"docker-container://"+owner())
	if err != nil {
		return "", "", fmt.Errorf("buildx create: %w: %s", err, out)
	}
	return owner(), buildxConfig, nil
}

// startBuilder starts BuildKit's image in a container, in the host's network: the registry and the
// mirror listen there, for nobody but this machine.
func (m *Machine) startBuilder(ctx context.Context, k BuildKit, image string) error {
	m.say("starting %s in the Docker engine", image)
	ca, err := os.ReadFile(k.CAFile)
	if err != nil {
		return err
	}
	files := filepath.Join(m.state, "buildkit")
	k.CAFile = "/etc/buildkit/ca.pem"
	err = errors.Join(os.Mkdir(files, 0o755), os.WriteFile(filepath.Join(files, "ca.pem"), ca, 0o644),
		os.WriteFile(filepath.Join(files, "buildkitd.toml"), []byte(k.shared()), 0o644))
	if err != nil {
		return err
	}
	if err = m.runBuilder(ctx, image, files, "--privileged"); err != nil {
		// An engine that is in a container itself can give no more than it has. What a build then
		// lacks, it says.
		if again := m.runBuilder(ctx, image, files, "--cap-add=SYS_ADMIN", "--security-opt=seccomp=unconfined",
			"--security-opt=apparmor=unconfined"); again != nil {
			return errors.Join(err, again)
		}
	}
	ready, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	for {
		workers, err := m.docker(ready, "exec", owner(), "buildctl", "debug", "workers")
		if err == nil {
			return runsBoth(workers)
		}
		select {
		case <-ready.Done():
			log, _ := m.docker(ctx, "logs", "--tail", "20", owner())
			return fmt.Errorf("it is not ready after %v: %w\n%s", startLimit, err, log)
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// runBuilder makes and starts the container, with the files in /etc/buildkit.
func (m *Machine) runBuilder(ctx context.Context, image, files string, privileges ...string) error {
	if _, err := m.docker(ctx, "rm", "--force", owner()); err != nil && !strings.Contains(err.Error(), "No such") {
		return err
	}
	create := append([]string{"create", "--name", owner(), "--network=host", "--env=HTTPS_PROXY=" + m.Proxy,
		"--volume=" + owner() + ":/var/lib/buildkit"}, privileges...)
	// The socket is where buildctl looks for it.
	create = append(create, image, "--addr=unix:///run/buildkit/buildkitd.sock",
		"--config=/etc/buildkit/buildkitd.toml")
	for _, step := range [][]string{create, {"cp", files, owner() + ":/etc/"}, {"start", owner()}} {
		if _, err := m.docker(ctx, step...); err != nil {
			return err
		}
	}
	return nil
}

// runsBoth reports what the engine lacks to run the programs of both architectures.
func runsBoth(workers string) error {
	for _, arch := range []string{"amd64", "arm64"} {
		if !strings.Contains(workers, "linux/"+arch) {
			return fmt.Errorf("%w: the Docker engine does not run programs of linux/%s: let it emulate them, "+
				"by docker run --privileged --rm docker.io/tonistiigi/binfmt --install %[2]s", ErrUnavailable, arch)
		}
	}
	return nil
}

// trusting leads to the registry, without a name to resolve.
func (m *Machine) trusting(k BuildKit) (http.RoundTripper, error) {
	bundle, err := os.ReadFile(k.CAFile)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(bundle)
	_, port, err := net.SplitHostPort(k.RegistryHost)
	transport := &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: roots},
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, "127.0.0.1:"+port)
		},
	}
	m.onClose(func() error { transport.CloseIdleConnections(); return nil })
	return transport, err
}

// pullLimit is the time for BuildKit's image, of about 100 MB; the builds' own.
const pullLimit = 5 * time.Minute

// builderImage is the first of the images that the engine has, or can pull.
func (m *Machine) builderImage(ctx context.Context, images []string) (string, error) {
	for _, image := range images {
		if _, err := m.docker(ctx, "image", "inspect", image); err == nil {
			return image, nil
		}
	}
	var errs []error
	for _, image := range images {
		m.say("pulling %s (once)", image)
		pull, cancel := context.WithTimeout(ctx, pullLimit)
		_, err := m.docker(pull, "pull", "--quiet", image)
		cancel()
		if err == nil {
			return image, nil
		}
		errs = append(errs, err)
	}
	return "", fmt.Errorf("%w: the Docker engine has none of BuildKit's images, and can pull none; "+
		"--buildkit-image names one that it has or can reach:\n%w", ErrUnavailable, errors.Join(errs...))
}

// removeOurs removes this user's containers and images: also those of a rehearsal that was killed,
// as no other can be running. BuildKit's state stays, in a volume.
func (m *Machine) removeOurs(ctx context.Context) error {
	var errs []error
	for _, what := range []struct{ list, remove []string }{
		{[]string{"ps", "--all", "--quiet", "--filter", "label=archway.rehearsal=" + owner()},
			[]string{"rm", "--force"}},
		{[]string{"images", "--quiet", "--filter", "reference=" + owner() + "/*"}, []string{"rmi", "--force"}},
	} {
		out, err := m.docker(ctx, what.list...)
		if ids := strings.Fields(out); err == nil && len(ids) > 0 {
			_, err = m.docker(ctx, append(what.remove, ids...)...)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

func (m *Machine) docker(ctx context.Context, args ...string) (string, error) {
	all := append([]string{"--host", m.DockerHost}, args...)
	out, err := exec.CommandContext(ctx, "docker", all...).CombinedOutput()
	if err != nil {
		err = fmt.Errorf("docker %s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(string(out)))
	}
	return string(out), err
}

func (m *Machine) buildx(ctx context.Context, config string, args ...string) (string, error) {
	c := exec.CommandContext(ctx, m.BuildxPlugin, args...)
	c.Env = append(os.Environ(), "BUILDX_CONFIG="+config, "DOCKER_CONFIG="+m.DockerConfig, "DOCKER_HOST="+m.DockerHost)
	out, err := c.CombinedOutput()
	return string(out), err
}

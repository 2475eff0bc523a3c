package machine

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// builderName is the buildx builder's.
const builderName = "archway-rehearsal"

// mirrored are the registries whose base images have stand-ins.
var mirrored = []string{"docker.io", "public.ecr.aws"}

// StartBuildKit runs buildkitd, and a Docker engine if none runs, until Close;
// both are ready when it returns. registryHost (host:port) is trusted
// by caFile, by buildkitd and by the Docker engine, and its name is added to the
// machine's hosts; base images of docker.io and public.ecr.aws come from
// mirrorHost (host:port, plain HTTP), and from their real registry if it has
// none. The result is the name of a buildx builder, for BUILDX_BUILDER, and the
// folder that knows it, for BUILDX_CONFIG.
func (m *Machine) StartBuildKit(ctx context.Context, registryHost, caFile, mirrorHost string) (builder, buildxConfig string, err error) {
	if m.builder {
		return "", "", errors.New("BuildKit was already started: one per Machine")
	}
	m.builder = true
	host, _, err := net.SplitHostPort(registryHost)
	if err != nil {
		return "", "", fmt.Errorf("registry %q: %w; expected host:port", registryHost, err)
	}
	if err := m.AddHosts(host); err != nil {
		return "", "", err
	}
	m.onClose(func() error { return distrust(engineCertificates) })
	if err := trust(engineCertificates, registryHost, caFile); err != nil {
		return "", "", fmt.Errorf("let the Docker engine trust %s: %w", registryHost, err)
	}

	engineReady, err := m.startDocker()
	if err != nil {
		return "", "", err
	}
	socket := filepath.Join(state, "buildkitd.sock")
	config := filepath.Join(state, "buildkitd.toml")
	root := filepath.Join(m.Cache, "buildkit")
	if err := os.WriteFile(config, []byte(buildkitConfig(root, socket, registryHost, caFile, mirrorHost)), 0o600); err != nil {
		return "", "", err
	}
	d, err := startDaemon(state, "buildkitd", daemonEnv(os.Environ(), host, caFile), filepath.Join(m.Bin, "buildkitd"), "--config", config)
	if err != nil {
		return "", "", err
	}
	m.onClose(d.stop)
	if err := errors.Join(d.waitFor(ctx, accepts(socket)), engineReady(ctx)); err != nil {
		return "", "", err
	}
	if err := m.removeContainers(ctx); err != nil {
		return "", "", err
	}

	buildxConfig = filepath.Join(state, "buildx")
	m.onClose(func() error { return os.RemoveAll(buildxConfig) })
	create := exec.CommandContext(ctx, m.BuildxPlugin, "create", "--driver", "remote", "--name", builderName, "unix://"+socket)
	create.Env = append(os.Environ(), "BUILDX_CONFIG="+buildxConfig, "DOCKER_CONFIG="+m.DockerConfig)
	if out, err := create.CombinedOutput(); err != nil {
		return "", "", fmt.Errorf("buildx create: %w: %s", err, out)
	}
	return builderName, buildxConfig, nil
}

// buildkitConfig is buildkitd.toml.
func buildkitConfig(root, socket, registryHost, caFile, mirrorHost string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "root = %q\n\n[grpc]\n  address = [%q]\n\n", root, "unix://"+socket)
	// The cache outlives rehearsals; its size must end somewhere.
	b.WriteString("[worker.oci]\n  enabled = true\n  gc = true\n  maxUsedSpace = \"20GB\"\n\n[worker.containerd]\n  enabled = false\n")
	for _, name := range mirrored {
		fmt.Fprintf(&b, "\n[registry.%q]\n  mirrors = [%q]\n", name, mirrorHost)
	}
	fmt.Fprintf(&b, "\n[registry.%q]\n  http = true\n", mirrorHost)
	fmt.Fprintf(&b, "\n[registry.%q]\n  ca = [%q]\n", registryHost, caFile)
	return b.String()
}

// daemonEnv lets a daemon trust caFile, and reach host without a proxy.
func daemonEnv(env []string, host, caFile string) []string {
	without := host
	for _, variable := range env {
		if key, value, _ := strings.Cut(variable, "="); strings.EqualFold(key, "NO_PROXY") && value != "" {
			without = value + "," + host
		}
	}
	return append(env[:len(env):len(env)], "SSL_CERT_FILE="+caFile, "NO_PROXY="+without, "no_proxy="+without)
}

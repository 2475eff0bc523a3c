package machine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// builderName is the buildx builder's.
const builderName = "archway-rehearsal"

// BuildKit says what builds find.
type BuildKit struct {
	// RegistryHost (host:port) is trusted by CAFile, by buildkitd and by the Docker
	// engine, and its name is added to the machine's hosts.
	RegistryHost, CAFile string
	// MirrorHost (host:port, plain HTTP) has base images of the registries that are Mirrored; what
	// it has not, comes from the real registry.
	MirrorHost string
	Mirrored   []string
	// Caches are asked first for a registry's images: host:port and path, by the
	// registry's name.
	Caches map[string]string
	// Frontends are the repositories that Dockerfiles may take their frontends from;
	// none are all.
	Frontends []string
	// Images are BuildKit's own at several registries, for a rehearsal without root.
	Images []string
}

// StartBuildKit runs buildkitd, and a Docker engine if none runs, until Close;
// both are ready when it returns. The result is the name of a buildx builder, for
// BUILDX_BUILDER, and the folder that knows it, for BUILDX_CONFIG.
func (m *Machine) StartBuildKit(ctx context.Context, k BuildKit) (builder, buildxConfig string, err error) {
	if m.builder {
		return "", "", errors.New("BuildKit was already started: one per Machine")
	}
	m.builder = true
	if unprivileged() {
		return m.startUserBuildKit(ctx, k)
	}
	host, _, err := net.SplitHostPort(k.RegistryHost)
	if err != nil {
		return "", "", fmt.Errorf("registry %q: %w; expected host:port", k.RegistryHost, err)
	}
	if err := m.AddHosts(host); err != nil {
		return "", "", err
	}
	m.onClose(func() error { return distrust(engineCertificates) })
	if err := trust(engineCertificates, k.RegistryHost, k.CAFile); err != nil {
		return "", "", fmt.Errorf("let the Docker engine trust %s: %w", k.RegistryHost, err)
	}

	engineReady, err := m.startDocker()
	if err != nil {
		return "", "", err
	}
	socket := filepath.Join(state, "buildkitd.sock")
	config := filepath.Join(state, "buildkitd.toml")
	root := filepath.Join(m.Cache, "buildkit")
	if err := os.WriteFile(config, []byte(k.config(root, socket)), 0o600); err != nil {
		return "", "", err
	}
	d, err := startDaemon(state, "buildkitd", daemonEnv(os.Environ(), host, k.CAFile),
		filepath.Join(m.Bin, "buildkitd"), "--config", config)
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
	create := exec.CommandContext(ctx, m.BuildxPlugin, "create", "--driver", "remote", "--name", builderName,
		"unix://"+socket)
	create.Env = append(os.Environ(), "BUILDX_CONFIG="+buildxConfig, "DOCKER_CONFIG="+m.DockerConfig)
	if out, err := create.CombinedOutput(); err != nil {
		return "", "", fmt.Errorf("buildx create: %w: %s", err, out)
	}
	return builderName, buildxConfig, nil
}

// config is buildkitd.toml.
func (k BuildKit) config(root, socket string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "root = %q\n\n[grpc]\n  address = [%q]\n\n", root, "unix://"+socket)
	b.WriteString(k.shared())
	return b.String()
}

// shared is the part that a daemon of ours and BuildKit's own image have in common.
func (k BuildKit) shared() string {
	var b strings.Builder
	// The cache outlives rehearsals; its size must end somewhere.
	b.WriteString("[worker.oci]\n  enabled = true\n  gc = true\n  maxUsedSpace = \"20GB\"\n\n[worker.containerd]\n  enabled = false\n")
	if len(k.Frontends) > 0 {
		fmt.Fprintf(&b, "\n[frontend.\"gateway.v0\"]\n  allowedRepositories = [\"%s\"]\n",
			strings.Join(k.Frontends, `", "`))
	}
	mirrors := map[string][]string{}
	for name, cache := range k.Caches {
		mirrors[name] = []string{cache}
	}
	for _, name := range k.Mirrored {
		mirrors[name] = append(mirrors[name], k.MirrorHost)
	}
	for _, name := range slices.Sorted(maps.Keys(mirrors)) {
		fmt.Fprintf(&b, "\n[registry.%q]\n  mirrors = [\"%s\"]\n", name, strings.Join(mirrors[name], `", "`))
	}
	fmt.Fprintf(&b, "\n[registry.%q]\n  http = true\n", k.MirrorHost)
	fmt.Fprintf(&b, "\n[registry.%q]\n  ca = [%q]\n", k.RegistryHost, k.CAFile)
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

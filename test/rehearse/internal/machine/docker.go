package machine

import (
	"context"
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

const ownSocket = state + "/docker.sock"

// OwnDockerHost is the DockerHost of an engine that is the rehearsal's own: no
// other program's images and containers are there.
const OwnDockerHost = "unix://" + ownSocket

// findDocker uses the engine that this user's docker command reaches. If there is
// none, startDocker will start one of our own.
func (m *Machine) findDocker(ctx context.Context) error {
	m.DockerHost = runningEngine(ctx)
	switch {
	case m.DockerHost == "":
		m.DockerHost = OwnDockerHost
	case !strings.HasPrefix(m.DockerHost, "unix://"):
		return fmt.Errorf("%w: the Docker engine is at %s, another machine, which can't reach the rehearsal's registry; unset DOCKER_HOST or switch to a local context",
			ErrUnavailable, m.DockerHost)
	}
	return nil
}

// startDocker starts the engine and returns what waits until it is ready. It
// comes after AddHosts: an engine keeps what it saw in /etc/hosts for seconds.
func (m *Machine) startDocker() (ready func(context.Context) error, err error) {
	if m.DockerHost != OwnDockerHost {
		return func(context.Context) error { return nil }, nil
	}
	m.say("starting a Docker engine of its own")
	if err := noteLeftovers(); err != nil {
		return nil, err
	}
	d, err := startDaemon(state, "dockerd", os.Environ(),
		"dockerd",
		"--host", m.DockerHost,
		"--data-root", filepath.Join(m.Cache, "docker"),
		"--exec-root", filepath.Join(state, "docker"),
		"--pidfile", filepath.Join(state, "dockerd.own.pid"),
		// The machine's firewall and routing stay as they are: containers are
		// reached through the engine's own proxy, and need no other network.
		"--iptables=false", "--ip6tables=false", "--ip-masq=false", "--ip-forward=false")
	if err != nil {
		return nil, err
	}
	m.onClose(func() error { return errors.Join(d.stop(), removeLeftovers()) })
	return func(ctx context.Context) error { return d.waitFor(ctx, answersPing(ownSocket)) }, nil
}

// ContainerPrefix starts the name of each container that a rehearsal runs to prove an image.
const ContainerPrefix = "archway-proof-"

// containers matches the names of all containers that a rehearsal runs: those, and what the
// buildspec of a smoke test starts.
const containers = "^/(" + ContainerPrefix + "|archway-smoke-test-)"

// removeContainers removes those of a rehearsal that was killed: as this one has
// the lock, no other can be running any.
func (m *Machine) removeContainers(ctx context.Context) error {
	docker := func(args ...string) (string, error) {
		out, err := exec.CommandContext(ctx, "docker",
			append([]string{"--host", m.DockerHost}, args...)...).CombinedOutput()
		if err != nil {
			return "",
				fmt.Errorf("remove containers of a rehearsal that was killed: docker %s: %w: %s", args[0], err, out)
		}
		return string(out), nil
	}
	stale, err := docker("ps", "--all", "--quiet", "--filter", "name="+containers)
	if err != nil || strings.TrimSpace(stale) == "" {
		return err
	}
	m.say("removing containers of a rehearsal that was killed")
	_, err = docker(append([]string{"rm", "--force", "--volumes"}, strings.Fields(stale)...)...)
	return err
}

// runningEngine is the address of the engine that the docker command uses, which
// DOCKER_HOST or its current context says, if it answers.
func runningEngine(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	if exec.CommandContext(ctx, "docker", "version", "--format", "{{.Server.Version}}").Run() != nil {
		return ""
	}
	if host := os.Getenv("DOCKER_HOST"); host != "" {
		return host
	}
	out, err := exec.CommandContext(ctx, "docker", "context", "inspect", "--format",
		"{{.Endpoints.docker.Host}}").Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}

// answersPing is ready if an engine answers its health check.
func answersPing(socket string) func(context.Context) error {
	client := &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", socket)
		},
	}}
	return func(ctx context.Context) error {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://docker/_ping", nil)
		if err != nil {
			return err
		}
		response, err := client.Do(request)
		if err != nil {
			return err
		}
		response.Body.Close()
		if response.StatusCode != http.StatusOK {
			return fmt.Errorf("its health check answers HTTP %d", response.StatusCode)
		}
		return nil
	}
}

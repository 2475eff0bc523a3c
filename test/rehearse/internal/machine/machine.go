package machine

import (
	"context"
	"errors"
	"io"
)

// Machine is this machine, ready for a rehearsal.
type Machine struct {
	// Cache is the folder that outlives a rehearsal: tools, BuildKit's state, stand-ins.
	Cache string
	// Bin comes first on the PATH of every process of the rehearsal.
	Bin string
	// DockerHost is the Docker engine's address, for DOCKER_HOST.
	DockerHost string
	// BuildxPlugin is the buildx program; DockerConfig is a folder for
	// DOCKER_CONFIG whose cli-plugins hold it, without any credentials.
	BuildxPlugin string
	DockerConfig string
}

// Prepare makes this machine ready for one rehearsal and says on progress what
// it does. It waits for no other rehearsal: if one runs the error names it.
func Prepare(ctx context.Context, progress io.Writer) (*Machine, error) {
	return nil, errors.New("not built yet")
}

// Close stops what Prepare and StartBuildKit started, by process id, and takes
// back what they changed.
func (m *Machine) Close() error { return nil }

// AddHosts makes names (without ports) resolve to 127.0.0.1 until Close.
func (m *Machine) AddHosts(names ...string) error { return nil }

// StartBuildKit runs buildkitd until Close. registryHost (host:port) is trusted
// by caFile, by buildkitd and by the Docker engine, and its name is added to the
// machine's hosts; base images of docker.io and public.ecr.aws come from
// mirrorHost (host:port, plain HTTP). The result is the name of a buildx
// builder, for BUILDX_BUILDER, and the folder that knows it, for BUILDX_CONFIG.
func (m *Machine) StartBuildKit(ctx context.Context, registryHost, caFile, mirrorHost string) (builder, buildxConfig string, err error) {
	return "", "", errors.New("not built yet")
}

package machine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"archway/test/internal/tools"
)

// state holds what lives no longer than the machine runs: lock, process ids,
// sockets. Process ids written down before a restart would name strangers.
const state = "/run/archway"

// Machine is this machine, ready for a rehearsal.
type Machine struct {
	// Cache is the folder that outlives a rehearsal: tools, BuildKit's state, stand-ins.
	Cache string
	// Bin comes first on the PATH of every process of the rehearsal.
	Bin string
	// DockerHost is the Docker engine's address, for DOCKER_HOST. The engine
	// answers once StartBuildKit returned.
	DockerHost string
	// BuildxPlugin is the buildx program, for cli-plugins/docker-buildx of a
	// DOCKER_CONFIG folder. DockerConfig is such a folder, without credentials;
	// it is removed by Close.
	BuildxPlugin string
	DockerConfig string
	// Proxy, if set, is what connects to the registry, for HTTPS_PROXY: its name is in no table of
	// the machine.
	Proxy string

	state    string // of an unprivileged user's rehearsal
	progress io.Writer
	closers  []func() error // in the order of starting
	closing  sync.Once
	closeErr error
	builder  bool
}

// Prepare makes this machine ready for one rehearsal and says on progress what
// it does; StartBuildKit then starts the daemons. While another rehearsal runs it waits, after it
// said which, until ctx is done. The error is ErrUnavailable if a person has to do something first.
func Prepare(ctx context.Context, progress io.Writer) (*Machine, error) {
	cache, err := tools.CacheDir()
	if err != nil {
		return nil, err
	}
	m := &Machine{
		Cache:        cache,
		Bin:          filepath.Join(cache, "bin"),
		BuildxPlugin: filepath.Join(cache, "bin", "docker-buildx"),
		DockerConfig: filepath.Join(state, "docker-config"),
		progress:     progress,
	}
	if err := setUp(ctx, cache, progress, userOptions()...); err != nil {
		return nil, err
	}
	if unprivileged() {
		if err := m.prepareUser(ctx); err != nil {
			return nil, errors.Join(err, m.Close())
		}
		return m, nil
	}
	unlock, err := acquire(ctx, filepath.Join(state, "lock"), progress)
	if err != nil {
		return nil, err
	}
	m.onClose(unlock)
	if err := m.start(ctx); err != nil {
		return nil, errors.Join(err, m.Close())
	}
	return m, nil
}

func (m *Machine) start(ctx context.Context) error {
	if err := sweep(m.progress); err != nil {
		return err
	}
	m.onClose(func() error { return os.RemoveAll(m.DockerConfig) })
	if err := m.linkBuildx(); err != nil {
		return err
	}
	return m.findDocker(ctx)
}

// linkBuildx puts buildx where Docker's client looks for it.
func (m *Machine) linkBuildx() error {
	plugins := filepath.Join(m.DockerConfig, "cli-plugins")
	if err := os.MkdirAll(plugins, 0o700); err != nil {
		return err
	}
	return os.Symlink(m.BuildxPlugin, filepath.Join(plugins, "docker-buildx"))
}

// Close stops what Prepare and StartBuildKit started, by process id, and takes
// back what they changed. Only the first call does something.
func (m *Machine) Close() error {
	m.closing.Do(func() {
		var errs []error
		for i := len(m.closers) - 1; i >= 0; i-- {
			errs = append(errs, m.closers[i]())
		}
		m.closeErr = errors.Join(errs...)
	})
	return m.closeErr
}

func (m *Machine) onClose(f func() error) { m.closers = append(m.closers, f) }

func (m *Machine) say(format string, args ...any) {
	fmt.Fprintf(m.progress, "machine: "+format+"\n", args...)
}

// Sweep stops and removes what a rehearsal that was killed left behind. It does
// nothing while a rehearsal runs.
func Sweep(progress io.Writer) error {
	unlock, err := tryAcquire(filepath.Join(state, "lock"))
	if errors.Is(err, errHeld) || errors.Is(err, fs.ErrPermission) {
		return nil // only root could have left something
	}
	if err != nil {
		return err
	}
	return errors.Join(sweep(progress), unlock())
}

// sweep is for the holder of the lock: whatever is still there is nobody's.
func sweep(progress io.Writer) error {
	var errs []error
	for _, name := range []string{"buildkitd", "dockerd", "containerd"} {
		stopped, err := stopStale(filepath.Join(state, name+".pid"))
		if stopped {
			fmt.Fprintf(progress, "machine: stopped the %s of a rehearsal that was killed\n", name)
		}
		errs = append(errs, err)
	}
	errs = append(errs,
		removeContainerd(),
		removeLeftovers(),
		os.RemoveAll(filepath.Join(state, "docker-config")),
		os.RemoveAll(filepath.Join(state, "buildx")),
		editHosts(hostsFile, nil),
		distrust(engineCertificates))
	return errors.Join(errs...)
}

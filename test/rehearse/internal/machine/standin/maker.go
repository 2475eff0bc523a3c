package standin

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"golang.org/x/sync/errgroup"
)

// architecture is one platform, by the names that each supplier has for it.
type architecture struct {
	goarch, debian, node string
	// variant is what the originals declare.
	variant string
}

var architectures = []architecture{
	{goarch: "amd64", debian: "amd64", node: "x64"},
	{goarch: "arm64", debian: "arm64", node: "arm64", variant: "v8"},
}

// contents are one image's layers and how it is run.
type contents struct {
	layers []layer
	config v1.Config
}

// maker makes images into a store.
type maker struct {
	ctx      context.Context
	store    *store
	progress io.Writer
	mu       sync.Mutex // of progress
}

func (m *maker) say(format string, args ...any) {
	m.mu.Lock()
	defer m.mu.Unlock()
	fmt.Fprintf(m.progress, "stand-in: "+format+"\n", args...)
}

// index makes one image for all platforms and returns the descriptor of its index.
func (m *maker) index(img image) (v1.Descriptor, error) {
	manifests := make([]v1.Descriptor, len(architectures))
	var group errgroup.Group
	for i, arch := range architectures {
		group.Go(func() (err error) {
			c, err := img.compose(m, arch)
			if err == nil {
				manifests[i], err = m.manifest(c, arch)
			}
			if err != nil {
				err = fmt.Errorf("%s for linux/%s: %w", img.name, arch.goarch, err)
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return v1.Descriptor{}, err
	}
	return m.store.blob(types.OCIImageIndex,
		v1.IndexManifest{SchemaVersion: 2, MediaType: types.OCIImageIndex, Manifests: manifests})
}

func (m *maker) manifest(c contents, arch architecture) (v1.Descriptor, error) {
	config := v1.ConfigFile{
		OS: "linux", Architecture: arch.goarch, Variant: arch.variant,
		Created: v1.Time{Time: stamp}, Config: c.config, RootFS: v1.RootFS{Type: "layers"},
	}
	manifest := v1.Manifest{SchemaVersion: 2, MediaType: types.OCIManifestSchema1}
	for _, l := range c.layers {
		config.RootFS.DiffIDs = append(config.RootFS.DiffIDs, l.DiffID)
		config.History = append(config.History,
			v1.History{Created: v1.Time{Time: stamp}, CreatedBy: "stand-in of a rehearsal"})
		manifest.Layers = append(manifest.Layers,
			v1.Descriptor{MediaType: types.OCILayer, Digest: l.Digest, Size: l.Size})
	}
	var err error
	if manifest.Config, err = m.store.blob(types.OCIConfigJSON, config); err != nil {
		return v1.Descriptor{}, err
	}
	descriptor, err := m.store.blob(types.OCIManifestSchema1, manifest)
	descriptor.Platform = &v1.Platform{OS: "linux", Architecture: arch.goarch, Variant: arch.variant}
	return descriptor, err
}

// layer makes a layer with visible progress, unless the store has it.
func (m *maker) layer(key, what string, make func(work string, w io.Writer) error) (layer, error) {
	if l, ok := m.store.cached(key); ok {
		return l, nil
	}
	m.say("making %s (once)", what)
	start := time.Now()
	work, err := os.MkdirTemp(m.store.dir, "work-*")
	if err != nil {
		return layer{}, err
	}
	l, err := m.store.layer(key, func(w io.Writer) error { return make(work, w) })
	err = errors.Join(err, os.RemoveAll(work))
	if err == nil {
		m.say("made %s in %d s, %d MB", what, int(time.Since(start).Seconds()), l.Size>>20)
	}
	return l, err
}

// run runs a program in dir and returns its standard output. Its mounts are its
// own, so that none is left in dir when it ends, however it does. While it runs,
// what it said last is shown from time to time.
func (m *maker) run(dir, what string, env []string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(m.ctx, args[0], args[1:]...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	var stdout bytes.Buffer
	said := &lastLine{}
	cmd.Stdout = io.MultiWriter(&stdout, said)
	cmd.Stderr = said
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Unshareflags: syscall.CLONE_NEWNS}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	cmd.WaitDelay = 10 * time.Second
	start := time.Now()
	stop := make(chan struct{})
	defer close(stop)
	go func() {
		for tick := time.NewTicker(10 * time.Second); ; {
			select {
			case <-tick.C:
				m.say("  %s, %d s: %s", what, int(time.Since(start).Seconds()), said.line())
			case <-stop:
				tick.Stop()
				return
			}
		}
	}()
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("%s: %w\n%s", strings.Join(args, " "), err, said.all())
	}
	return stdout.Bytes(), nil
}

// lastLine keeps what a program said.
type lastLine struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lastLine) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lastLine) line() string {
	lines := strings.Split(strings.TrimSpace(l.all()), "\n")
	return lines[len(lines)-1]
}

// all is what was said, or the end of it.
func (l *lastLine) all() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	const shown = 4 << 10
	text := l.text.Bytes()
	return string(text[max(0, len(text)-shown):])
}

// defaultPath is what a container has if its image says nothing.
const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

func inStore(cache string) string { return filepath.Join(cache, "stand-ins") }

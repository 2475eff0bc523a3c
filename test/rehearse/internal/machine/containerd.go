package machine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"archway/test/internal/tools"
)

// Containerd is a containerd of the tests' own: it shares no image, no container and no socket with
// another that may run on the machine.
type Containerd struct {
	closers []func() error
}

const (
	containerdFolder = state + "/containerd"
	containerdSocket = containerdFolder + "/containerd.sock"
	// containerdNamespace tells its containers from those of others: shims and runc keep all of
	// them in one folder of the machine.
	containerdNamespace = "archway-oracle"
	// runLimit is for a container that ends by itself within milliseconds.
	runLimit = time.Minute
)

// StartContainerd runs a containerd until Close. It waits while a rehearsal runs, after it said
// which.
func StartContainerd(ctx context.Context, progress io.Writer) (*Containerd, error) {
	cache, err := tools.CacheDir()
	if err != nil {
		return nil, err
	}
	unlock, err := acquire(ctx, filepath.Join(state, "lock"), progress)
	if err != nil {
		return nil, err
	}
	c := &Containerd{closers: []func() error{unlock}}
	if err := c.start(ctx, filepath.Join(cache, "containerd"), progress); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

func (c *Containerd) start(ctx context.Context, root string, progress io.Writer) error {
	if err := sweep(progress); err != nil {
		return err
	}
	// Nothing of it is of use to the next one.
	if err := os.RemoveAll(root); err != nil {
		return err
	}
	c.closers = append(c.closers, func() error { return errors.Join(removeContainerd(), os.RemoveAll(root)) })
	if err := os.MkdirAll(containerdFolder, 0o700); err != nil {
		return err
	}
	config := filepath.Join(containerdFolder, "config.toml")
	if err := os.WriteFile(config, []byte(containerdConfig(root)), 0o600); err != nil {
		return err
	}
	d, err := startDaemon(state, "containerd", os.Environ(), "containerd", "--config", config)
	if err != nil {
		return err
	}
	c.closers = append(c.closers, d.stop)
	return d.waitFor(ctx, func(ctx context.Context) error { return c.command(ctx, "version").Run() })
}

// containerdConfig leaves out Kubernetes' part, which wants networks of its own.
func containerdConfig(root string) string {
	return fmt.Sprintf(`version = 2
root = %q
state = %q
disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.internal.v1.opt"]
[grpc]
  address = %q
[ttrpc]
  address = %q
`, root, containerdFolder+"/state", containerdSocket, containerdSocket+".ttrpc")
}

// Close stops containerd and removes all that it made.
func (c *Containerd) Close() error {
	var errs []error
	for _, f := range slices.Backward(c.closers) {
		errs = append(errs, f())
	}
	c.closers = nil
	return errors.Join(errs...)
}

func (c *Containerd) command(ctx context.Context, args ...string) *exec.Cmd {
	all := append([]string{"--address", containerdSocket, "--namespace", containerdNamespace}, args...)
	return exec.CommandContext(ctx, "ctr", all...)
}

// Import takes the images of an archive in, without unpacking them.
func (c *Containerd) Import(ctx context.Context, archive string) error {
	if out, err := c.command(ctx, "images", "import", "--no-unpack", archive).CombinedOutput(); err != nil {
		return fmt.Errorf("ctr images import: %w\n%s", err, out)
	}
	return nil
}

// Run unpacks an image and starts it, as Kubernetes would: with the program, arguments, variables,
// folder and user of its config, and nothing else. It gives the status with which the container
// ended, or ctr where there was none to start, and what either said. The error is that it didn't
// end.
func (c *Containerd) Run(ctx context.Context, image string) (status int, said string, err error) {
	ctx, cancel := context.WithTimeout(ctx, runLimit)
	defer cancel()
	run := c.command(ctx, "run", "--rm", image, image)
	// Asked to end first: a ctr that is killed leaves its container behind.
	run.Cancel = func() error { return run.Process.Signal(syscall.SIGTERM) }
	run.WaitDelay = 5 * time.Second
	out, err := run.CombinedOutput()
	said = strings.TrimSpace(string(out))
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return 0, said, errors.Join(fmt.Errorf("%s did not end: %w", image, ctx.Err()), c.kill(image))
	case errors.As(err, &exit):
		return exit.ExitCode(), said, nil
	}
	return 0, said, err
}

// kill ends a container that doesn't end by itself, and which ctr leaves behind when it is stopped.
func (c *Containerd) kill(name string) error {
	ctx, cancel := context.WithTimeout(context.Background(), stopLimit)
	defer cancel()
	if out, err := c.command(ctx, "tasks", "kill", "--signal", "SIGKILL", name).CombinedOutput(); err != nil {
		return fmt.Errorf("ctr tasks kill: %w: %s", err, out)
	}
	return nil
}

// removeContainerd removes what a containerd leaves behind that doesn't run any more.
func removeContainerd() error {
	if err := killShims(); err != nil {
		return err
	}
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return err
	}
	var errs []error
	for _, line := range slices.Backward(strings.Split(string(mounts), "\n")) {
		// The fifth field is where it is mounted, with blanks as octal numbers; there are none
		// here.
		fields := strings.Fields(line)
		if len(fields) > 4 && strings.HasPrefix(fields[4], containerdFolder+"/") {
			errs = append(errs, syscall.Unmount(fields[4], syscall.MNT_DETACH))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("unmount containers of %s: %w", containerdFolder, err)
	}
	return os.RemoveAll(containerdFolder)
}

// killShims ends the processes that watch over containers, and the containers: they outlive
// containerd. Ours are those that were started with the address of our socket.
func killShims() error {
	folders, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return err
	}
	parents := map[int][]int{}
	var shims []int
	for _, folder := range folders {
		pid, err := strconv.Atoi(filepath.Base(folder))
		if err != nil {
			return err
		}
		stat, err := os.ReadFile(folder + "/stat")
		if err != nil {
			continue // it ended
		}
		if fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:])); len(fields) > 1 {
			parent, _ := strconv.Atoi(fields[1]) // 0 is nobody's
			parents[parent] = append(parents[parent], pid)
		}
		line, _ := os.ReadFile(folder + "/cmdline") // of one that ended it is empty
		args := strings.Split(string(line), "\x00")
		if strings.HasPrefix(filepath.Base(args[0]), "containerd-shim") && slices.Contains(args, containerdSocket) {
			shims = append(shims, pid)
		}
	}
	var errs []error
	for _, shim := range shims {
		for _, pid := range append(parents[shim], shim) {
			if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
				errs = append(errs, fmt.Errorf("stop process %d of a container: %w", pid, err))
			}
		}
	}
	return errors.Join(errs...)
}

package machine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"archway/scripts"
	"archway/test/internal/tools"
)

// ErrUnavailable says that this machine can't run a rehearsal until a person did
// what the error names.
var ErrUnavailable = errors.New("this machine can not run the rehearsal")

// needsPerson is the script's exit code for that.
const needsPerson = 2

// Check tells at once, and changes nothing, whether a person has to do something first: the error
// is ErrUnavailable then. It comes before anything that takes long.
func Check(ctx context.Context) error {
	cache, err := tools.CacheDir()
	if err != nil {
		return err
	}
	return setUp(ctx, cache, io.Discard, userOptions("--check")...)
}

// setUp installs what is missing.
func setUp(ctx context.Context, cache string, progress io.Writer, args ...string) error {
	var said bytes.Buffer
	cmd := exec.CommandContext(ctx, "bash", append([]string{"-c", scripts.Setup, "setup.sh"}, args...)...)
	cmd.Env = append(os.Environ(), "ARCHWAY_CACHE="+cache)
	cmd.Stdout = progress
	cmd.Stderr = &said // for the error; a person is not to read it twice
	// Its own group: an interrupt from the terminal reaches the package manager
	// only as the request to end, by ctx.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	cmd.WaitDelay = 10 * time.Second
	err := cmd.Run()
	text := strings.TrimSpace(said.String())
	var exit *exec.ExitError
	switch {
	case err == nil:
		if text != "" { // warnings
			_, err = fmt.Fprintln(progress, text)
		}
		return err
	case errors.Is(err, exec.ErrNotFound):
		return fmt.Errorf("%w: bash is not installed", ErrUnavailable)
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &exit) && exit.ExitCode() == needsPerson:
		return fmt.Errorf("%w:\n%s", ErrUnavailable, text)
	}
	return fmt.Errorf("set up this machine: scripts/setup.sh: %w\n%s", err, text)
}

package machine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	startLimit = 90 * time.Second // a cold engine on a busy machine
	stopLimit  = 20 * time.Second
)

// daemon is a process that we started, or that a killed rehearsal did.
type daemon struct {
	name    string
	log     string
	pidFile string
	process *os.Process
	ended   chan struct{}
	err     error // of Wait, once ended is closed
}

// startDaemon runs a program until stop, with its output in a file. The process
// id and start time are written down for the case that we are killed.
func startDaemon(dir, name string, env []string, args ...string) (*daemon, error) {
	d := &daemon{
		name:    name,
		log:     filepath.Join(dir, name+".log"),
		pidFile: filepath.Join(dir, name+".pid"),
		ended:   make(chan struct{}),
	}
	log, err := os.Create(d.log)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = env
	cmd.Stdout, cmd.Stderr = log, log
	// Its own group: an interrupt from the terminal must not end it before the
	// work that still needs it.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	d.process = cmd.Process
	// Before Wait, which lets the id be given to another process.
	started, err := startTime(cmd.Process.Pid)
	if err == nil {
		err = os.WriteFile(d.pidFile, fmt.Appendf(nil, "%d %s\n", cmd.Process.Pid, started), 0o600)
	}
	go func() {
		d.err = cmd.Wait()
		close(d.ended)
	}()
	if err != nil && !errors.Is(err, fs.ErrNotExist) { // it may have ended already: waitFor tells
		return nil, errors.Join(fmt.Errorf("write down the process id of %s: %w", name, err), d.stop())
	}
	return d, nil
}

// waitFor waits until ready returns nil, but no longer than the process lives.
func (d *daemon) waitFor(ctx context.Context, ready func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	for {
		err := ready(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-d.ended:
			return fmt.Errorf("%s ended before it was ready: %w\n%s", d.name, d.err, d.lastLines())
		case <-ctx.Done():
			return fmt.Errorf("%s is not ready (%w): %w\n%s", d.name, ctx.Err(), err, d.lastLines())
		}
	}
}

// lastLines is the end of the log, for an error.
func (d *daemon) lastLines() string {
	const shown = 20
	data, err := os.ReadFile(d.log)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(data)), "\n")
	return "  " + strings.Join(lines[max(0, len(lines)-shown):], "\n  ")
}

// stop asks the process to end, and makes it end if it does not.
func (d *daemon) stop() error {
	err := d.process.Signal(syscall.SIGTERM)
	if errors.Is(err, os.ErrProcessDone) {
		err = nil
	}
	select {
	case <-d.ended:
	case <-time.After(stopLimit):
		err = errors.Join(fmt.Errorf("%s (process %d) did not end within %v and was killed", d.name, d.process.Pid,
			stopLimit), d.process.Kill())
		<-d.ended
	}
	return errors.Join(err, remove(d.pidFile))
}

// stopStale ends the process that a pid file names, if it is still that process,
// and waits for its end.
func stopStale(pidFile string) (stopped bool, err error) {
	data, err := os.ReadFile(pidFile)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	number, started, ok := strings.Cut(strings.TrimSpace(string(data)), " ")
	pid, convErr := strconv.Atoi(number)
	if !ok || convErr != nil || pid <= 1 {
		// Half written by a rehearsal that was killed right then.
		return false, remove(pidFile)
	}
	alive := func() bool {
		now, err := startTime(pid)
		return err == nil && now == started
	}
	if !alive() {
		return false, remove(pidFile)
	}
	signals := []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL}
	for _, signal := range signals {
		if err := syscall.Kill(pid, signal); err != nil && !errors.Is(err, syscall.ESRCH) {
			return false, fmt.Errorf("stop process %d of %s: %w", pid, pidFile, err)
		}
		for end := time.Now().Add(stopLimit); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
			if !alive() {
				return true, remove(pidFile)
			}
		}
	}
	return false, fmt.Errorf("process %d of %s does not end", pid, pidFile)
}

// startTime tells a process from a later one with the same id; in clock ticks
// since the machine's start: field 22 of proc(5)'s stat. A process that has
// ended, and that nobody waited for, counts as gone.
func startTime(pid int) (string, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return "", err
	}
	// The second field is the program's name in brackets, which may hold anything.
	fields := strings.Fields(string(data[bytes.LastIndexByte(data, ')')+1:]))
	if len(fields) < 20 {
		return "", fmt.Errorf("process %d: unexpected contents of its stat file: %q", pid, data)
	}
	if fields[0] == "Z" || fields[0] == "X" {
		return "", fs.ErrNotExist
	}
	return fields[19], nil
}

func remove(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// accepts is ready if a socket can be connected to.
func accepts(socket string) func(context.Context) error {
	return func(ctx context.Context) error {
		conn, err := new(net.Dialer).DialContext(ctx, "unix", socket)
		if err != nil {
			return err
		}
		return conn.Close()
	}
}

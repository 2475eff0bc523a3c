package machine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func running(pid int) bool {
	_, err := startTime(pid)
	return err == nil
}

func TestDaemonIsStoppedAndForgotten(t *testing.T) {
	dir := t.TempDir()
	d, err := startDaemon(dir, "sleeper", os.Environ(), "sleep", "1000")
	if err != nil {
		t.Fatal(err)
	}
	if !running(d.process.Pid) {
		t.Error("it does not run")
	}
	if err := d.stop(); err != nil {
		t.Error(err)
	}
	if running(d.process.Pid) {
		t.Error("it still runs")
	}
	if _, err := os.Stat(filepath.Join(dir, "sleeper.pid")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("its process id is still written down (%v)", err)
	}
	if err := d.stop(); err != nil {
		t.Errorf("stopping again: %v", err)
	}
}

// A daemon that ends before it is ready shows its log.
func TestDaemonThatEndsEarly(t *testing.T) {
	d, err := startDaemon(t.TempDir(), "broken", os.Environ(), "sh", "-c", "echo no such configuration >&2; exit 3")
	if err != nil {
		t.Fatal(err)
	}
	defer d.stop()
	err = d.waitFor(t.Context(), func(context.Context) error { return errors.New("not yet") })
	if err == nil || !strings.Contains(err.Error(), "broken ended before it was ready: exit status 3") ||
		!strings.Contains(err.Error(), "no such configuration") {
		t.Errorf("got error %v, expected the exit status and the log", err)
	}
}

func TestWaitingForADaemonCanBeGivenUp(t *testing.T) {
	d, err := startDaemon(t.TempDir(), "slow", os.Environ(), "sleep", "1000")
	if err != nil {
		t.Fatal(err)
	}
	defer d.stop()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := d.waitFor(ctx, func(context.Context) error { return errors.New("not yet") }); !errors.Is(err,
		context.Canceled) {
		t.Errorf("got error %v, expected the cancel", err)
	}
}

func TestSocketIsReadyOnceItAccepts(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "s")
	if err := accepts(socket)(t.Context()); err == nil {
		t.Error("a socket that is not there is ready")
	}
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	if err := accepts(socket)(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestStaleDaemonIsStopped(t *testing.T) {
	dir := t.TempDir()
	d, err := startDaemon(dir, "stale", os.Environ(), "sleep", "1000")
	if err != nil {
		t.Fatal(err)
	}
	stopped, err := stopStale(d.pidFile) // as the next rehearsal would
	if err != nil || !stopped {
		t.Errorf("stopped is %v, error %v; expected that it was stopped", stopped, err)
	}
	select {
	case <-d.ended:
	case <-time.After(5 * time.Second):
		t.Error("it still runs")
	}
}

func TestProcessOfAnotherIsNeverStopped(t *testing.T) {
	stranger := exec.Command("sleep", "1000")
	if err := stranger.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		stranger.Process.Kill()
		stranger.Wait()
	}()
	pid := stranger.Process.Pid
	tests := []struct {
		behavior string
		pidFile  string
	}{
		{"the id was given to a later process", fmt.Sprintf("%d 1\n", pid)},
		{"no start time", fmt.Sprintf("%d\n", pid)},
		{"half written", ""},
		{"no number", "x y\n"},
		{"a process group", fmt.Sprintf("-%d 1\n", pid)},
		{"the first process", "1 0\n"},
	}
	for _, test := range tests {
		t.Run(test.behavior, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "daemon.pid")
			if err := os.WriteFile(path, []byte(test.pidFile), 0o600); err != nil {
				t.Fatal(err)
			}
			stopped, err := stopStale(path)
			if err != nil || stopped {
				t.Errorf("stopped is %v, error %v; expected neither", stopped, err)
			}
			if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("the file is still there (%v)", err)
			}
		})
	}
	if !running(pid) {
		t.Error("the stranger was stopped")
	}
}

package machine

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// startContainerd skips where it can't run; the oracle's own test fails for that in CI.
func startContainerd(t *testing.T) *Containerd {
	t.Helper()
	_, missing := exec.LookPath("containerd")
	if os.Geteuid() != 0 || missing != nil {
		t.Skip("NOT RUN: needs root and containerd")
	}
	var progress bytes.Buffer
	c, err := StartContainerd(t.Context(), &progress)
	if err != nil {
		t.Fatalf("%v\n%s", err, &progress)
	}
	return c
}

func TestContainerdLeavesNothingBehind(t *testing.T) {
	c := startContainerd(t)
	if status, said, err := c.Run(t.Context(), "nosuch"); err != nil || status == 0 || !strings.Contains(said,
		"not found") {
		t.Errorf("an image that isn't there: status %d, %s, %v", status, said, err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{containerdFolder, state + "/containerd.pid"} {
		if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is still there (%v)", path, err)
		}
	}
}

// The containerd of a killed test is stopped.
func TestKilledTestsContainerd(t *testing.T) {
	killed := startContainerd(t)
	// As the kernel does when a test is killed: the lock is free, and nobody stops anything.
	if err := killed.closers[0](); err != nil {
		t.Fatal(err)
	}
	var progress bytes.Buffer
	next, err := StartContainerd(t.Context(), &progress)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(progress.String(), "stopped the containerd of a rehearsal that was killed") {
		t.Errorf("got progress %q, expected that the old one was stopped", &progress)
	}
	if err := next.Close(); err != nil {
		t.Error(err)
	}
}

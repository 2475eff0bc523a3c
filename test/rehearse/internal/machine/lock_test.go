package machine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestLockIsForOneAndNamesItsHolder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state", "lock")
	unlock, err := tryAcquire(path)
	if err != nil {
		t.Fatal(err)
	}
	_, err = tryAcquire(path)
	if !errors.Is(err, errHeld) || !strings.Contains(err.Error(), fmt.Sprintf("process %d in ", os.Getpid())) {
		t.Errorf("got error %v, expected that it is held, and by whom", err)
	}
	if err := unlock(); err != nil {
		t.Fatal(err)
	}
	again, err := tryAcquire(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := again(); err != nil {
		t.Error(err)
	}
}

// Waiting for the lock says so once, and ends with it.
func TestWaitingForTheLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	unlock, err := tryAcquire(path)
	if err != nil {
		t.Fatal(err)
	}
	var progress bytes.Buffer
	released := make(chan error, 1)
	go func() {
		time.Sleep(1200 * time.Millisecond) // more than two looks
		released <- unlock()
	}()
	again, err := acquire(t.Context(), path, &progress)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(<-released, again()); err != nil {
		t.Error(err)
	}
	if got := progress.String(); strings.Count(got, "\n") != 1 || !strings.Contains(got, "waiting for it") {
		t.Errorf("got progress %q, expected one line", got)
	}
}

func TestWaitingForTheLockCanBeGivenUp(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	unlock, err := tryAcquire(path)
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := acquire(ctx, path, new(bytes.Buffer)); !errors.Is(err, context.Canceled) || !errors.Is(err, errHeld) {
		t.Errorf("got error %v, expected the cancel and the holder", err)
	}
}

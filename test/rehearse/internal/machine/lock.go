package machine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

var errHeld = errors.New("another rehearsal runs on this machine")

// tryAcquire takes the lock that the kernel gives back when this process ends,
// however it ends, and writes into it who holds it.
func tryAcquire(path string) (unlock func() error, err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		defer f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			holder, _ := os.ReadFile(path)
			return nil, fmt.Errorf("%w: %s", errHeld, strings.TrimSpace(string(holder)))
		}
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	dir, err := os.Getwd()
	if err != nil {
		dir = "a folder that is gone"
	}
	holder := fmt.Sprintf("process %d in %s, since %s\n", os.Getpid(), dir, time.Now().Format(time.TimeOnly))
	if err := errors.Join(f.Truncate(0), write(f, holder)); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	// The file stays: to remove it would let two hold locks on two files.
	return f.Close, nil
}

func write(f *os.File, text string) error {
	_, err := f.WriteAt([]byte(text), 0)
	return err
}

// acquire waits for the lock until ctx is done.
func acquire(ctx context.Context, path string, progress io.Writer) (unlock func() error, err error) {
	for said := ""; ; {
		unlock, err := tryAcquire(path)
		if !errors.Is(err, errHeld) {
			return unlock, err
		}
		if err.Error() != said {
			said = err.Error()
			fmt.Fprintf(progress, "machine: %s; waiting for it\n", said)
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("%w: %w", ctx.Err(), err)
		case <-time.After(500 * time.Millisecond):
		}
	}
}

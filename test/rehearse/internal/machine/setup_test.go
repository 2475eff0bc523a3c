package machine

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// emptyMachine is a PATH with a few programs and nothing else.
func emptyMachine(t *testing.T, programs ...string) {
	t.Helper()
	dir := t.TempDir()
	for _, program := range programs {
		path, err := exec.LookPath(program)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(path, filepath.Join(dir, program)); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir)
}

func TestMachineThatLacksWhatOnlyAPersonCanGive(t *testing.T) {
	emptyMachine(t, "bash", "uname", "id", "paste", "timeout", "grep")
	var progress bytes.Buffer
	err := setUp(t.Context(), t.TempDir(), &progress)
	if !errors.Is(err, ErrUnavailable) {
		t.Fatalf("got error %v, expected that the machine can't run the rehearsal", err)
	}
	for _, want := range []string{"Go, at least the version of go.mod", "Node.js with npm", "without apt-get this script can not install them: runc debootstrap"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("got error %v, expected it to have %q", err, want)
		}
	}
	if progress.Len() > 0 {
		t.Errorf("got progress %q, expected none: it would be read twice", &progress)
	}
}

func TestCheckChangesNothing(t *testing.T) {
	cache := filepath.Join(t.TempDir(), "cache")
	t.Setenv("ARCHWAY_CACHE", cache)
	emptyMachine(t, "bash", "uname", "id", "paste", "timeout", "grep")
	if err := Check(t.Context()); !errors.Is(err, ErrUnavailable) {
		t.Errorf("got error %v, expected that the machine can't run the rehearsal", err)
	}
	if _, err := os.Stat(cache); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the cache folder was made (%v), expected no change", err)
	}
}

func TestMachineWithoutBash(t *testing.T) {
	emptyMachine(t)
	if err := setUp(t.Context(), t.TempDir(), new(bytes.Buffer)); !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), "bash") {
		t.Errorf("got error %v, expected that bash is missing", err)
	}
}

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

// A browser is for tests alone: it is installed once, and a machine that gets none can rehearse.
func TestBrowserIsInstalledOnlyWhereThereIsNone(t *testing.T) {
	for name, test := range map[string]struct {
		browser  string
		apt      string
		installs bool
		said     string
	}{
		"there is one":         {"chromium", "exit 1", false, ""},
		"there is another one": {"google-chrome", "exit 1", false, ""},
		"there is none":        {"", "exit 0", true, "installing chromium"},
		"there can be none":    {"", "exit 100", false, "chromium could not be installed"},
	} {
		t.Run(name, func(t *testing.T) {
			emptyMachine(t, "bash")
			dir := os.Getenv("PATH")
			asked := filepath.Join(t.TempDir(), "asked")
			programs := map[string]string{"apt-get": "#!" + filepath.Join(dir, "bash") + "\necho \"$@\" >>" + asked + "\n" + test.apt + "\n"}
			if test.browser != "" {
				programs[test.browser] = "#!/bin/false\n"
			}
			for program, content := range programs {
				if err := os.WriteFile(filepath.Join(dir, program), []byte(content), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			var progress bytes.Buffer
			if err := setUp(t.Context(), t.TempDir(), &progress, "--browser"); err != nil {
				t.Fatal(err)
			}
			calls, _ := os.ReadFile(asked)
			if got := strings.Contains(string(calls), "install -q -y --no-install-recommends chromium"); got != test.installs {
				t.Errorf("installed: %t, expected %t: %s", got, test.installs, calls)
			}
			if !strings.Contains(progress.String(), test.said) || test.said == "" && progress.Len() > 0 {
				t.Errorf("got progress %q, expected %q", &progress, test.said)
			}
		})
	}
}

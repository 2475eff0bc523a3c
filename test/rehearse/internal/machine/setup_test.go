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

// What only a person can give is named where a machine lacks it.
func TestIncompleteMachine(t *testing.T) {
	emptyMachine(t, "bash", "uname", "id", "paste", "timeout", "grep")
	var progress bytes.Buffer
	err := setUp(t.Context(), t.TempDir(), &progress)
	if !errors.Is(err, ErrUnavailable) {
		t.Fatalf("got error %v, expected that the machine can't run the rehearsal", err)
	}
	for _, want := range []string{"Go, at least the version of go.mod", "Node.js with npm",
		"without apt-get this script can not install them: runc debootstrap"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("got error %v, expected it to have %q", err, want)
		}
	}
	if progress.Len() > 0 {
		t.Errorf("got progress %q, expected none: it would be read twice", &progress)
	}
}

// Without root nothing is installed: what a rehearsal needs is named.
func TestIncompleteUser(t *testing.T) {
	emptyMachine(t, "bash", "timeout")
	err := setUp(t.Context(), t.TempDir(), new(bytes.Buffer), "--check", "--engine")
	if !errors.Is(err, ErrUnavailable) {
		t.Fatalf("got error %v, expected that the machine can't run the rehearsal", err)
	}
	for _, want := range []string{"the program go", "the program jq", "GNU coreutils",
		"a Docker engine that this user may use", "or, on Debian and Ubuntu, root"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("got error %v, expected it to have %q", err, want)
		}
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
	if err := setUp(t.Context(), t.TempDir(), new(bytes.Buffer)); !errors.Is(err, ErrUnavailable) ||
		!strings.Contains(err.Error(), "bash") {
		t.Errorf("got error %v, expected that bash is missing", err)
	}
}

// What only tests use is installed for them alone, and once; a machine that gets nothing of it can
// rehearse.
func TestToolsOfTests(t *testing.T) {
	const others = "shellcheck skopeo buildah cc ld-musl-config containerd runc busybox "
	for name, test := range map[string]struct {
		there    string
		apt      string
		installs string
		said     string
	}{
		"all":             {others + "chromium", "exit 1", "", ""},
		"another browser": {others + "google-chrome", "exit 1", "", ""},
		"no browser": {others, "exit 0", "chromium fonts-dejavu-core",
			"installing chromium fonts-dejavu-core, for tests"},
		"no tools": {"chromium", "exit 0",
			"shellcheck skopeo buildah gcc libc6-dev musl containerd runc busybox-static",
			"installing shellcheck skopeo buildah gcc libc6-dev musl containerd runc busybox-static, for tests"},
		"none to be had": {others, "exit 100", "", "not installed: chromium fonts-dejavu-core; only tests want them"},
	} {
		t.Run(name, func(t *testing.T) {
			emptyMachine(t, "bash")
			dir := os.Getenv("PATH")
			asked := filepath.Join(t.TempDir(), "asked")
			programs := map[string]string{"apt-get": "#!" + filepath.Join(dir, "bash") + "\necho \"$@\" >>" + asked +
				"\n" + test.apt + "\n"}
			for program := range strings.FieldsSeq(test.there) {
				programs[program] = "#!/bin/false\n"
			}
			for program, content := range programs {
				if err := os.WriteFile(filepath.Join(dir, program), []byte(content), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			var progress bytes.Buffer
			if err := setUp(t.Context(), t.TempDir(), &progress, "--tests"); err != nil {
				t.Fatal(err)
			}
			calls, err := os.ReadFile(asked)
			if err != nil && !errors.Is(err, os.ErrNotExist) {
				t.Fatal(err)
			}
			_, got, _ := strings.Cut(string(calls), "install -q -y --no-install-recommends ")
			if strings.TrimSpace(got) != test.installs {
				t.Errorf("installed: %q, expected %q: %s", got, test.installs, calls)
			}
			if !strings.Contains(progress.String(), test.said) || test.said == "" && progress.Len() > 0 {
				t.Errorf("got progress %q, expected %q", &progress, test.said)
			}
		})
	}
}

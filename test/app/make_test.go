package app_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A new user's machine may have neither.
func TestMakeSaysWhichToolIsMissing(t *testing.T) {
	for _, missing := range []string{"go", "npm"} {
		dir, bin := t.TempDir(), t.TempDir()
		for _, name := range []string{"Makefile", "package.json", "package-lock.json"} {
			content, err := os.ReadFile(filepath.Join("../..", name))
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		for _, tool := range []string{"make", "bash", "go", "npm"} {
			program, err := exec.LookPath(tool)
			if err != nil {
				t.Fatal(err)
			}
			if tool == missing {
				continue
			}
			if err := os.Symlink(program, filepath.Join(bin, tool)); err != nil {
				t.Fatal(err)
			}
		}
		command := exec.Command(filepath.Join(bin, "make"), "synth")
		command.Dir, command.Env = dir, []string{"PATH=" + bin, "HOME=" + dir}
		out, err := command.CombinedOutput()
		if want := missing + " is not installed: Archway needs Go"; err == nil ||
			!strings.HasPrefix(string(out), want) {
			t.Errorf("without %s: error %v, output %s", missing, err, out)
		}
	}
}

package rehearsal

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func program(t *testing.T, dir, name, script string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

// Only a CLI that obeys the endpoint is used.
func TestCLIObeysTheEndpoint(t *testing.T) {
	tests := map[string]bool{
		"echo aws-cli/1.28.9 Python/3": false, "echo aws-cli/1.29.0 Python/3": true,
		"echo aws-cli/2.12.7 Python/3": false,
		"echo aws-cli/2.13.0 exe/x":    true, "echo aws-cli/3.0.0 exe/x": true, "echo something else": false,
		"exit 1": false,
	}
	for script, want := range tests {
		if got := knowsEndpoints(t.Context(), program(t, t.TempDir(), "aws", script)); got != want {
			t.Errorf("%s: got %v", script, got)
		}
	}
}

// The machine's own CLI runs with its own home.
func TestMachinesOwnCLI(t *testing.T) {
	own, bin := t.TempDir(), t.TempDir()
	program(t, own, "aws", `if [ "$1" = --version ]; then echo aws-cli/2.20.0; else echo "$HOME" "$@"; fi`)
	t.Setenv("PATH", own+string(filepath.ListSeparator)+os.Getenv("PATH"))
	t.Setenv("HOME", "/home/it's me")
	if err := installCLI(t.Context(), bin, "."); err != nil {
		t.Fatal(err)
	}
	c := exec.Command(filepath.Join(bin, "aws"), "ecr", "a b")
	c.Env = []string{"HOME=/build"}
	out, err := c.CombinedOutput()
	if err != nil || strings.TrimSpace(string(out)) != "/home/it's me ecr a b" {
		t.Errorf("got %s, %v", out, err)
	}
}

// A stand-in is built where there is no CLI.
func TestStandInCLI(t *testing.T) {
	bin := t.TempDir()
	var kept []string
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		if _, err := os.Stat(filepath.Join(dir, "aws")); err != nil {
			kept = append(kept, dir)
		}
	}
	t.Setenv("PATH", strings.Join(kept, string(filepath.ListSeparator)))
	if err := installCLI(t.Context(), bin, "."); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(filepath.Join(bin, "aws"), "--version").CombinedOutput()
	if err != nil || !strings.Contains(string(out), "stand-in") {
		t.Errorf("got %s, %v", out, err)
	}
}

package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"archway/version"
)

// anyMachine lets the check of the machine give err.
func anyMachine(t *testing.T, err error) {
	t.Helper()
	check := checkMachine
	t.Cleanup(func() { checkMachine = check })
	checkMachine = func(context.Context) error { return err }
}

// The machine is checked before the app runs. A person is not to wait for a synthesis that then
// can't be rehearsed.
func TestMachineCheckedFirst(t *testing.T) {
	anyMachine(t, errors.New("it needs root"))
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "cdk.json"), []byte(`{"app": "touch started"}`), 0o644); err != nil {
		t.Fatal(err)
	}
	out, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	if code := run(t.Context(), []string{filepath.Join(dir, "cdk.json")}, out, out); code != exitUsage {
		t.Errorf("got exit code %d, expected %d", code, exitUsage)
	}
	said, err := os.ReadFile(out.Name())
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(said), "it needs root") {
		t.Errorf("got %q, expected the reason", said)
	}
	if _, err := os.Stat(filepath.Join(dir, "started")); !errors.Is(err, os.ErrNotExist) {
		t.Error("the app ran")
	}
}

// What needs no machine: exit codes, and that the reason is said.
func TestExitCodes(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{
		"failing/cdk.json":              `{"app": "echo no pipelines are configured >&2; exit 1"}`,
		"empty/readme":                  "",
		"assembly/manifest.json":        `{"artifacts": {"s": {"type": "aws:cloudformation:stack", "properties": {"templateFile": "t.json"}}}}`,
		"assembly/t.json":               `{"Resources": {"Table": {"Type": "AWS::DynamoDB::Table"}}}`,
		"assembly-broken/manifest.json": `{`,
		"plain/manifest.json":           `{"artifacts": {"s": {"type": "aws:cloudformation:stack", "properties": {"templateFile": "t.json"}}}}`,
		"plain/t.json":                  `{"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}`,
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	anyMachine(t, nil)
	t.Chdir(filepath.Join(dir, "empty"))
	t.Setenv("TMPDIR", t.TempDir())
	tests := map[string]struct {
		arguments []string
		code      int
		said      string
	}{
		"help":                    {[]string{"--help"}, exitOK, "Usage:"},
		"version":                 {[]string{"--version"}, exitOK, "rehearse " + version.Version + "\n"},
		"unknown flag":            {[]string{"--fast"}, exitUsage, "-fast"},
		"nothing to rehearse":     {nil, exitUsage, "there is no cdk.json in this folder"},
		"input that is not there": {[]string{"no/cdk.json"}, exitUsage, "no/cdk.json"},
		"app that fails":          {[]string{"../failing/cdk.json"}, exitFailed, "no pipelines are configured"},
		"folder without assembly": {[]string{"."}, exitFailed, "is not a cloud assembly"},
		"broken assembly":         {[]string{"../assembly-broken"}, exitFailed, "manifest.json"},
		"unsupported resource":    {[]string{"../assembly"}, exitFailed, "AWS::DynamoDB::Table"},
		"no time at all":          {[]string{"--timeout", "0"}, exitUsage, "--timeout is 0s, expected a time above 0"},
		"working copy that is no folder": {[]string{"--commit", "../failing/cdk.json", "../failing/cdk.json"},
			exitUsage, `--commit is "../failing/cdk.json", expected a folder`},
		"pipeline that is not there": {[]string{"--only-pipeline", "shop", "../plain"}, exitFailed,
			`--only-pipeline: there is no pipeline "shop": the stacks have none`},
		"no time": {[]string{"--timeout", "1ns", "../failing/cdk.json"}, exitFailed,
			"it took longer than 1ns (--timeout)"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			out, err := os.Create(filepath.Join(t.TempDir(), "out"))
			if err != nil {
				t.Fatal(err)
			}
			defer out.Close()
			code := run(t.Context(), test.arguments, out, out)
			said, err := os.ReadFile(out.Name())
			if err != nil {
				t.Fatal(err)
			}
			if code != test.code || !strings.Contains(string(said), test.said) {
				t.Errorf("got exit code %d, expected %d and %q in:\n%s", code, test.code, test.said, said)
			}
		})
	}
	left, err := filepath.Glob(filepath.Join(os.TempDir(), "archway-rehearsal-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

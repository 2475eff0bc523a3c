package synth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

func app(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestAppRunsAsTheCommandLineRunsIt(t *testing.T) {
	dir := app(t, map[string]string{
		"sub/cdk.json":           `{"app": "tool && printf %s \"$CDK_CONTEXT_JSON\" > $CDK_OUTDIR/context && pwd > $CDK_OUTDIR/pwd", "context": {"own": {"a": 1}, "both": "cdk.json"}}`,
		"sub/cdk.context.json":   `{"remembered": "x", "both": "cdk.context.json"}`,
		"node_modules/.bin/tool": "#!/bin/sh\necho ran > $CDK_OUTDIR/tool\n",
	})
	out := t.TempDir()
	if err := Run(t.Context(), filepath.Join(dir, "sub", "cdk.json"), out); err != nil {
		t.Fatal(err)
	}
	var values map[string]any
	content, err := os.ReadFile(filepath.Join(out, "context"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(content, &values); err != nil {
		t.Fatal(err)
	}
	if values["both"] != "cdk.json" || values["remembered"] != "x" || values["own"] == nil ||
		values["aws:cdk:bundling-stacks"] == nil {
		t.Errorf("context: got %v", values)
	}
	if pwd, err := os.ReadFile(filepath.Join(out, "pwd")); err != nil ||
		!strings.HasSuffix(strings.TrimSpace(string(pwd)), "/sub") {
		t.Errorf("folder: got %s, %v", pwd, err)
	}
	if _, err := os.Stat(filepath.Join(out, "tool")); err != nil {
		t.Error("a program of node_modules was not found")
	}
}

// What a failing app says is in the error.
func TestFailingApp(t *testing.T) {
	dir := app(t,
		map[string]string{"cdk.json": `{"app": "echo the name is missing >&2; exit 1"}`, "none/cdk.json": `{}`,
			"bad/cdk.json": `{`})
	for name, want := range map[string]string{
		"cdk.json":      "the name is missing",
		"none/cdk.json": `"app" is missing`,
		"bad/cdk.json":  "cdk.json",
		"no/cdk.json":   "no such file",
	} {
		if err := Run(t.Context(), filepath.Join(dir, name), t.TempDir()); err == nil ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, expected %q", name, err, want)
		}
	}
}

// Cancelling ends the app, and all that it started and made.
func TestCancel(t *testing.T) {
	// Longer than tests may take; and one that does not heed the first signal, as Node may not.
	dir := app(t, map[string]string{
		"cdk.json":                   `{"app": "stubborn & wait"}`,
		"node_modules/.bin/stubborn": "#!/bin/sh\nexec > /dev/null 2>&1\ntrap '' TERM\ntouch \"$TMPDIR/left\"\necho $$ > $CDK_OUTDIR/pid\nwhile :; do sleep 3600; done\n",
	})
	t.Setenv("TMPDIR", t.TempDir())
	out := t.TempDir()
	ctx, cancel := context.WithCancelCause(t.Context())
	told := make(chan error)
	go func() { told <- Run(ctx, filepath.Join(dir, "cdk.json"), out) }()
	var pid int
	for pid == 0 {
		content, _ := os.ReadFile(filepath.Join(out, "pid"))
		pid, _ = strconv.Atoi(strings.TrimSpace(string(content)))
		runtime.Gosched()
	}
	reason := errors.New("somebody pressed Ctrl-C")
	cancel(reason)
	if err := <-told; !errors.Is(err, reason) {
		t.Errorf("got %v", err)
	}
	for { // it takes a moment to be gone, or a zombie where nobody waits for it
		state, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil || strings.Contains(string(state), ") Z ") {
			break
		}
		runtime.Gosched()
	}
	if left, err := os.ReadDir(os.Getenv("TMPDIR")); err != nil || len(left) > 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}

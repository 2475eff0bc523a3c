package synth

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
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
	if values["both"] != "cdk.json" || values["remembered"] != "x" || values["own"] == nil || values["aws:cdk:bundling-stacks"] == nil {
		t.Errorf("context: got %v", values)
	}
	if pwd, err := os.ReadFile(filepath.Join(out, "pwd")); err != nil || !strings.HasSuffix(strings.TrimSpace(string(pwd)), "/sub") {
		t.Errorf("folder: got %s, %v", pwd, err)
	}
	if _, err := os.Stat(filepath.Join(out, "tool")); err != nil {
		t.Error("a program of node_modules was not found")
	}
}

func TestWhatAFailingAppSaysIsInTheError(t *testing.T) {
	dir := app(t, map[string]string{"cdk.json": `{"app": "echo the name is missing >&2; exit 1"}`, "none/cdk.json": `{}`, "bad/cdk.json": `{`})
	for name, want := range map[string]string{"cdk.json": "the name is missing", "none/cdk.json": `"app" is missing`, "bad/cdk.json": "cdk.json", "no/cdk.json": "no such file"} {
		if err := Run(t.Context(), filepath.Join(dir, name), t.TempDir()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, expected %q", name, err, want)
		}
	}
}

func TestCancelEndsTheAppAndWhatItStarted(t *testing.T) {
	// Longer than tests may take.
	dir := app(t, map[string]string{"cdk.json": `{"app": "sleep 3600 & wait"}`})
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if err := Run(ctx, filepath.Join(dir, "cdk.json"), t.TempDir()); err == nil {
		t.Error("got no error")
	}
}

package base

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// cli stands for the CDK's command line: it leaves what the app's module looks like where it was
// started, or fails as an app does.
const cli = `#!/bin/sh
[ "$*" = "synth --no-notices --quiet --output $OUT" ] || { echo "got $*" >&2; exit 1; }
[ ! -e broken ] || { echo 'archway: pipelines[0].name is missing' >&2; exit 1; }
mkdir -p "$OUT" && cp cdk.json "$OUT" && go mod edit -json > "$OUT/mod.json"
`

// repository is a git repository with an app in a folder of it, whose module is replaced by a
// folder beside the repository, and by one in it.
func repository(t *testing.T) (top, app string) {
	t.Helper()
	top = filepath.Join(t.TempDir(), "team")
	app = filepath.Join(top, "deploy")
	save(t, filepath.Join(app, "cdk.json"), `{"app": "first"}`, 0o600)
	save(t, filepath.Join(app, "go.mod"),
		"module app\n\ngo 1.26\n\nreplace outside => ../../outside\n\nreplace inside v1.0.0 => ../inside\n", 0o600)
	save(t, filepath.Join(top, "node_modules", ".bin", "cdk"), cli, 0o755)
	save(t, filepath.Join(top, ".gitignore"), "node_modules\n", 0o600)
	for _, arguments := range [][]string{
		{"init", "--quiet", "--initial-branch=main"}, {"add", "."},
		{"-c", "user.name=T", "-c", "user.email=t@example.com", "commit", "--quiet", "-m", "First of all"},
	} {
		command := exec.Command("git", arguments...)
		command.Dir = top
		if out, err := command.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", arguments, err, out)
		}
	}
	save(t, filepath.Join(app, "cdk.json"), `{"app": "second"}`, 0o600)
	return top, app
}

func save(t *testing.T, path, content string, mode os.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), mode); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// The base is the app as it was committed, in the same folder of the repository, with its own
// go.mod; what lies outside of the repository is where it was. Nothing is left behind.
func TestRevision(t *testing.T) {
	top, app := repository(t)
	out := filepath.Join(t.TempDir(), "out")
	t.Setenv("OUT", out)
	ctx := context.Background()
	r, err := Find(ctx, app, "main")
	if err != nil || r.Subject != "First of all" || len(r.Commit) < 7 {
		t.Fatalf("got %+v, %v", r, err)
	}
	if err := r.Synthesize(ctx, app, out); err != nil {
		t.Fatal(err)
	}
	if got := read(t, filepath.Join(out, "cdk.json")); got != `{"app": "first"}` {
		t.Errorf("synthesized %s, expected what was committed", got)
	}
	mod := read(t, filepath.Join(out, "mod.json"))
	outside := filepath.Join(filepath.Dir(top), "outside")
	if !strings.Contains(mod, `"`+outside+`"`) || !strings.Contains(mod, `"../inside"`) {
		t.Errorf("expected %s and ../inside in\n%s", outside, mod)
	}
	command := exec.Command("git", "worktree", "list")
	command.Dir = top
	if list, err := command.Output(); err != nil || strings.Count(string(list), "\n") != 1 {
		t.Errorf("worktrees: %s, %v", list, err)
	}
	if err := Synthesize(ctx, app, app, out); err != nil ||
		read(t, filepath.Join(out, "cdk.json")) != `{"app": "second"}` {
		t.Errorf("the working copy is not what was synthesized: %v", err)
	}
}

func TestWrongRevision(t *testing.T) {
	top, app := repository(t)
	out := filepath.Join(t.TempDir(), "out")
	t.Setenv("OUT", out)
	ctx := context.Background()
	for name, test := range map[string]struct{ folder, revision, want string }{
		"unknown":       {app, "release", `has no revision "release": name a branch, tag or commit`},
		"option":        {app, "--all", `got the revision "--all"`},
		"no repository": {t.TempDir(), "main", "is in no git repository"},
	} {
		if _, err := Find(ctx, test.folder, test.revision); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, expected %q", name, err, test.want)
		}
	}
	r, err := Find(ctx, top, "main")
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Synthesize(ctx, top, out); err == nil || !strings.Contains(err.Error(), "has no cdk.json") {
		t.Errorf("got %v", err)
	}
	save(t, filepath.Join(app, "broken"), "", 0o600)
	err = Synthesize(ctx, app, app, out)
	if err == nil || !strings.Contains(err.Error(), "pipelines[0].name is missing") ||
		strings.Contains(err.Error(), "exit status") {
		t.Errorf("got %v, expected what the app said", err)
	}
	t.Setenv("PATH", t.TempDir())
	if err := Synthesize(ctx, app, t.TempDir(), out); err == nil || !strings.Contains(err.Error(), "npm ci") {
		t.Errorf("got %v, expected how to install the command line", err)
	}
	if err := Synthesize(ctx, t.TempDir(), app, out); err == nil || !strings.Contains(err.Error(), "has no cdk.json") {
		t.Errorf("got %v", err)
	}
}

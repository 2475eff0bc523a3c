package base

import (
	"context"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A folder beside the repository is what it was in the commit that go.mod names.
func TestNamedCommit(t *testing.T) {
	top, app := repository(t)
	beside := filepath.Join(filepath.Dir(top), "outside")
	run := func(folder string, arguments ...string) string {
		command := exec.Command("git", append([]string{"-c", "user.name=T", "-c", "user.email=t@example.com"},
			arguments...)...)
		command.Dir = folder
		out, err := command.CombinedOutput()
		if err != nil {
			t.Fatalf("git %v: %v\n%s", arguments, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	save(t, filepath.Join(beside, "go.mod"), "module outside\n", 0o600)
	run(beside, "init", "--quiet")
	run(beside, "add", ".")
	run(beside, "commit", "--quiet", "-m", "First")
	commit := run(beside, "rev-parse", "HEAD")
	save(t, filepath.Join(app, "go.mod"),
		"module app\n\ngo 1.26\n\nreplace outside => ../../outside // commit "+commit+", with changes\n", 0o600)
	save(t, filepath.Join(app, "cdk.json"), `{"seed": "../../shop", "other": {"seed": "./here"}}`, 0o600)
	run(top, "commit", "--quiet", "-a", "-m", "Second")

	out := filepath.Join(t.TempDir(), "out")
	t.Setenv("OUT", out)
	ctx := context.Background()
	r, err := Find(ctx, app, "main")
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Synthesize(ctx, app, out); err != nil {
		t.Fatal(err)
	}
	if mod := read(t, filepath.Join(out, "mod.json")); !strings.Contains(mod, "replaced-0") {
		t.Errorf("the folder is not that of the commit:\n%s", mod)
	}
	want := `{"seed": "` + filepath.Join(filepath.Dir(top), "shop") + `", "other": {"seed": "./here"}}`
	if got := read(t, filepath.Join(out, "cdk.json")); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if list := run(beside, "worktree", "list"); strings.Contains(list, "\n") {
		t.Errorf("a work tree is left behind:\n%s", list)
	}
}

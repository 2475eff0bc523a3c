package scenarios_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"archway/test/internal/assembly"
	"archway/test/rehearse/internal/rehearsal"
)

// One pipeline needs its own stack, the one with its source, and no other pipeline's.
func TestOnlyPipeline(t *testing.T) {
	all := slices.Concat(stacks(t, twoImages), stacks(t, withRules), stacks(t, withNotices))
	names := func(stacks []*assembly.Stack) (names []string) {
		for _, s := range stacks {
			names = append(names, s.Name)
		}
		return names
	}
	for pipeline, want := range map[string][]string{
		"ruled": {"ruled"}, "ruled-previews": {"ruled", "ruled-previews"},
	} {
		got, err := rehearsal.Only(all, pipeline)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, names(got)); diff != "" {
			t.Errorf("%s: %s", pipeline, diff)
		}
	}
	_, err := rehearsal.Only(stacks(t, withRules), "rueld")
	if want := `there is no pipeline "rueld"; there are ruled, ruled-previews`; err == nil || err.Error() != want {
		t.Errorf("got %v, expected %s", err, want)
	}
}

// The first push goes to any branch, so that pipelines of classes run, whose repository another
// stack creates.
func TestFirstPushToClass(t *testing.T) {
	w := deploy(t, withRules)
	var got []string
	for _, source := range w.Sources() {
		for _, stack := range source.Stacks {
			got = append(got, source.Repository+" "+source.Branch+" "+stack.Name)
		}
	}
	if diff := cmp.Diff([]string{"ruled main ruled", "ruled main ruled-previews"}, got); diff != "" {
		t.Error(diff)
	}
	push, err := w.PushFirst(t.Context(), "ruled", "preview/x", nil)
	if err != nil {
		t.Fatal(err)
	}
	results := push.Wait()
	if len(results) != 1 || results[0].Pipeline != "ruled-previews" {
		t.Fatalf("got %+v, expected one execution of the class", results)
	}
	w.succeeded(results[0])
}

// What is pushed from a working copy is what a commit of everything in it would hold.
func TestWorkingCopy(t *testing.T) {
	dir := t.TempDir()
	git := func(arguments ...string) {
		t.Helper()
		as := []string{"-C", dir, "-c", "user.name=n", "-c", "user.email=e@x"}
		c := exec.Command("git", append(as, arguments...)...)
		if out, err := c.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	files := map[string]string{
		".gitignore": "*.log\n", "Dockerfile": "FROM scratch\n", "gone": "1", "changed": "old", "app/run.sh": "true",
	}
	write := func() {
		t.Helper()
		for name, content := range files {
			file := filepath.Join(dir, name)
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, []byte(content), 0o755); err != nil {
				t.Fatal(err)
			}
		}
	}
	write()
	git("init", "--quiet")
	git("add", "--all")
	git("commit", "--quiet", "--message", "one")
	files = map[string]string{"changed": "new", "untracked": "1", "build.log": "1"}
	write()
	if err := os.Remove(filepath.Join(dir, "gone")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("changed", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}

	w := deployWith(t, withRules, options{workingCopy: dir})
	push, err := w.PushSeed(t.Context(), "ruled", nil)
	if err != nil {
		t.Fatal(err)
	}
	w.succeeded(push.Wait()[0])
	bare := filepath.Join(w.Dir(), "git", "ruled.git")
	out, err := exec.Command("git", "-C", bare, "ls-tree", "-r", "--format=%(objectmode) %(path)",
		push.Commit()).Output()
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"100755 .gitignore", "100755 Dockerfile", "100755 app/run.sh", "100755 changed", "120000 link",
		"100755 untracked"}
	if diff := cmp.Diff(want, strings.Split(strings.TrimSpace(string(out)), "\n")); diff != "" {
		t.Error(diff)
	}
	if out, err := exec.Command("git", "-C", bare, "show", push.Commit()+":changed").Output(); string(out) != "new" {
		t.Errorf("got %q (%v), expected what is not committed yet", out, err)
	}
}

// A repository that is in the account already is no stack's.
func TestForeignRepository(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte("FROM scratch\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	w := deployWith(t, "testdata/cdk.json#ruled-previews", options{workingCopy: dir})
	push, err := w.PushFirst(t.Context(), "ruled", "preview/x", nil)
	if err != nil {
		t.Fatal(err)
	}
	w.succeeded(push.Wait()[0])
}

// A working copy goes to one repository: of several, somebody has to say which.
func TestWorkingCopyOfWhat(t *testing.T) {
	_, err := rehearsal.New(t.Context(), stacks(t, gates+"two-images,told"), rehearsal.Options{
		Dir: t.TempDir(), ModuleDir: root, Programs: programs, Builds: (&world{}).build, WorkingCopy: t.TempDir(),
	})
	const want = "the pipelines have 2 sources (told, two-images), and a working copy goes to one: say which, with --only-pipeline"
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, expected %s", err, want)
	}
}

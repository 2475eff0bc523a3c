package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// runForPage runs the command, which fails early, and returns what it says.
func runForPage(t *testing.T, arguments ...string) (said string) {
	t.Helper()
	anyMachine(t, nil)
	dir := t.TempDir()
	app := filepath.Join(dir, "app", "cdk.json")
	if err := os.MkdirAll(filepath.Dir(app), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(app, []byte(`{"app": "echo no pipelines are '<configured>' >&2; exit 1"}`),
		0o644); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	out, err := os.Create(filepath.Join(dir, "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	if code := run(t.Context(), append(arguments, app), out, out); code != exitFailed {
		t.Errorf("got exit code %d, expected %d", code, exitFailed)
	}
	content, err := os.ReadFile(out.Name())
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func TestPageIsLeftAlsoByWhatFailsEarly(t *testing.T) {
	said := runForPage(t)
	path, err := filepath.Abs("cdk.out/rehearsal.html")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(said, "Page: "+path+"\n") {
		t.Errorf("the page's path is not said:\n%s", said)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"What failed", "synthesize", "no pipelines are &lt;configured&gt;"} {
		if !strings.Contains(string(content), want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

func TestPageStandsWhereOneWantsIt(t *testing.T) {
	if said := runForPage(t, "--page", "reports/today/run.html"); !strings.Contains(said, "reports/today/run.html\n") {
		t.Errorf("the page's path is not said:\n%s", said)
	}
	if _, err := os.Stat("reports/today/run.html"); err != nil {
		t.Error(err)
	}
	if said := runForPage(t, "--page", ""); strings.Contains(said, "Page:") {
		t.Errorf("a page is spoken of that nobody wants:\n%s", said)
	}
	if left, _ := filepath.Glob("*"); len(left) != 2 {
		t.Errorf("got the files %q, expected the app and the output alone", left)
	}
}

func TestPageThatCanNotBeWrittenIsSaid(t *testing.T) {
	if said := runForPage(t, "--page", "out/page.html"); !strings.Contains(said, "the page could not be written") {
		t.Errorf("got:\n%s", said)
	}
}

// A rehearsal runs as root, often by sudo.
func TestPageBelongsToWhoOwnsTheFolder(t *testing.T) {
	dir := t.TempDir()
	if os.Geteuid() == 0 {
		if err := os.Chown(dir, 12345, 12346); err != nil {
			t.Fatal(err)
		}
	}
	owner := func(path string) [2]uint32 {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		stat := info.Sys().(*syscall.Stat_t)
		return [2]uint32{stat.Uid, stat.Gid}
	}
	file := filepath.Join(dir, "a", "b", "page.html")
	for _, content := range []string{"first", "second"} {
		if err := writeForOwner(file, content); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(file); err != nil || string(got) != content {
			t.Errorf("got %q, %v", got, err)
		}
	}
	for _, path := range []string{filepath.Join(dir, "a"), filepath.Join(dir, "a", "b"), file} {
		if owner(path) != owner(dir) {
			t.Errorf("%s belongs to %v, expected %v", path, owner(path), owner(dir))
		}
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "a", "b", ".*")); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

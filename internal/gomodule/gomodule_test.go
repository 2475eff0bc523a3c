package gomodule_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"archway/internal/gomodule"

	"github.com/google/go-cmp/cmp"
)

// write makes a folder of files.
func write(t *testing.T, files map[string]string) (dir string) {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir()) // as the go command says it
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		path := filepath.Join(dir, name)
		err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644))
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// modules are a library with a function, and somebody's module that uses it.
func modules(t *testing.T) (library, user string) {
	dir := write(t, map[string]string{
		"library/go.mod":           "module library\n\ngo 1.25.0\n",
		"library/function/main.go": "package main\n\nfunc main() {}\n",
		"user/go.mod": "module user\n\ngo 1.25.0\n\nrequire library v0.0.0\n\n" +
			"replace library => ../library\n",
		"user/own/main.go": "package main\n\nfunc main() {}\n",
	})
	return filepath.Join(dir, "library"), filepath.Join(dir, "user")
}

func TestFind(t *testing.T) {
	library, user := modules(t)
	for _, test := range []struct {
		from, name string
		want       gomodule.Package
	}{
		{library, "library/function", gomodule.Package{ImportPath: "library/function", Dir: library}},
		{filepath.Join(library, "function"), ".", gomodule.Package{ImportPath: "library/function", Dir: library}},
		{user, "library/function", gomodule.Package{ImportPath: "library/function", Dir: library}},
		{user, "./own", gomodule.Package{ImportPath: "user/own", Dir: user}},
	} {
		got, err := gomodule.Find(t.Context(), test.from, test.name)
		if diff := cmp.Diff(test.want, got); err != nil || diff != "" {
			t.Errorf("%s from %s: %v (-want +got)\n%s", test.name, test.from, err, diff)
		}
	}
}

// What changes how Go compiles changes nothing here, and neither does a workspace that is gone.
func TestHostileEnvironment(t *testing.T) {
	library, user := modules(t)
	env := write(t, map[string]string{"env": "GOFLAGS=-race -tags=other\nCGO_ENABLED=0\n"})
	t.Setenv("GOENV", filepath.Join(env, "env"))
	t.Setenv("GOOS", "plan9")
	t.Setenv("GOWORK", filepath.Join(env, "go.work"))
	got, err := gomodule.Find(t.Context(), user, "library/function")
	if err != nil || got.Dir != library {
		t.Errorf("got %+v (%v), want the module in %s", got, err, library)
	}
}

// A workspace says where modules are, as it does for the app itself.
func TestWorkspace(t *testing.T) {
	library, user := modules(t)
	if err := os.WriteFile(filepath.Join(user, "go.mod"), []byte("module user\n\ngo 1.25.0\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	work := filepath.Join(filepath.Dir(user), "go.work")
	if err := os.WriteFile(work, []byte("go 1.25.0\n\nuse (\n\t./library\n\t./user\n)\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Setenv("GOWORK", "")
	got, err := gomodule.Find(t.Context(), user, "library/function")
	if err != nil || got.Dir != library {
		t.Errorf("got %+v (%v), want the module in %s", got, err, library)
	}
}

func TestProblems(t *testing.T) {
	_, user := modules(t)
	const unknown = "no go.mod here knows this package"
	for _, test := range []struct{ name, from, path, want string }{
		{"no such package", user, "archway/lambda/validate", unknown},
		{"no such module", user, "example.com/none", unknown},
		{"no module at all", t.TempDir(), "archway/lambda/validate", unknown},
		{"a relative path outside of modules", t.TempDir(), "./function", unknown},
		{"the standard library", user, "net/http", "net/http is part of no module that has a folder"},
		{"a broken go.mod", write(t, map[string]string{"go.mod": "module\n"}), "./x", "go list: exit status 1:\ngo: "},
	} {
		_, err := gomodule.Find(t.Context(), test.from, test.path)
		if err == nil || !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %s", test.name, err, test.want)
		}
	}
	t.Setenv("PATH", t.TempDir())
	if _, err := gomodule.Find(t.Context(), user, "./own"); !errors.Is(err, gomodule.ErrNoGo) {
		t.Errorf("without Go: got %v", err)
	}
}

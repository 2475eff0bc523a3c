package gobuild_test

import (
	"bytes"
	"crypto/sha256"
	"debug/buildinfo"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"archway/constructs/internal/gobuild"

	"github.com/google/go-cmp/cmp"
)

// module writes a module with one main package into a new folder.
func module(t *testing.T, gomod, program string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for name, text := range map[string]string{"go.mod": gomod, "function/main.go": program} {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755),
			os.WriteFile(path, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const program = "package main\n\nfunc main() { println(\"hello\") }\n"

// gomod names the Go release that runs the tests, so that none has to be fetched.
var gomod = "module example.com/hello\n\ngo 1.25.0\n\ntoolchain " + strings.Fields(runtime.Version())[0] + "\n"

func build(t *testing.T, dir string) []byte {
	t.Helper()
	program, err := gobuild.Package(t.Context(), dir, "./function")
	if err != nil {
		t.Fatal(err)
	}
	return program
}

// One build has what a machine may have; the other one starts with an empty cache, in another
// folder.
func TestSameSourceGivesTheSameBytes(t *testing.T) {
	plain := build(t, module(t, gomod, program))

	t.Setenv("GOCACHE", t.TempDir())
	t.Setenv("GOFLAGS", "-gcflags=all=-N -tags=other -ldflags=-X=main.a=b")
	t.Setenv("GOARM64", "v9.0")
	t.Setenv("GOEXPERIMENT", "nogreenteagc")
	t.Setenv("GOFIPS140", "latest")
	t.Setenv("CGO_ENABLED", "1")
	t.Setenv("GOOS", "plan9")
	t.Setenv("GOWORK", filepath.Join(t.TempDir(), "go.work"))
	t.Setenv("GOENV", settings(t, "GOFLAGS=-race", "GOEXPERIMENT=rangefunc"))
	if hostile := build(t, module(t, gomod, program)); !bytes.Equal(plain, hostile) {
		t.Errorf("the programs differ: %x and %x", sha256.Sum256(plain), sha256.Sum256(hostile))
	}
}

// settings is a file as "go env -w" writes it.
func settings(t *testing.T, lines ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "env")
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// A program is for Graviton, and says nothing of the machine that built it.
func TestProgramForGraviton(t *testing.T) {
	info, err := buildinfo.Read(bytes.NewReader(build(t, module(t, gomod, program))))
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, setting := range info.Settings {
		got[setting.Key] = setting.Value
	}
	want := map[string]string{
		"-buildmode": "exe", "-compiler": "gc", "-tags": "lambda.norpc", "-trimpath": "true",
		"CGO_ENABLED": "0", "GOARCH": "arm64", "GOARM64": "v8.0", "GOOS": "linux",
		"DefaultGODEBUG": got["DefaultGODEBUG"],
	}
	if got["DefaultGODEBUG"] == "" {
		delete(want, "DefaultGODEBUG") // it follows from the go line of go.mod
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("build settings (-want +got):\n%s", diff)
	}
	if want := strings.Fields(runtime.Version())[0]; info.GoVersion != want {
		t.Errorf("built by %s, want %s as in go.mod", info.GoVersion, want)
	}
}

func TestProblemsAreReadable(t *testing.T) {
	tests := []struct {
		name, gomod, program string
		want                 []string
	}{
		{"a program that does not compile", gomod, "package main\n\nfunc main() { nothing() }\n",
			[]string{"building ./function for linux/arm64: exit status 1:",
				"function/main.go:3:15: undefined: nothing"}},
		{"a module that leaves the Go release open", "module example.com/hello\n\ngo 1.25\n", program,
			[]string{"building ./function: ", "go.mod names no exact Go release",
				`add a line such as "toolchain go1.26.8"`}},
		{"a go.mod that is none", "module\n", program, []string{"building ./function: "}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := gobuild.Package(t.Context(), module(t, test.gomod, test.program), "./function")
			if err == nil {
				t.Fatal("there is no error")
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("the error does not say %q:\n%v", want, err)
				}
			}
		})
	}
}

func TestOutsideOfAModuleTheErrorSaysSo(t *testing.T) {
	_, err := gobuild.Package(t.Context(), t.TempDir(), "./function")
	if err == nil || !strings.Contains(err.Error(), "not inside a Go module") {
		t.Errorf("got %v", err)
	}
}

func TestWithoutGoTheErrorSaysSo(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := gobuild.Package(t.Context(), module(t, gomod, program), "./function")
	if err == nil || !strings.Contains(err.Error(), "the go command is not on PATH") {
		t.Errorf("got %v", err)
	}
}

// The Go release of a go line with three parts is exact as well.
func TestGoLineCanNameTheRelease(t *testing.T) {
	release := strings.TrimPrefix(strings.Fields(runtime.Version())[0], "go")
	build(t, module(t, "module example.com/hello\n\ngo "+release+"\n", program))
}

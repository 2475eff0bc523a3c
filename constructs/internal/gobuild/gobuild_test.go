package gobuild_test

import (
	"bytes"
	"crypto/sha256"
	"debug/buildinfo"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"archway/constructs/internal/gobuild"

	"github.com/google/go-cmp/cmp"
	gomodule "golang.org/x/mod/module"
	"golang.org/x/mod/zip"
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
	if err == nil || !strings.Contains(err.Error(), "building ./function: no go.mod here knows this package") {
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

// A function of another module is compiled in that module, be it in a folder that go.mod replaces
// it with, or in the module cache: the bytes are those of a clone.
func TestOwnModule(t *testing.T) {
	const path = "example.com/hello"
	clone := module(t, gomod, program)
	want := build(t, clone)

	replaced := adopter(t, path, "replace "+path+" => "+clone)
	cached := adopter(t, path, "replace "+path+" => example.com/fork v1.2.3")
	proxy := t.TempDir()
	publish(t, clone, filepath.Join(proxy, "example.com/fork/@v"), "example.com/fork", "v1.2.3")
	t.Setenv("GOMODCACHE", t.TempDir())
	t.Setenv("GOPROXY", "file://"+proxy)
	t.Setenv("GOSUMDB", "off")
	t.Setenv("GOFLAGS", "-modcacherw") // the folder is deleted in the end
	for _, dir := range []string{replaced, cached} {
		tidy := exec.Command("go", "mod", "tidy")
		tidy.Dir = dir
		if out, err := tidy.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		got, err := gobuild.Package(t.Context(), dir, path+"/function")
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%x differs from that of the clone, %x", sha256.Sum256(got), sha256.Sum256(want))
		}
	}
}

// adopter writes a module that uses the function of another one as a tool.
func adopter(t *testing.T, path, replace string) (dir string) {
	t.Helper()
	return module(t, "module example.com/adopter\n\ngo 1.25.0\n\ntool "+path+"/function\n\n"+
		"require "+path+" v0.0.0\n\n"+replace+"\n", program)
}

// publish writes a version of a module as a proxy has it.
func publish(t *testing.T, dir, proxy, path, version string) {
	t.Helper()
	gomod, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if err := errors.Join(err, os.MkdirAll(proxy, 0o755)); err != nil {
		t.Fatal(err)
	}
	archive, err := os.Create(filepath.Join(proxy, version+".zip"))
	if err != nil {
		t.Fatal(err)
	}
	err = errors.Join(
		zip.CreateFromDir(archive, gomodule.Version{Path: path, Version: version}, dir),
		archive.Close(),
		os.WriteFile(filepath.Join(proxy, version+".mod"), gomod, 0o644),
		os.WriteFile(filepath.Join(proxy, version+".info"), []byte(`{"Version":"`+version+`"}`), 0o644),
	)
	if err != nil {
		t.Fatal(err)
	}
}

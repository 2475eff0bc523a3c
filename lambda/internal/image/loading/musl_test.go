package loading_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/opencontainers/go-digest"
	specs "github.com/opencontainers/image-spec/specs-go/v1"

	lt "archway/lambda/internal/fixture/layertest"
	"archway/lambda/internal/image/loading"
	"archway/lambda/internal/image/rootfs"
)

const muslLoader = "/lib/ld-musl-x86_64.so.1"

// needsMusl skips a test without musl's loader, which Debian has as a package; in CI that is a
// failure.
func needsMusl(t *testing.T) (cc string) {
	t.Helper()
	var missing []string
	if runtime.GOOS+"/"+runtime.GOARCH != "linux/amd64" {
		missing = append(missing, "linux/amd64")
	}
	if os.Geteuid() != 0 {
		missing = append(missing, "root")
	}
	cc, err := exec.LookPath("cc")
	if err != nil {
		missing = append(missing, "a C compiler")
	}
	if _, err := os.Stat(muslLoader); err != nil {
		missing = append(missing, "musl")
	}
	switch all := strings.Join(missing, " and "); {
	case all == "":
	case os.Getenv("CI") == "true":
		t.Fatalf("starting programs with musl's loader needs %s, and in CI it must not be left out", all)
	default:
		t.Skipf("NOT CHECKED: starting programs with musl's loader needs %s "+
			"(scripts/setup.sh --tests installs packages)", all)
	}
	return cc
}

// muslCase is how a program that needs libhigh.so, which needs liblow.so, is made and laid out.
type muslCase struct {
	// app and high are how these two are linked, env are variables.
	app, high, env string
	// high and low are the folders where the libraries are, and path what says where to look.
	highIn, lowIn string
	path          string
}

// What musl's own loader finds of libraries in all places is found here, and what it doesn't find
// isn't.
func TestMuslLoader(t *testing.T) {
	cc := needsMusl(t)
	for name, c := range map[string]muslCase{
		"defaults":                    {highIn: "lib", lowIn: "usr/local/lib"},
		"the last default":            {highIn: "usr/lib", lowIn: "lib"},
		"elsewhere":                   {highIn: "lib", lowIn: "opt"},
		"no default of glibc":         {highIn: "lib64", lowIn: "lib"},
		"a file says where":           {highIn: "opt", lowIn: "opt", path: "/opt"},
		"a file of several lines":     {highIn: "opt", lowIn: "lib", path: "/opt\n/lib\n"},
		"a file with colons":          {highIn: "opt", lowIn: "lib", path: "/none:/opt:/lib"},
		"the defaults no more":        {highIn: "lib", lowIn: "lib", path: "/opt"},
		"an empty file":               {highIn: "lib", lowIn: "lib", path: "\n"},
		"RUNPATH":                     {app: "-Wl,-rpath,/opt", highIn: "opt", lowIn: "lib"},
		"RUNPATH for what is below":   {app: "-Wl,-rpath,/opt", highIn: "opt", lowIn: "opt"},
		"RPATH for what is below":     {app: "-Wl,--disable-new-dtags,-rpath,/opt", highIn: "opt", lowIn: "opt"},
		"a library's RUNPATH":         {high: "-Wl,-rpath,/opt", highIn: "lib", lowIn: "opt"},
		"a library's own alone":       {high: "-Wl,-rpath,/opt", highIn: "opt", lowIn: "lib"},
		"RUNPATH by origin":           {app: "-Wl,-rpath,$ORIGIN/../opt", highIn: "opt", lowIn: "lib"},
		"origin of a library":         {high: "-Wl,-rpath,${ORIGIN}/low", highIn: "lib", lowIn: "lib/low"},
		"LD_LIBRARY_PATH":             {env: "LD_LIBRARY_PATH=/none:/opt", highIn: "opt", lowIn: "opt"},
		"LD_LIBRARY_PATH semicolons":  {env: "LD_LIBRARY_PATH=/none;/opt", highIn: "opt", lowIn: "lib"},
		"LD_LIBRARY_PATH and default": {env: "LD_LIBRARY_PATH=/opt", highIn: "opt", lowIn: "usr/lib"},
	} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			c.make(t, cc, root)
			cmd := exec.CommandContext(t.Context(), "/bin/app")
			cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: root}
			cmd.Dir, cmd.Env = "/", []string{}
			if c.env != "" {
				cmd.Env = []string{c.env}
			}
			out, err := cmd.CombinedOutput()
			var exit *exec.ExitError
			if !errors.As(err, &exit) {
				t.Fatalf("%v: %s", err, out)
			}
			starts := exit.ExitCode() == 42
			r := inRoot(t, root, cmd.Env)
			if found := len(r.Missing) == 0; found != starts || !r.Known || !r.Sure || !r.Musl {
				t.Errorf("started: %t, %s\nmissing %+v, known %t, sure %t, musl's %t",
					starts, out, r.Missing, r.Known, r.Sure, r.Musl)
			}
			for _, m := range r.Missing {
				if want := "Error loading shared library " + m.Name; !strings.Contains(string(out), want) {
					t.Errorf("musl says %q, want %q", out, want)
				}
			}
		})
	}
}

// make lays out a root with the program, its libraries and the loader.
func (c muslCase) make(t *testing.T, cc, root string) {
	t.Helper()
	at := func(name string) string { return filepath.Join(root, name) }
	for _, folder := range []string{"src", "bin", "etc", "lib", "lib64", "opt", "usr/lib", c.highIn, c.lowIn} {
		must(t, os.MkdirAll(at(folder), 0o755))
	}
	// By this musl knows where the program itself is, in a container as here.
	must(t, os.MkdirAll(at("proc/self"), 0o755))
	must(t, os.Symlink("/bin/app", at("proc/self/exe")))
	loader, err := os.ReadFile(muslLoader)
	must(t, err)
	must(t, os.WriteFile(at(muslLoader), loader, 0o755))
	if c.path != "" {
		must(t, os.WriteFile(at("etc/ld-musl-x86_64.path"), []byte(c.path), 0o644))
	}
	source := func(name, text string) string {
		must(t, os.WriteFile(at("src/"+name), []byte(text), 0o644))
		return at("src/" + name)
	}
	compile := func(args string) {
		if out, err := exec.CommandContext(t.Context(), cc, strings.Fields(args)...).CombinedOutput(); err != nil {
			t.Fatalf("cc %s: %v\n%s", args, err, out)
		}
	}
	low, high := at(c.lowIn+"/liblow.so"), at(c.highIn+"/libhigh.so")
	compile("-shared -fPIC -nostdlib -Wl,-soname,liblow.so -o " + low + " " +
		source("low.c", "int low(void){return 42;}"))
	compile("-shared -fPIC -nostdlib -Wl,-soname,libhigh.so " + c.high + " -o " + high + " " +
		source("high.c", "int low(void);int high(void){return low();}") + " " + low)
	compile("-nostdlib -fno-stack-protector -Wl,-dynamic-linker," + muslLoader + " " + c.app + " -o " + at("bin/app") +
		" " + source("app.c", `int high(void);
void _start(void){__asm__ volatile("syscall"::"a"(60),"D"(high()):"rcx","r11","memory");}`) +
		" " + high + " -Wl,-rpath-link," + filepath.Dir(low))
	must(t, os.RemoveAll(at("src")))
}

// inRoot looks for the libraries as an image of that root would be looked at.
func inRoot(t *testing.T, root string, env []string) loading.Result {
	t.Helper()
	var entries []lt.Entry
	must(t, filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(name)
		entries = append(entries, lt.Exe(strings.TrimPrefix(name, root+"/"), b))
		return err
	}))
	layer := lt.Tar(entries...)
	d := specs.Descriptor{Digest: digest.FromBytes(layer), Size: int64(len(layer))}
	image := rootfs.NewStore(func(context.Context, digest.Digest) (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(layer)), nil
	}, rootfs.Options{Deep: true, Keep: func(string) int64 { return 1 << 10 }}).FS([]specs.Descriptor{d})
	defer image.Close()
	file, err := image.Resolve(t.Context(), "/", "/bin/app")
	must(t, err)
	loader, err := image.Resolve(t.Context(), "/", file.Node.Program.Loader)
	must(t, err)
	r, err := loading.Load(t.Context(), image, loading.Program{
		File: file, Loader: loader, LoaderName: file.Node.Program.Loader, Env: env, Folder: "/",
	})
	must(t, err)
	return r
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

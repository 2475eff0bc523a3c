package loading_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"archway/lambda/internal/image/executable"
	"archway/lambda/internal/image/layer"
	"archway/lambda/internal/image/loading"
	"archway/lambda/internal/image/rootfs"
)

// host is this machine's own file system.
type host struct{}

func (host) Resolve(_ context.Context, folder, name string) (rootfs.File, error) {
	if !filepath.IsAbs(name) {
		name = filepath.Join(folder, name)
	}
	real, err := filepath.EvalSymlinks(name)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return rootfs.File{State: rootfs.Absent}, nil
	}
	if err != nil {
		return rootfs.File{}, err
	}
	info, err := os.Stat(real)
	if err != nil {
		return rootfs.File{}, err
	}
	f := rootfs.File{State: rootfs.Found, Path: real,
		Node: rootfs.Node{Kind: layer.Other, Exec: info.Mode()&0o111 != 0}}
	switch {
	case info.IsDir():
		f.Node.Kind = layer.Dir
	case info.Mode().IsRegular():
		f.Node.Kind = layer.File
		b, err := os.ReadFile(real)
		if err != nil {
			return f, err
		}
		if name == "/etc/ld.so.cache" {
			f.Node.Content, f.Node.Kept = string(b), true
		}
		var s executable.Scanner
		f.Node.Program, err = s.Scan(strings.NewReader(string(b)), info.Size(), info.Size())
		return f, err
	}
	return f, nil
}

// The same libraries are found for this machine's programs as its own loader finds.
func TestThisMachinesLoaderFindsTheSame(t *testing.T) {
	programs, _ := filepath.Glob("/usr/bin/*")
	seen := 0
	for _, path := range programs {
		if seen == 25 {
			break
		}
		file, err := host{}.Resolve(t.Context(), "/", path)
		if err != nil || file.Path != path || file.Node.Program.Loader == "" || !file.Node.Exec {
			continue
		}
		if info, err := os.Stat(path); err != nil || info.Mode()&os.ModeSetuid != 0 || info.Size() > 5<<20 {
			continue
		}
		loaded, err := exec.Command(file.Node.Program.Loader, "--list", path).Output()
		if err != nil {
			continue
		}
		seen++
		var want []string
		for _, line := range strings.Split(string(loaded), "\n") {
			if name := strings.Fields(line); len(name) > 0 && !strings.HasPrefix(name[0], "linux-") {
				want = append(want, filepath.Base(name[0]))
			}
		}
		r := load(t, path)
		if !r.Known || !r.Sure || len(r.Missing)+len(r.Unmet) > 0 {
			t.Errorf("%s: %+v", path, r)
			continue
		}
		var got []string
		for _, o := range r.Objects[1:] {
			got = append(got, filepath.Base(o.Name))
		}
		slices.Sort(want)
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-loader +here):\n%s", path, diff)
		}
	}
	if seen == 0 {
		t.Skip("NOT CHECKED: no program of glibc is here")
	}
	t.Logf("%d programs", seen)
}

func load(t *testing.T, path string, env ...string) loading.Result {
	t.Helper()
	file, err := host{}.Resolve(t.Context(), "/", path)
	if err != nil {
		t.Fatal(err)
	}
	interp := file.Node.Program.Loader
	loader, err := host{}.Resolve(t.Context(), "/", interp)
	if err != nil {
		t.Fatal(err)
	}
	r, err := loading.Load(t.Context(), host{},
		loading.Program{File: file, Loader: loader, LoaderName: interp, Env: env, Folder: "/"})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// A real compiler's programs and libraries, moved about: what this machine's loader then says is
// what is found here.
func TestMovedLibraries(t *testing.T) {
	cc, err := exec.LookPath("cc")
	if err != nil {
		t.Skip("NOT CHECKED: there is no C compiler: apt-get install gcc libc6-dev")
	}
	base := t.TempDir()
	write := func(name, text string) string {
		name = filepath.Join(base, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return name
	}
	compile := func(args ...string) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if out, err := exec.CommandContext(ctx, cc, args...).CombinedOutput(); err != nil {
			t.Fatalf("cc %q: %v\n%s", args, err, out)
		}
	}
	at := func(name string) string { return filepath.Join(base, name) }
	low, high, main := write("low.c", "int low(void){return 1;}"),
		write("high.c", "int low(void);int high(void){return low();}"),
		write("main.c", "int high(void);int main(void){return high()-1;}")
	old, new := write("old.map", "LOW_1 { global: low; };"),
		write("new.map", "LOW_1 { };\nLOW_2 { global: low; } LOW_1;")
	for _, folder := range []string{"lib", "elsewhere", "bin"} {
		if err := os.MkdirAll(at(folder), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	type variant struct {
		// of the program's and the upper library's folders
		flags, below string
	}
	for name, v := range map[string]variant{
		"RUNPATH by origin, of both": {"-Wl,--enable-new-dtags,-rpath,$ORIGIN/../lib",
			"-Wl,--enable-new-dtags,-rpath,$ORIGIN"},
		"RUNPATH holds for one's own only": {"-Wl,--enable-new-dtags,-rpath,$ORIGIN/../lib", ""},
		"RPATH holds for what is below":    {"-Wl,--disable-new-dtags,-rpath,$ORIGIN/../lib", ""},
		"RPATH, not for one that has a RUNPATH": {"-Wl,--disable-new-dtags,-rpath,$ORIGIN/../lib",
			"-Wl,--enable-new-dtags,-rpath,/nowhere"},
		"relative": {"-Wl,--enable-new-dtags,-rpath,lib",
			"-Wl,--enable-new-dtags,-rpath,${ORIGIN}"},
		"none": {"", ""},
	} {
		compile("-shared", "-fPIC", "-o", at("lib/liblow.so.1"), "-Wl,-soname,liblow.so.1", "-Wl,--version-script="+new,
			low)
		compile(strings.Fields("-shared -fPIC -o " + at("lib/libhigh.so.1") + " -Wl,-soname,libhigh.so.1 " + v.below +
			" " + high + " " + at("lib/liblow.so.1"))...)
		compile(strings.Fields("-o " + at("bin/main") + " " + v.flags + " " + main + " " + at("lib/libhigh.so.1") +
			" -Wl,-rpath-link," + at("lib"))...)
		for _, lowMap := range []string{new, old} {
			if lowMap == old {
				compile("-shared", "-fPIC", "-o", at("lib/liblow.so.1"), "-Wl,-soname,liblow.so.1",
					"-Wl,--version-script="+old, low)
			}
			for _, env := range []string{"", "LD_LIBRARY_PATH=" + at("lib"),
				"LD_LIBRARY_PATH=/nowhere:" + at("elsewhere") + ";" + at("lib")} {
				cmd := exec.Command(at("bin/main"))
				cmd.Dir = "/"
				if env != "" {
					cmd.Env = []string{env}
				}
				out, err := cmd.CombinedOutput()
				r := load(t, at("bin/main"), strings.Fields(env)...)
				if ok := len(r.Missing)+len(r.Unmet) == 0; ok != (err == nil) || !r.Known || !r.Sure {
					t.Errorf("%s, %s, %q: started: %v %s\nmissing %+v, unmet %+v, known %t, sure %t", name,
						filepath.Base(lowMap), env, err, out, r.Missing, r.Unmet, r.Known, r.Sure)
				}
				for _, m := range r.Missing {
					if !strings.Contains(string(out), m.Name) && len(r.Missing) == 1 {
						t.Errorf("%s: %s is missing here, and there: %s", name, m.Name, out)
					}
				}
				for _, u := range r.Unmet {
					if !strings.Contains(string(out), "`"+u.Version+"' not found") {
						t.Errorf("%s: %s is unmet here, and there: %s", name, u.Version, out)
					}
				}
			}
		}
	}
}

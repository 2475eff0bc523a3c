package executable_test

import (
	"bytes"
	"debug/elf"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"archway/lambda/internal/fixture/layertest"
	"archway/lambda/internal/image/executable"
)

func TestLinkageOfMadeFiles(t *testing.T) {
	links := layertest.Links{
		Soname: "libx.so.1", RPath: "/a:$ORIGIN/b", RunPath: "$ORIGIN/../lib",
		Needed:  []string{"libc.so.6", "libm.so.6"},
		Wants:   map[string][]string{"libc.so.6": {"GLIBC_2.34", "GLIBC_2.2.5"}},
		Weak:    map[string][]string{"libm.so.6": {"GLIBC_2.99"}},
		Defines: []string{"libx.so.1", "X_1.0", "X_2.0"}, NoDefaults: true,
	}
	want := executable.Linkage{
		Soname: "libx.so.1", RPath: "/a:$ORIGIN/b", RunPath: "$ORIGIN/../lib",
		Needed: []string{"libc.so.6", "libm.so.6"},
		Wants: []executable.Version{{Library: "libc.so.6", Name: "GLIBC_2.34"},
			{Library: "libc.so.6", Name: "GLIBC_2.2.5"}},
		Defines: []string{"libx.so.1", "X_1.0", "X_2.0"}, NoDefaults: true,
	}
	for _, arch := range []string{"amd64", "386", "arm64", "arm", "s390x", "ppc64le", "mips"} {
		for _, size := range []int{0, 5_000, 100_000, 3 << 20} {
			p := scan(t, layertest.ELF{Arch: arch, Loader: "/lib/ld.so", Links: &links, Size: size}.Bytes())
			if diff := cmp.Diff(want, p.Linkage()); diff != "" || p.LinksUnseen || p.Fault != "" {
				t.Errorf("%s, %d bytes: %+v (-want +got):\n%s", arch, size, p, diff)
			}
		}
	}
	if p := scan(t, layertest.ELF{Links: &links, Size: 14 << 20}.Bytes()); !p.LinksUnseen || p.Links != "" {
		t.Errorf("tables beyond what is kept: %+v", p)
	}
	for level := range 5 {
		p := scan(t, layertest.ELF{Links: &layertest.Links{Level: level}}.Bytes())
		if got := p.Linkage().Level; got != level || p.LinksUnseen {
			t.Errorf("level %d, want %d: %+v", got, level, p)
		}
	}
}

// The programs and libraries of this machine, against the standard library's reader, which has the
// whole file.
func TestLinkageOfRealFiles(t *testing.T) {
	seen := 0
	for _, folder := range []string{"/usr/bin", "/usr/lib", "/lib"} {
		_ = filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() || seen > 120 {
				return nil
			}
			if info, err := d.Info(); err != nil || info.Size() > 150<<20 || info.Size() < 1000 ||
				path[len(path)-1]%2 == 0 && seen > 60 {
				return nil
			}
			f, err := elf.Open(path)
			if err != nil {
				return nil
			}
			defer f.Close()
			if f.Type != elf.ET_DYN && f.Type != elf.ET_EXEC || f.Section(".dynamic") == nil ||
				!strings.Contains(path, ".so") && filepath.Dir(path) != "/usr/bin" {
				return nil
			}
			seen++
			compare(t, path, f)
			return nil
		})
	}
	t.Logf("%d programs and libraries", seen)
	if seen < 20 {
		t.Skipf("NOT CHECKED: only %d programs and libraries are here", seen)
	}
}

func compare(t *testing.T, path string, f *elf.File) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		return
	}
	p := scan(t, b)
	got := p.Linkage()
	if p.LinksUnseen {
		t.Errorf("%s: unseen", path)
		return
	}
	one := func(tag elf.DynTag) string {
		if all, _ := f.DynString(tag); len(all) > 0 {
			return all[0]
		}
		return ""
	}
	want := executable.Linkage{Soname: one(elf.DT_SONAME), RPath: one(elf.DT_RPATH), RunPath: one(elf.DT_RUNPATH),
		Level: got.Level, NoDefaults: got.NoDefaults}
	want.Needed, _ = f.DynString(elf.DT_NEEDED)
	needs, _ := f.DynamicVersionNeeds()
	for _, n := range needs {
		for _, v := range n.Needs {
			if v.Flags&elf.VER_FLG_WEAK == 0 {
				want.Wants = append(want.Wants, executable.Version{Library: n.Name, Name: v.Dep})
			}
		}
	}
	versions, _ := f.DynamicVersions()
	for _, v := range versions {
		want.Defines = append(want.Defines, v.Name)
	}
	slices.SortFunc(want.Wants, byName)
	slices.SortFunc(got.Wants, byName)
	slices.Sort(want.Defines)
	slices.Sort(got.Defines)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

func byName(a, b executable.Version) int {
	return strings.Compare(a.Library+"\x00"+a.Name, b.Library+"\x00"+b.Name)
}

// Whatever stands in a file, reading ends, and what is packed can be unpacked and packed again.
func FuzzLinkage(f *testing.F) {
	links := &layertest.Links{
		Soname: "libx.so.1", RunPath: "$ORIGIN", Needed: []string{"libc.so.6"}, Level: 3,
		Wants: map[string][]string{"libc.so.6": {"GLIBC_2.34"}}, Defines: []string{"libx.so.1", "X_1"},
	}
	for _, arch := range []string{"amd64", "386", "s390x"} {
		f.Add(layertest.ELF{Arch: arch, Links: links}.Bytes())
		f.Add(layertest.ELF{Arch: arch, Loader: "/lib/ld.so", Size: 9000, Links: links}.Bytes())
	}
	f.Add(layertest.ELF{Loader: "/lib/ld.so"}.Bytes())
	f.Add(layertest.ELF{Loader: "/lib/ld.so", Links: links, GoLevel: "v3"}.Bytes())
	f.Fuzz(func(t *testing.T, b []byte) {
		s := executable.Scanner{Whole: true}
		p, err := s.Scan(bytes.NewReader(b), int64(len(b)), 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		l := p.Linkage()
		if p.LinksUnseen && len(l.Needed)+len(l.Wants)+len(l.Defines) > 0 {
			t.Errorf("unseen, and %+v", l)
		}
		for _, name := range append(append(l.Needed, l.Defines...), l.Soname, l.RPath, l.RunPath) {
			if strings.Contains(name, "\x00") || len(name) > 4096 {
				t.Errorf("the name %q", name)
			}
		}
		if l.Level < 0 || l.Level > 4 {
			t.Errorf("level %d", l.Level)
		}
	})
}

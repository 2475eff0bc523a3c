package check_test

import (
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/go-digest"
	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/lambda/internal/fixture"
	lt "archway/lambda/internal/fixture/layertest"
	"archway/lambda/internal/verdict/check"
)

// tarred is a folder whose archive GNU tar writes: sorted at first, and then changed.
type tarred struct {
	t       *testing.T
	folder  string
	archive string
	// age is of the file that is written next.
	age time.Time
}

func newTarred(t *testing.T) *tarred {
	t.Helper()
	program, err := exec.LookPath("tar")
	if err != nil {
		t.Skip("NOT CHECKED: there is no tar: apt-get install tar")
	}
	if out, err := exec.Command(program, "--version").Output(); err != nil ||
		!strings.Contains(string(out), "GNU tar") {
		t.Skipf("NOT CHECKED: %s is not GNU tar", program)
	}
	dir := t.TempDir()
	x := &tarred{t: t, folder: filepath.Join(dir, "root"), archive: filepath.Join(dir, "layer.tar"),
		age: time.Unix(1_700_000_000, 0)}
	x.must(os.Mkdir(x.folder, 0o755))
	return x
}

func (x *tarred) must(err error) {
	x.t.Helper()
	if err != nil {
		x.t.Fatal(err)
	}
}

// file writes a program, an hour younger than the one before.
func (x *tarred) file(name string, body []byte) {
	x.t.Helper()
	path := filepath.Join(x.folder, name)
	x.must(os.MkdirAll(filepath.Dir(path), 0o755))
	x.must(os.RemoveAll(path))
	x.must(os.WriteFile(path, body, 0o755))
	x.age = x.age.Add(time.Hour)
	x.must(os.Chtimes(path, x.age, x.age))
}

func (x *tarred) link(name, target string) {
	x.t.Helper()
	path := filepath.Join(x.folder, name)
	x.must(os.RemoveAll(path))
	x.must(os.Symlink(target, path))
}

func (x *tarred) tar(args ...string) {
	x.t.Helper()
	cmd := exec.Command("tar", append([]string{"--owner=0", "--group=0", "-C", x.folder, "-f", x.archive}, args...)...)
	if out, err := cmd.CombinedOutput(); err != nil {
		x.t.Fatalf("tar %q: %v\n%s", args, err, out)
	}
}

// begin writes the archive of a program, with four MiB behind it: so much of a sorted layer is left
// unread.
func (x *tarred) begin(app []byte) {
	x.t.Helper()
	for _, name := range []string{"a1", "a2", "a3"} {
		x.file(name, nil)
	}
	x.file("app", app)
	bulk := make([]byte, 4<<20)
	_, err := rand.NewChaCha8([32]byte{}).Read(bulk)
	x.must(err)
	x.file("z", bulk)
	x.tar("-c", "--sort=name", ".")
}

// What GNU tar appends to an archive replaces what stands in it already. Who reads all sees that;
// who reads no more than needed says what was left out.
func TestLayersThatGNUTarHasAppendedTo(t *testing.T) {
	fine, wrong := lt.Static("arm64"), lt.Static("amd64")
	const here = "linux/arm64"
	for _, test := range []struct {
		name string
		make func(*tarred)
		// whole is what is found in all of the layers, and quick by reading no more than needed.
		whole, quick []string
		// hidden says that the quick way can't have seen the end.
		hidden bool
	}{
		{"tar -r, good", func(x *tarred) { x.begin(fine); x.file("app", fine); x.tar("-r", "./app") }, nil, nil, true},
		{"tar -u, good", func(x *tarred) { x.begin(fine); x.file("app", fine); x.tar("-u", "./app") }, nil, nil, true},
		{"tar -r, another machine's", func(x *tarred) { x.begin(fine); x.file("app", wrong); x.tar("-r", "./app") },
			[]string{"error entry-elf " + here, "warning all-elf " + here}, nil, true},
		{"tar -u, another machine's", func(x *tarred) { x.begin(fine); x.file("app", wrong); x.tar("-u", ".") },
			[]string{"error entry-elf " + here, "warning all-elf " + here}, nil, true},
		{"tar -u, which mends it", func(x *tarred) { x.begin(wrong); x.file("app", fine); x.tar("-u", ".") }, nil, nil,
			false},
		{"tar -r, which mends it", func(x *tarred) { x.begin(wrong); x.file("app", fine); x.tar("-r", "app") }, nil,
			nil, false},
		{"tar -u, an old file", func(x *tarred) {
			x.begin(fine)
			x.file("app", wrong)
			old := time.Unix(1_600_000_000, 0)
			x.must(os.Chtimes(filepath.Join(x.folder, "app"), old, old))
			x.tar("-u", "./app")
		}, nil, nil, true},
		{"tar -r, a link to nothing", func(x *tarred) { x.begin(fine); x.link("app", "gone"); x.tar("-r", "./app") },
			[]string{"error entry-elf " + here}, nil, true},
		{"tar -r, a script without its interpreter", func(x *tarred) {
			x.begin(fine)
			x.file("app", []byte("#!/bin/none\n"))
			x.tar("-r", "./app")
		}, []string{"error shebang " + here}, nil, true},
		{"tar -r, twice", func(x *tarred) {
			x.begin(fine)
			for _, body := range [][]byte{wrong, fine} {
				x.file("app", body)
				x.tar("-r", "./app")
			}
		}, nil, nil, true},
		{"tar -r, another machine's tool", func(x *tarred) {
			x.begin(fine)
			for range 2 {
				x.file("bin/tool", wrong)
				x.tar("-r", "./bin/tool")
			}
		}, []string{"error all-elf " + here}, nil, true},
		{"tar -r, a tool that is mended", func(x *tarred) {
			x.file("bin/tool", wrong)
			x.begin(fine)
			x.file("bin/tool", fine)
			x.tar("-r", "./bin/tool")
		}, nil, nil, true},
		{"tar -u, the loader", func(x *tarred) {
			const loader = "lib/ld-linux-aarch64.so.1"
			x.file(loader, lt.ELF{Arch: "arm64"}.Bytes())
			x.begin(lt.Dynamic("arm64", "/"+loader))
			x.file(loader, lt.ELF{Arch: "amd64"}.Bytes())
			x.tar("-u", ".")
		}, []string{"error all-elf " + here, "error elf-interp " + here}, nil, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			x := newTarred(t)
			test.make(x)
			archive, err := os.ReadFile(x.archive)
			x.must(err)
			for _, layerType := range []string{specs.MediaTypeImageLayer, specs.MediaTypeImageLayerGzip,
				specs.MediaTypeImageLayerZstd} {
				s := fixture.New()
				root := s.Index(s.Linux("amd64", ""), s.Image(fixture.ImageSpec{
					Platform: fixture.ARM64, LayerType: layerType, Archives: [][]byte{archive},
				})).Digest
				want := check.Want{Platforms: []specs.Platform{fixture.AMD64, fixture.ARM64}, Deep: true}
				if diff := cmp.Diff(slices.Sorted(slices.Values(test.whole)),
					short(findings(t, s, root, want, nil))); diff != "" {
					t.Errorf("%s, all read (-want +got):\n%s", layerType, diff)
				}
				if unread := unread(t, s, root, want); unread != 0 {
					t.Errorf("%s, all read, but for %d layers", layerType, unread)
				}
				want.Deep = false
				if diff := cmp.Diff(slices.Sorted(slices.Values(test.quick)),
					short(findings(t, s, root, want, nil))); diff != "" {
					t.Errorf("%s, the quick way (-want +got):\n%s", layerType, diff)
				}
				if unread := unread(t, s, root, want); test.hidden && unread != 1 {
					t.Errorf("%s, the quick way says that %d layers were not read, want 1", layerType, unread)
				}
			}
		})
	}
}

// A file of 2 GiB that is nothing but holes costs the archive nothing, and reading it no memory.
func TestLayersWithHoles(t *testing.T) {
	x := newTarred(t)
	x.file("app", lt.Static("arm64"))
	x.file("data", nil)
	x.must(os.Truncate(filepath.Join(x.folder, "data"), 2<<30))
	x.tar("-c", "-S", "--sort=name", ".")
	x.file("app", lt.Static("amd64"))
	x.tar("-r", "-S", "./app")
	archive, err := os.ReadFile(x.archive)
	x.must(err)
	s := fixture.New()
	root := s.Index(s.Linux("amd64", ""),
		s.Image(fixture.ImageSpec{Platform: fixture.ARM64, Archives: [][]byte{archive}})).Digest
	want := check.Want{Platforms: []specs.Platform{fixture.AMD64, fixture.ARM64}, Deep: true}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	found := short(findings(t, s, root, want, nil))
	runtime.ReadMemStats(&after)
	if diff := cmp.Diff([]string{"error entry-elf linux/arm64", "warning all-elf linux/arm64"}, found); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if allocated := after.TotalAlloc - before.TotalAlloc; len(archive) > 1<<20 || allocated > 16<<20 {
		t.Errorf("%d bytes were allocated for an archive of %d", allocated, len(archive))
	}
}

// unread counts the layers of the second image that are said to be not read.
func unread(t *testing.T, s *fixture.Store, root digest.Digest, want check.Want) int {
	t.Helper()
	return len(read(t, s, root, nil, want).Entries[1].Unread())
}

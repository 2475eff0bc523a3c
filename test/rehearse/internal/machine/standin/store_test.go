package standin

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// sample writes a small tree into a layer, as it is at this moment.
func sample(root string) func(io.Writer) error {
	return func(w io.Writer) error {
		a := newArchive(w)
		a.tree(root, skipDebian)
		return a.close()
	}
}

func sampleTree(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	for _, dir := range []string{"etc", "usr/bin", "usr/share/doc/x", "var/log"} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for name, mode := range map[string]os.FileMode{
		"etc/hostname": 0o644, "etc/passwd": 0o644, "usr/bin/su": 0o755 | os.ModeSetuid,
		"usr/share/doc/x/copyright": 0o644, "usr/share/doc/x/README": 0o644, "var/log/dpkg.log": 0o644,
	} {
		file := filepath.Join(root, name)
		if err := errors.Join(os.WriteFile(file, []byte(name), 0o644), os.Chmod(file, mode)); err != nil {
			t.Fatal(err)
		}
	}
	err := errors.Join(
		os.Link(filepath.Join(root, "usr/bin/su"), filepath.Join(root, "usr/bin/sudo")),
		os.Symlink("usr/bin", filepath.Join(root, "bin")))
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// A layer holds the tree, and nothing of the machine.
func TestLayer(t *testing.T) {
	var data bytes.Buffer
	if err := sample(sampleTree(t))(&data); err != nil {
		t.Fatal(err)
	}
	type entry struct {
		Type byte
		Mode int64
		Link string
	}
	got := map[string]entry{}
	for r := tar.NewReader(&data); ; {
		header, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if !header.ModTime.Equal(stamp) {
			t.Errorf("%s has time %v, expected %v", header.Name, header.ModTime, stamp)
		}
		got[header.Name] = entry{header.Typeflag, header.Mode, header.Linkname}
	}
	want := map[string]entry{
		"bin":                       {tar.TypeSymlink, 0o777, "usr/bin"},
		"etc/":                      {tar.TypeDir, 0o755, ""},
		"etc/passwd":                {tar.TypeReg, 0o644, ""},
		"usr/":                      {tar.TypeDir, 0o755, ""},
		"usr/bin/":                  {tar.TypeDir, 0o755, ""},
		"usr/bin/su":                {tar.TypeReg, 0o4755, ""},
		"usr/bin/sudo":              {tar.TypeLink, 0o4755, "usr/bin/su"},
		"usr/share/":                {tar.TypeDir, 0o755, ""},
		"usr/share/doc/":            {tar.TypeDir, 0o755, ""},
		"usr/share/doc/x/":          {tar.TypeDir, 0o755, ""},
		"usr/share/doc/x/copyright": {tar.TypeReg, 0o644, ""},
		"var/":                      {tar.TypeDir, 0o755, ""},
		"var/log/":                  {tar.TypeDir, 0o755, ""},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestSameTreeIsTheSameLayer(t *testing.T) {
	var layers []layer
	for range 2 {
		root := sampleTree(t)
		past := time.Now().Add(-time.Duration(len(layers)) * time.Hour)
		if err := os.Chtimes(filepath.Join(root, "etc/passwd"), past, past); err != nil {
			t.Fatal(err)
		}
		l, err := compress(io.Discard, sample(root))
		if err != nil {
			t.Fatal(err)
		}
		layers = append(layers, l)
	}
	if diff := cmp.Diff(layers[0], layers[1]); diff != "" {
		t.Error(diff)
	}
}

func TestLayerRefusesANameTwice(t *testing.T) {
	a := newArchive(io.Discard)
	a.dir("usr", 0o755, 0)
	a.dir("usr", 0o755, 0) // folders may be asked for again
	a.file("usr/x", 0o644, "")
	if err := a.close(); err != nil {
		t.Error(err)
	}
	a.file("usr/x", 0o644, "")
	if err := a.close(); err == nil || err.Error() != "a layer would have usr/x twice" {
		t.Errorf("got error %v, expected that usr/x is there twice", err)
	}
}

// A layer is made once, and again if its blob is damaged.
func TestDamagedLayer(t *testing.T) {
	s, err := openStore(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	made := 0
	get := func() layer {
		t.Helper()
		l, err := s.layer("key", func(w io.Writer) error {
			made++
			a := newArchive(w)
			a.file("x", 0o644, "contents")
			return a.close()
		})
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	first := get()
	if second := get(); second != first || made != 1 {
		t.Errorf("made %d times, expected once: %v, %v", made, first, second)
	}
	if err := os.Truncate(s.blobPath(first.Digest), 3); err != nil {
		t.Fatal(err)
	}
	if third := get(); third != first || made != 2 {
		t.Errorf("made %d times, expected twice: %v, %v", made, first, third)
	}
	r, err := s.open(first)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	files, err := readEntries(r, "x")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"x": "contents"}, files); diff != "" {
		t.Error(diff)
	}
}

func TestFailedLayerLeavesNothing(t *testing.T) {
	s, err := openStore(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	broken := errors.New("broken")
	if _, err := s.layer("key", func(io.Writer) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("got error %v, expected %v", err, broken)
	}
	for _, pattern := range []string{"part-*", "layers/*", "blobs/sha256/*"} {
		found, err := filepath.Glob(filepath.Join(s.dir, pattern))
		if err != nil {
			t.Fatal(err)
		}
		if len(found) > 0 {
			t.Errorf("left behind: %v", found)
		}
	}
}

func TestInstallationDayIsForgotten(t *testing.T) {
	root := t.TempDir()
	shadow := filepath.Join(root, "etc/shadow")
	err := errors.Join(os.Mkdir(filepath.Dir(shadow), 0o755),
		os.WriteFile(shadow, []byte("root:*:20778:0:99999:7:::\ndaemon:*:20778:0:99999:7:::\n"), 0o640))
	if err != nil {
		t.Fatal(err)
	}
	if err := forgetInstallation(root); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(shadow)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("root:*:20089:0:99999:7:::\ndaemon:*:20089:0:99999:7:::\n", string(got)); diff != "" {
		t.Error(diff)
	}
}

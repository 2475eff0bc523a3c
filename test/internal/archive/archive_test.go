package archive

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// An archive keeps modes and links, and is the same each time.
func TestArchive(t *testing.T) {
	dir, out := t.TempDir(), t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "a", "empty"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "a", "program"), []byte("x"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "text"), []byte("y"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("a/program", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	first, second := filepath.Join(t.TempDir(), "1.zip"), filepath.Join(t.TempDir(), "2.zip")
	for _, file := range []string{first, second} {
		if err := Pack(dir, file); err != nil {
			t.Fatal(err)
		}
	}
	one, _ := os.ReadFile(first)
	two, _ := os.ReadFile(second)
	if len(one) == 0 || !bytes.Equal(one, two) {
		t.Error("two archives of one folder differ")
	}
	if err := Unpack(first, out); err != nil {
		t.Fatal(err)
	}
	for name, mode := range map[string]os.FileMode{"a/program": 0o755, "text": 0o644} {
		if info, err := os.Stat(filepath.Join(out, name)); err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s: got %v, %v, expected mode %o", name, info, err, mode)
		}
	}
	if target, err := os.Readlink(filepath.Join(out, "link")); err != nil || target != "a/program" {
		t.Errorf("link: got %q, %v", target, err)
	}
	if _, err := os.Stat(filepath.Join(out, "a", "empty")); err != nil {
		t.Error(err)
	}
}

func TestUnpackStaysInItsFolder(t *testing.T) {
	file := filepath.Join(t.TempDir(), "bad.zip")
	out, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	w := zip.NewWriter(out)
	if _, err := w.Create("../outside"); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	out.Close()
	dir := filepath.Join(t.TempDir(), "inside")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := Unpack(file, dir); err == nil {
		t.Error("got no error")
	}
	if _, err := os.Stat(filepath.Join(dir, "..", "outside")); err == nil {
		t.Error("a file was written outside of the folder")
	}
}

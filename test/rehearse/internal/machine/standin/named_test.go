package standin

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Stand-ins are made for whatever Dockerfiles name.
func TestNamedStandIns(t *testing.T) {
	dir := t.TempDir()
	one, two, odd := filepath.Join(dir, "Dockerfile"), filepath.Join(dir, "other.Dockerfile"),
		filepath.Join(dir, "odd.Dockerfile")
	err := errors.Join(
		os.WriteFile(one, []byte("FROM golang:1.26 AS build\nFROM node:24\nCOPY --from=build /a /a\nFROM scratch\n"),
			0o644),
		os.WriteFile(two, []byte("ARG BASE\nFROM debian\nFROM golang:1.26\nFROM $BASE\n"), 0o644),
		os.WriteFile(odd, []byte("# syntax=example.com/front:1\nFETCH x\n"), 0o644))
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	images, err := namedImages([]string{one, two, odd},
		func(format string, args ...any) { said = append(said, fmt.Sprintf(format, args...)) })
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"golang:1.26", "node:24", "debian", "example.com/front:1"}, images); diff != "" {
		t.Error(diff)
	}
	want := []string{
		`other.Dockerfile: which image "FROM $BASE" means can't be known from the file; BuildKit asks its real registry`,
		"odd.Dockerfile: not understood: dockerfile parse error on line 2: unknown instruction: FETCH; BuildKit asks the real registries for what it names",
	}
	if diff := cmp.Diff(want, said); diff != "" {
		t.Error(diff)
	}
}

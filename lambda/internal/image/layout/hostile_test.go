package layout_test

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/opencontainers/go-digest"
	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/lambda/internal/fixture"
	"archway/lambda/internal/image/index"
	"archway/lambda/internal/image/layout"
	"archway/lambda/internal/image/registry"
)

func TestWhatIsNotInALayoutIsMissing(t *testing.T) {
	s := fixture.New()
	root := s.Good()
	l := open(t, s, root)
	gone := digest.FromString("gone")
	_, noManifest := l.Manifest(t.Context(), gone)
	_, noBlob := l.Blob(t.Context(), gone, 10)
	_, noSize := l.Stat(t.Context(), gone)
	_, noLayer := l.Layer(t.Context(), gone)
	for _, err := range []error{noManifest, noBlob, noSize, noLayer} {
		if !errors.Is(err, registry.ErrNotFound) {
			t.Errorf("error %v, want %v", err, registry.ErrNotFound)
		}
	}
	if _, err := l.Manifest(t.Context(), "sha256:../../index.json"); err == nil ||
		errors.Is(err, registry.ErrNotFound) {
		t.Errorf("error %v, want one about the digest", err)
	}
	if _, err := l.Blob(t.Context(), root.Digest, 10); !errors.Is(err, registry.ErrTooLarge) {
		t.Errorf("error %v, want %v", err, registry.ErrTooLarge)
	}
	for d, b := range s.Blobs {
		if size, err := l.Stat(t.Context(), d); err != nil || size != int64(len(b)) {
			t.Errorf("Stat = %d, %v, want %d", size, err, len(b))
		}
		f, err := l.Layer(t.Context(), d)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(f)
		if f.Close(); err != nil || string(got) != string(b) {
			t.Errorf("Layer = %q, %v, want %q", got, err, b)
		}
	}
}

// Other bytes than the digest names are noticed.
func TestOtherBytesAreNoticed(t *testing.T) {
	s := fixture.New()
	root := s.Good()
	folder := t.TempDir()
	s.Layout(t, folder, root)
	if err := os.WriteFile(filepath.Join(folder, "blobs", "sha256", root.Digest.Encoded()), []byte("{}"),
		0o644); err != nil {
		t.Fatal(err)
	}
	l, err := layout.Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	doc, manifest := l.Manifest(t.Context(), root.Digest)
	_, blob := l.Blob(t.Context(), root.Digest, 10)
	if !errors.Is(manifest, registry.ErrOtherBytes) || !errors.Is(blob, registry.ErrOtherBytes) ||
		string(doc.Bytes) != "{}" {
		t.Errorf("errors %v and %v, want %v", manifest, blob, registry.ErrOtherBytes)
	}
}

// A layout that somebody sends must not make this program read anything else of the machine, nor
// wait forever.
func TestALayoutDoesNotLeadElsewhere(t *testing.T) {
	s := fixture.New()
	root := s.Good()
	folder := t.TempDir()
	s.Layout(t, folder, root)
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	blobs := filepath.Join(folder, "blobs", "sha256")
	link, pipe := digest.FromString("link"), digest.FromString("pipe")
	if err := errors.Join(os.Symlink(secret, filepath.Join(blobs, link.Encoded())),
		syscall.Mkfifo(filepath.Join(blobs, pipe.Encoded()), 0o644)); err != nil {
		t.Fatal(err)
	}
	l, err := layout.Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, d := range []digest.Digest{link, pipe} {
		if doc, err := l.Blob(t.Context(), d, 100); !errors.Is(err, registry.ErrUnavailable) || doc.Bytes != nil {
			t.Errorf("%q, error %v, want %v", doc.Bytes, err, registry.ErrUnavailable)
		}
	}
}

func TestWhatIsNoLayoutIsRefused(t *testing.T) {
	for name, test := range map[string]struct {
		top  string
		want string
	}{
		"no index.json":     {"", "holds no index.json"},
		"no JSON":           {"<html>", "index.json can't be read"},
		"a broken one":      {`{"manifests": [`, "breaks off"},
		"one without end":   {`{"manifests": ` + strings.Repeat(" ", registry.MaxManifest) + "[]}", "more than"},
		"one nested deeply": {strings.Repeat(`{"a":`, 50) + "1" + strings.Repeat("}", 50), "nested"},
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			if test.top != "" {
				if err := os.WriteFile(filepath.Join(folder, "index.json"), []byte(test.top), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := layout.Open(folder); !errors.Is(err, layout.ErrNoLayout) ||
				!strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
	if _, err := layout.Open(filepath.Join(t.TempDir(), "none")); !errors.Is(err, layout.ErrNoLayout) {
		t.Errorf("error %v", err)
	}
}

func FuzzIndexJSON(f *testing.F) {
	s := fixture.New()
	for _, entries := range [][]specs.Descriptor{nil, {s.Good()}, {s.Linux("amd64", ""), s.Linux("arm64", "")}} {
		f.Add(fixture.TopOfLayout(entries...), "")
	}
	f.Add([]byte(`{"manifests":[{"digest":"x"},{"annotations":{"org.opencontainers.image.ref.name":"a"}}]}`), "a")
	f.Add([]byte(`[]`), "sha256:")
	f.Fuzz(func(t *testing.T, top []byte, name string) {
		folder := t.TempDir()
		if err := os.WriteFile(filepath.Join(folder, "index.json"), top, 0o644); err != nil {
			t.Fatal(err)
		}
		l, err := layout.Open(folder)
		if err != nil {
			return
		}
		defer l.Close()
		d, err := l.Find(name)
		if err != nil {
			return
		}
		if _, err := index.Get(t.Context(), l, d, nil); err != nil && json.Valid(top) &&
			!strings.Contains(err.Error(), "digest") {
			t.Errorf("%v", err)
		}
	})
}

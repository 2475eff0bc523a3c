package cli_test

import (
	"archive/tar"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/opencontainers/go-digest"
	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/lambda/internal/fixture"
	"archway/lambda/internal/validation/cli"
	"archway/lambda/internal/verdict/report"
)

// pack writes a folder as a tar file, with the prefix before each name.
func pack(t *testing.T, folder, prefix string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "image.tar")
	file, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	w := tar.NewWriter(file)
	err = filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(folder, path)
		if err != nil {
			return err
		}
		if err := w.WriteHeader(&tar.Header{Name: prefix + relative, Mode: 0o644,
			Size: int64(len(content))}); err != nil {
			return err
		}
		_, err = w.Write(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	return name
}

// skopeo writes a layout's only image as skopeo copy --all does to dir:FOLDER.
func skopeo(t *testing.T, from string, top digest.Digest) string {
	t.Helper()
	to := t.TempDir()
	err := filepath.WalkDir(filepath.Join(from, "blobs/sha256"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name := d.Name()
		var manifest struct{ Config, Layers, Manifests json.RawMessage }
		switch _ = json.Unmarshal(content, &manifest); {
		case name == top.Encoded():
			name = "manifest.json"
		case manifest.Manifests != nil || manifest.Config != nil && manifest.Layers != nil:
			name += ".manifest.json"
		}
		return os.WriteFile(filepath.Join(to, name), content, 0o644)
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(to, "version"), []byte("Directory Transport Version: 1.1\n"),
		0o644); err != nil {
		t.Fatal(err)
	}
	return to
}

// Images are read wherever people keep them, and the verdict is the same.
func TestPlaces(t *testing.T) {
	store, folder := fixture.New(), filepath.Join(t.TempDir(), "image")
	good := store.Good()
	named := good
	named.Annotations = map[string]string{specs.AnnotationRefName: "1.2"}
	store.Layout(t, folder, named)
	archive, dotted := pack(t, folder, ""), pack(t, folder, "./")
	other := pack(t, t.TempDir(), "")
	t.Setenv("TMPDIR", t.TempDir())
	for image, want := range map[string]string{
		"oci:" + folder: "", folder: "", folder + ":1.2": "",
		"oci-archive:" + archive: "", "oci-archive:" + dotted: "", "oci-archive:" + archive + ":1.2": "",
		"docker-archive:" + archive:             "",
		"dir:" + skopeo(t, folder, good.Digest): "",
		"oci-archive:" + archive + ":1.3":       `no image called "1.3", but "1.2"`,
		"oci-archive:" + other:                  "holds no index.json of an OCI image layout",
		"docker-archive:" + other:               "docker buildx build --output type=oci,dest=FILE",
		"oci-archive:" + folder + "/index.json": "is no tar file that can be read",
		"oci-archive:" + folder + "/none":       "no such file",
		"oci-archive:":                          `names no file, expected oci-archive:FILE`,
		"dir:":                                  "names no folder, expected dir:FOLDER",
		"dir:" + folder:                         "is no folder of skopeo copy --all IMAGE dir:FOLDER",
		"docker-daemon:app:1":                   `"docker-daemon:app:1" is not read: use docker save IMAGE`,
		"containers-storage:app":                "is not read: use skopeo copy --all",
		"docker://ghcr.io/me/app:1":             "leave docker:// off",
	} {
		stdout, stderr, code := run(t, "-o", "json", image)
		if want != "" {
			if code != cli.Unknown || !strings.Contains(stderr, want) {
				t.Errorf("%s: exit %d, %s, want %s", image, code, stderr, want)
			}
			continue
		}
		var document report.Document
		if err := json.Unmarshal([]byte(stdout), &document); err != nil {
			t.Fatalf("%s: %v, %s", image, err, stderr)
		}
		if code != cli.Valid || document.Images[0].Digest != good.Digest.String() ||
			len(document.Images[0].Platforms) != 2 {
			t.Errorf("%s: exit %d, %+v, %s", image, code, document, stderr)
		}
	}
	left, err := os.ReadDir(os.Getenv("TMPDIR"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// What an archive holds besides a layout's files is not unpacked, and nothing leaves the folder.
func TestHostileArchive(t *testing.T) {
	store, folder := fixture.New(), filepath.Join(t.TempDir(), "image")
	store.Layout(t, folder, store.Good())
	content, err := os.ReadFile(filepath.Join(folder, "index.json"))
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "image.tar")
	file, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	w := tar.NewWriter(file)
	outside := filepath.Join(t.TempDir(), "outside")
	for _, header := range []tar.Header{
		{Name: "../../../../../../../../.." + outside}, {Name: outside},
		{Name: "blobs", Typeflag: tar.TypeSymlink, Linkname: filepath.Dir(outside)},
		{Name: "blobs/sha256/../../../index.json"}, {Name: "index.json"},
	} {
		header.Mode, header.Size = 0o644, int64(len(content))
		if header.Typeflag == tar.TypeSymlink {
			header.Size = 0
		}
		if err := w.WriteHeader(&header); err != nil {
			t.Fatal(err)
		}
		if header.Size > 0 {
			if _, err := w.Write(content); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	stdout, _, code := run(t, "oci-archive:"+name)
	if _, err := os.Stat(outside); err == nil || code == cli.Valid {
		t.Errorf("exit %d, %v\n%s", code, err, stdout)
	}
}

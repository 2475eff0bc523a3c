package assembly

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"archway/test/internal/archive"
)

// Open gives a folder to read what the asset holds, as it would be read back from the bucket: in
// place, or a copy that done removes.
func (a Asset) Open() (dir string, done func(), err error) {
	if a.Packaging == "zip" {
		return a.Path, func() {}, nil
	}
	if dir, err = os.MkdirTemp("", "asset-"); err != nil {
		return "", nil, err
	}
	if err := a.Unpack(dir); err != nil {
		return "", nil, errors.Join(err, os.RemoveAll(dir))
	}
	return dir, func() { os.RemoveAll(dir) }, nil
}

// Unpack copies what the asset holds, as it would be read back from the bucket,
// into an existing folder.
func (a Asset) Unpack(dir string) error {
	if a.Packaging == "zip" {
		if err := os.CopyFS(dir, os.DirFS(a.Path)); err != nil {
			return fmt.Errorf("asset %s: %w", a.Key, err)
		}
		return nil
	}
	if !strings.HasSuffix(a.Path, ".zip") {
		return fmt.Errorf("asset %s: got the file %s, expected a folder or a .zip archive", a.Key, a.Path)
	}
	return archive.Unpack(a.Path, dir)
}

package assembly

import (
	"fmt"
	"os"
	"strings"

	"archway/test/rehearse/internal/archive"
)

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

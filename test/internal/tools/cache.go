// Package tools finds and makes the programs of others that tests and measurements compare with.
package tools

import (
	"fmt"
	"os"
	"path/filepath"
)

// CacheDir is the folder that outlives rehearsals and measurements: ARCHWAY_CACHE, or archway in
// the user's cache folder.
func CacheDir() (string, error) {
	if dir := os.Getenv("ARCHWAY_CACHE"); dir != "" {
		return filepath.Abs(dir)
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find the user's cache folder: %w; set ARCHWAY_CACHE to a folder that may be kept", err)
	}
	return filepath.Join(dir, "archway"), nil
}

package tools

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// CraneVersion is that of go-containerregistry in go.mod.
const CraneVersion = "v0.22.1"

// Crane gives the path of crane, and builds it first if it isn't in the cache.
func Crane(ctx context.Context) (string, error) {
	cache, err := CacheDir()
	if err != nil {
		return "", err
	}
	folder := filepath.Join(cache, "tools", "crane-"+CraneVersion)
	crane := filepath.Join(folder, "crane")
	if _, err := os.Stat(crane); err == nil {
		return crane, nil
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return "", err
	}
	// A folder of its own, so that nobody finds half a program.
	bin, err := os.MkdirTemp(folder, "build-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(bin)
	c := exec.CommandContext(ctx, "go", "install", "github.com/google/go-containerregistry/cmd/crane@"+CraneVersion)
	c.Dir, c.Env = os.TempDir(), append(os.Environ(), "GOBIN="+bin, "GOFLAGS=")
	if said, err := c.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build crane %s: %w\n%s", CraneVersion, err, said)
	}
	return crane, os.Rename(filepath.Join(bin, "crane"), crane)
}

package rehearsal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// copyWorkingCopy copies what a commit of everything in a working copy would hold: the files that
// git knows, as they lie there now, and new ones that it does not ignore. A folder that is in no
// working copy is copied whole.
func copyWorkingCopy(ctx context.Context, from, to string) error {
	names, err := workingFiles(ctx, from)
	if err != nil {
		return err
	}
	if len(names) == 0 {
		return fmt.Errorf("%s has no files that a commit would hold: does .gitignore leave all of them out?", from)
	}
	for _, name := range names {
		if err := copyFile(filepath.Join(from, name), filepath.Join(to, name)); err != nil {
			return err
		}
	}
	return nil
}

// workingFiles are the names of the files, relative to the folder.
func workingFiles(ctx context.Context, dir string) ([]string, error) {
	// As root of a folder of somebody else's, git would refuse; and no program that the folder's
	// own configuration names is to run.
	c := exec.CommandContext(ctx, "git", "-c", "safe.directory=*", "-c", "core.fsmonitor=false", "-C", dir,
		"ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate")
	var problem bytes.Buffer
	c.Stderr = &problem
	out, err := c.Output()
	if err == nil {
		return strings.FieldsFunc(string(out), func(r rune) bool { return r == 0 }), nil
	}
	if !strings.Contains(problem.String(), "not a git repository") {
		return nil, fmt.Errorf("which files lie in the working copy %s: git ls-files: %w: %s", dir, err,
			strings.TrimSpace(problem.String()))
	}
	var names []string
	err = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		names = append(names, name)
		return err
	})
	return names, err
}

// copyFile copies a regular file or a symbolic link. A file that was deleted, and not committed, is
// not there any more; a submodule is a folder, whose files no source action brings.
func copyFile(from, to string) error {
	info, err := os.Lstat(from)
	switch {
	case errors.Is(err, fs.ErrNotExist), err == nil && info.IsDir():
		return nil
	case err != nil:
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	if info.Mode()&fs.ModeSymlink != 0 {
		target, err := os.Readlink(from)
		if err != nil {
			return err
		}
		return os.Symlink(target, to)
	}
	if !info.Mode().IsRegular() {
		return nil // a socket, a pipe: git leaves them out as well
	}
	content, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, content, info.Mode().Perm())
}

// Package gomodule finds the Go module that has a package: a clone, a folder that go.mod replaces
// the module with, or the module cache.
package gomodule

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// Package is a package, and where its module is.
type Package struct {
	// ImportPath is the package's full name.
	ImportPath string
	// Dir is the topmost folder of its module, that of go.mod. In the module cache nobody may write
	// there.
	Dir string
}

// ErrNoGo means that there is no go command.
var ErrNoGo = errors.New("the go command is not on PATH: install Go, or add its bin folder to PATH")

// errUnknown is what somebody reads who has built the app, and runs it elsewhere.
var errUnknown = errors.New("no go.mod here knows this package, and it is compiled from source: " +
	"run in a folder whose go.mod requires the package's module, such as one that make init writes")

// Find asks the go command for the module of a package, by an import path, or a path that begins
// with "./" and is relative to dir. dir is a folder inside of a module that knows the package; ""
// is the working directory.
func Find(ctx context.Context, dir, name string) (Package, error) {
	// Without the commit, for which Git would have to trust a clone that is somebody else's.
	cmd := exec.CommandContext(ctx, "go", "list", "-find", "-buildvcs=false",
		"-f", "{{.ImportPath}}\n{{with .Module}}{{.Dir}}{{end}}", "--", name)
	cmd.Dir = dir
	cmd.Env = environment()
	var problems bytes.Buffer
	cmd.Stderr = &problems
	out, err := cmd.Output()
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return Package{}, ErrNoGo
	case ctx.Err() != nil:
		return Package{}, context.Cause(ctx)
	case err != nil && unknown(problems.String()):
		return Package{}, errUnknown
	case err != nil:
		return Package{}, fmt.Errorf("go list: %w:\n%s", err, bytes.TrimSpace(problems.Bytes()))
	}
	path, folder, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	if folder == "" {
		return Package{}, fmt.Errorf("%s is part of no module that has a folder: name a package of a module", path)
	}
	return Package{ImportPath: path, Dir: folder}, nil
}

// environment is where the user's module is looked for as the user has set it, a workspace too, but
// for what is about compiling.
func environment() []string {
	env := append(os.Environ(),
		// Also instead of what "go env -w" has set; and no vendor folder, which has no go.mod.
		"GOFLAGS=-mod=readonly",
		"GOOS=linux", "GOARCH=arm64", "CGO_ENABLED=0",
	)
	if file := os.Getenv("GOWORK"); file != "" {
		if _, err := os.Stat(file); err != nil {
			env = append(env, "GOWORK=off")
		}
	}
	return env
}

// unknown reports whether the go command says that no module here has the package.
func unknown(said string) bool {
	for _, reason := range []string{
		"is not in std", // a path without a dot in its first element is looked for there
		"no required module provides package",
		"cannot find module providing package",
		"go.mod file not found",
		"cannot find main module",
		"outside main module or its selected dependencies",
	} {
		if strings.Contains(said, reason) {
			return true
		}
	}
	return false
}

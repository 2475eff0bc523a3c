// Package lambdaruntime runs functions' programs behind Lambda's runtime API.
package lambdaruntime

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"archway/internal/gomodule"
	"archway/test/internal/assembly"
)

// Function is a function as a template declares it.
type Function struct {
	Name        string
	ARN         string
	RoleARN     string
	Handler     string
	Timeout     time.Duration
	MemoryMB    int
	Environment map[string]string
	// JSONLogs tells that the function's log format is JSON, LogLevel from which level on
	// the function logs; empty for the default.
	JSONLogs bool
	LogLevel string
	// LogGroup is where Lambda writes the function's log.
	LogGroup string
	// Retries is how often an asynchronous invocation is repeated after an error.
	Retries int
	// DeadLetters is the ARN of the queue for what failed in all attempts.
	DeadLetters string
	// Package is the Go import path that the function is built from, Tags its
	// build tags.
	Package string
	Tags    string
	// Code is the package that is deployed, with the program and the files beside it.
	Code assembly.Asset
	// Program is the built program. Its folder is what the function knows as LAMBDA_TASK_ROOT.
	Program string
}

// Build puts the function's program for this machine into a folder of the function's own, from the
// module that has its package, which that of moduleDir knows. "go run" keeps the programs that it
// links in Go's cache, by their content, and "go build" links each time: of the same source only
// the first rehearsal links anything, which takes about a second a function.
func (f *Function) Build(ctx context.Context, moduleDir, dir string) error {
	f.Program = filepath.Join(dir, f.Handler)
	arguments := []string{"run", "-trimpath", "-buildvcs=false", "-exec", "cp"}
	if f.Tags != "" {
		arguments = append(arguments, "-tags", f.Tags)
	}
	found, err := gomodule.Find(ctx, moduleDir, f.Package)
	if err != nil {
		return fmt.Errorf("function %s: %s: %w", f.Name, f.Package, err)
	}
	c := exec.CommandContext(ctx, "go", append(arguments, found.ImportPath, f.Program)...)
	c.Dir = found.Dir
	c.Env = append(os.Environ(), "GOWORK=off", "GOOS=linux", "GOARCH="+runtime.GOARCH, "CGO_ENABLED=0")
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("function %s: go build %s: %w\n%s", f.Name, f.Package, err, strings.TrimSpace(string(out)))
	}
	return nil
}

// without is a file system, but for one entry of its topmost folder.
type without struct {
	fs.FS
	entry string
}

// ReadDir implements fs.ReadDirFS.
func (w without) ReadDir(name string) ([]fs.DirEntry, error) {
	all, err := fs.ReadDir(w.FS, name)
	return slices.DeleteFunc(all, func(e fs.DirEntry) bool { return name == "." && e.Name() == w.entry }), err
}

// Unpack makes the folder of the function's code, as Lambda does, but with a program for this
// machine in place of the one in the code.
func (f *Function) Unpack(program, dir string) error {
	code, done, err := f.Code.Open()
	if err != nil {
		return fmt.Errorf("function %s: %w", f.Name, err)
	}
	defer done()
	if _, err := os.Stat(filepath.Join(code, f.Handler)); err != nil {
		return fmt.Errorf("function %s: its code has no program %s: %w", f.Name, f.Handler, err)
	}
	if err := os.CopyFS(dir, without{os.DirFS(code), f.Handler}); err != nil {
		return fmt.Errorf("function %s: %w", f.Name, err)
	}
	f.Program = filepath.Join(dir, f.Handler)
	if err := os.Link(program, f.Program); err != nil {
		return fmt.Errorf("function %s: %w", f.Name, err)
	}
	return nil
}

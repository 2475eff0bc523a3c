// Package base synthesizes what is to be compared: the app of a folder as it is, or as it was in a
// git revision.
package base

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
	"syscall"
	"time"
)

// Revision is a commit of a repository.
type Revision struct {
	// Name is what was asked for, Commit its id, shortened, and Subject its message's first line.
	Name, Commit, Subject string
}

// Find finds a revision of the repository that a folder is in.
func Find(ctx context.Context, folder, name string) (Revision, error) {
	if strings.HasPrefix(name, "-") {
		return Revision{}, fmt.Errorf("got the revision %q, expected a branch, tag or commit", name)
	}
	if _, err := git(ctx, folder, "rev-parse", "--show-toplevel"); err != nil {
		return Revision{}, fmt.Errorf("%s is in no git repository that can be read: %w; "+
			"name the folder of a cloud assembly as the base, which cdk synth --output writes", folder, err)
	}
	out, err := git(ctx, folder, "log", "-1", "--format=%h %s", name+"^{commit}", "--")
	if err != nil {
		return Revision{}, fmt.Errorf("%s has no revision %q: name a branch, tag or commit, "+
			"or the folder of a cloud assembly; a clone of CI may have to fetch it first: git fetch origin %[2]s",
			folder, name)
	}
	commit, subject, _ := strings.Cut(out, " ")
	return Revision{name, commit, subject}, nil
}

// Synthesize synthesizes the app of a folder as it was in a revision into out. It takes the
// revision's own go.mod, and so the Archway that it was made with. A replacement by a folder
// outside of the repository is that folder as it was in the commit that the line names, as make
// init writes it; without one, or if the folder doesn't have it, as it is now. A seed out there is
// taken as it is now.
func (r Revision) Synthesize(ctx context.Context, folder, out string) (err error) {
	prefix, err := git(ctx, folder, "rev-parse", "--show-prefix")
	if err != nil {
		return err
	}
	top, err := git(ctx, folder, "rev-parse", "--show-toplevel")
	if err != nil {
		return err
	}
	parent, err := os.MkdirTemp("", "archway-diff-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(parent)) }()
	tree := filepath.Join(parent, filepath.Base(top))
	remove, err := checkOut(ctx, top, r.Commit, tree)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, remove()) }()
	app := filepath.Join(tree, filepath.FromSlash(prefix))
	if _, err := os.Stat(filepath.Join(app, appFile)); err != nil {
		return fmt.Errorf("%s (%s) has no %s, so that there is nothing to compare with: name a revision that has one",
			r.Name, r.Commit, prefix+appFile)
	}
	was := filepath.Join(top, filepath.FromSlash(prefix))
	if err := seeds(app, was, tree); err != nil {
		return err
	}
	done, err := replacements(ctx, app, was, tree, parent)
	defer func() { err = errors.Join(err, done()) }()
	if err != nil {
		return err
	}
	if err := Synthesize(ctx, app, folder, out); err != nil {
		return fmt.Errorf("%s (%s): %w", r.Name, r.Commit, err)
	}
	return nil
}

const appFile = "cdk.json"

// Synthesize runs the CDK's command line in a folder that has a cdk.json; tools is the folder above
// which node_modules lies, with the pinned command line and Node.js.
func Synthesize(ctx context.Context, app, tools, out string) error {
	if _, err := os.Stat(filepath.Join(app, appFile)); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s has no %s: run this in the folder of the app, or name the folder", app, appFile)
	}
	path, node := programs(tools)
	c := exec.CommandContext(ctx, "cdk", "synth", "--no-notices", "--quiet", "--output", out)
	// Its checks of the template change nothing in it, and take most of its time.
	c.Env = append(os.Environ(), "PATH="+path, "CDK_VALIDATION=false", "CDK_DISABLE_CLI_TELEMETRY=true")
	if node != "" {
		c.Env = append(c.Env, "JSII_NODE="+node)
	}
	c.Path = look("cdk", path)
	if c.Path == "" {
		return errors.New("the CDK's command line is not installed: run npm ci, or make synth, which does")
	}
	c.Err, c.Dir = nil, app
	return finish(ctx, c, "synthesizing "+app)
}

// programs are PATH with node_modules/.bin first, and the pinned Node.js; empty if there is none.
func programs(folder string) (path, node string) {
	path = os.Getenv("PATH")
	at, err := filepath.Abs(folder)
	for err == nil {
		bin := filepath.Join(at, "node_modules", ".bin")
		if info, err := os.Stat(bin); err == nil && info.IsDir() {
			if found := look("node", bin); found != "" {
				node = found
			}
			return bin + string(os.PathListSeparator) + path, node
		}
		if filepath.Dir(at) == at {
			break
		}
		at = filepath.Dir(at)
	}
	return path, ""
}

// look finds a program in a search path.
func look(name, path string) string {
	for _, dir := range filepath.SplitList(path) {
		file := filepath.Join(dir, name)
		if info, err := os.Stat(file); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
			return file
		}
	}
	return ""
}

func git(ctx context.Context, folder string, arguments ...string) (string, error) {
	return run(ctx, folder, "git", arguments...)
}

// run gives what a program prints, without its last line end.
func run(ctx context.Context, folder, name string, arguments ...string) (string, error) {
	c := exec.CommandContext(ctx, name, arguments...)
	c.Dir = folder
	var out bytes.Buffer
	c.Stdout = &out
	err := finish(ctx, c, name+" "+strings.Join(arguments, " "))
	return strings.TrimSuffix(out.String(), "\n"), err
}

// finish runs a command to its end; what it says goes into the error.
func finish(ctx context.Context, c *exec.Cmd, what string) error {
	var said bytes.Buffer
	c.Stderr = &said
	if c.Stdout == nil {
		c.Stdout = &said
	}
	// It starts programs of its own, which end with it.
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	c.Cancel = func() error { return syscall.Kill(-c.Process.Pid, syscall.SIGTERM) }
	c.WaitDelay = 5 * time.Second
	err := c.Run()
	switch {
	case err != nil && ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil && said.Len() == 0:
		return fmt.Errorf("%s: %w", what, err)
	case err != nil:
		return fmt.Errorf("%s failed:\n%s", what, strings.TrimSpace(said.String()))
	}
	return nil
}

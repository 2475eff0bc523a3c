package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"golang.org/x/mod/modfile"

	"archway/internal/gomodule"
)

// source is where Archway comes from.
type source struct {
	// Dir is the folder with its files.
	Dir string
	// Replace is what stands behind "replace archway =>" in go.mod.
	Replace string
	// Fork reports whether that is a module at a version, and no folder.
	Fork bool
	// Go and Toolchain are the releases of its go.mod.
	Go, Toolchain string
}

// clone is the Archway that this program is of, seen from a folder.
func clone(ctx context.Context, from string) (source, error) {
	found, err := gomodule.Find(ctx, "", "archway/init")
	if err != nil {
		return source{}, err
	}
	return folder(ctx, found.Dir, from)
}

// folder is an Archway in a folder.
func folder(ctx context.Context, dir, from string) (source, error) {
	relative, err := filepath.Rel(from, dir)
	if err != nil {
		return source{}, err
	}
	replace := filepath.ToSlash(relative)
	if !strings.HasPrefix(replace, ".") {
		replace = "./" + replace
	}
	if commit := git(ctx, dir, "rev-parse", "HEAD"); commit != "" {
		replace += " // commit " + commit
		if git(ctx, dir, "status", "--porcelain") != "" {
			replace += ", with changes"
		}
	}
	s := source{Dir: dir, Replace: replace}
	return s, s.readReleases()
}

// fork fetches a version of a module, such as github.com/acme/archway@v0.1.0, into the module
// cache.
func fork(ctx context.Context, module string) (source, error) {
	path, version, ok := strings.Cut(module, "@")
	if !ok || path == "" || version == "" {
		return source{}, errUsage{fmt.Errorf("FORK is %q, expected a module and a version, such as "+
			"github.com/acme/archway@v0.1.0", module)}
	}
	var got struct{ Version, Dir, Error string }
	out, err := run(ctx, os.TempDir(), "go", "mod", "download", "-json", module)
	if json.Unmarshal([]byte(out), &got) == nil && got.Error != "" {
		err = fmt.Errorf("%s", got.Error)
	}
	if err != nil {
		return source{}, fmt.Errorf("%s can't be fetched; is it published, and GOPRIVATE set if it is not public? %w",
			module, err)
	}
	s := source{Dir: got.Dir, Replace: path + " " + got.Version, Fork: true}
	return s, s.readReleases()
}

func (s *source) readReleases() error {
	file, err := readModule(filepath.Join(s.Dir, "go.mod"))
	if err != nil {
		return err
	}
	if file.Module.Mod.Path != "archway" || file.Go == nil || file.Toolchain == nil {
		return fmt.Errorf("%s is no Archway: its go.mod is of the module %s", s.Dir, file.Module.Mod.Path)
	}
	s.Go, s.Toolchain = file.Go.Version, file.Toolchain.Name
	return nil
}

func readModule(path string) (*modfile.File, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	file, err := modfile.Parse(path, text, nil)
	if err == nil && file.Module == nil {
		err = fmt.Errorf("%s names no module", path)
	}
	return file, err
}

// remote is where a folder was cloned from, without anybody's credentials; "" if nobody knows.
func remote(ctx context.Context, dir string) string {
	text := git(ctx, dir, "remote", "get-url", "origin")
	address, err := url.Parse(text)
	if err != nil || address.Host == "" {
		if strings.HasPrefix(text, "git@") { // git@github.com:acme/archway.git is no URL
			return text
		}
		return ""
	}
	address.User = nil
	return address.String()
}

// git is what a git command prints; "" if it fails, as outside of repositories.
func git(ctx context.Context, dir string, arguments ...string) string {
	out, err := run(ctx, dir, "git", arguments...)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(out)
}

// run starts a program in a folder.
func run(ctx context.Context, dir, name string, arguments ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, arguments...)
	cmd.Dir = dir
	var out, problems bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &problems
	// The module in dir, and no workspace around it, decides; what its go.mod lacks is added.
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=mod")
	if err := cmd.Run(); err != nil {
		return out.String(), fmt.Errorf("%s %s: %w\n%s%s", name, strings.Join(arguments, " "), err,
			problems.String(), out.String())
	}
	return out.String(), nil
}

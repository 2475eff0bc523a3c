package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
)

// module is the name by which go.mod knows Archway, a fork too.
const module = "archway"

// give brings what belongs to a version of Archway up to it: in go.mod and go.sum the modules that
// it needs, the pins of npm's packages, and the schema. If that fails, go.mod and go.sum are as
// before.
func (s *source) give(ctx context.Context, dir string, fresh bool) (err error) {
	before := map[string][]byte{}
	for _, name := range []string{"go.mod", "go.sum"} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		before[name] = text
	}
	defer func() {
		if err != nil && !fresh {
			for name, text := range before {
				err = errors.Join(err, os.WriteFile(filepath.Join(dir, name), text, 0o644))
			}
		}
	}()
	if err := s.require(dir, before["go.mod"]); err != nil {
		return err
	}
	sums, err := os.ReadFile(filepath.Join(s.Dir, "go.sum"))
	if err != nil {
		return err
	}
	// All that Archway needs is known by its hash already, so that nothing is looked up.
	if err := write(dir, "go.sum", union(before["go.sum"], sums)); err != nil {
		return err
	}
	if _, err := run(ctx, dir, "go", "mod", "tidy"); err != nil {
		return err
	}
	for from, to := range map[string]string{"config/cdk.schema.json": "cdk.schema.json", ".npmrc": ".npmrc"} {
		text, err := os.ReadFile(filepath.Join(s.Dir, from))
		if err != nil {
			return err
		}
		if err := write(dir, to, text); err != nil {
			return err
		}
	}
	return s.pin(dir)
}

// require writes the line that names Archway, and the Go releases that it wants at least.
func (s *source) require(dir string, text []byte) error {
	file, err := modfile.Parse("go.mod", text, nil)
	if err != nil {
		return err
	}
	if err := errors.Join(file.AddGoStmt(s.Go), file.AddToolchainStmt(s.Toolchain)); err != nil {
		return err
	}
	for _, tool := range tools {
		if err := file.AddTool(tool); err != nil {
			return err
		}
	}
	text, err = file.Format()
	if err != nil {
		return err
	}
	var out bytes.Buffer
	for line := range strings.Lines(string(text)) {
		if before, _, found := strings.Cut(line, "=>"); found &&
			strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(before), "replace ")) == module {
			line = before + "=> " + s.Replace + "\n"
		}
		out.WriteString(line)
	}
	return write(dir, "go.mod", out.Bytes())
}

// tools are the programs for repositories that use Archway.
var tools = []string{
	module, module + "/init", module + "/lambda/validate", module + "/test/cost", module + "/test/diff",
	module + "/test/picture", module + "/test/rehearse", module + "/test/summary",
}

// union is the lines of both, each once.
func union(a, b []byte) []byte {
	lines := map[string]bool{}
	for line := range strings.Lines(string(a) + "\n" + string(b)) {
		if line = strings.TrimRight(line, "\n"); line != "" {
			lines[line] = true
		}
	}
	return []byte(strings.Join(slices.Sorted(maps.Keys(lines)), "\n") + "\n")
}

// pin writes the releases of Node.js and of the CDK's command line into package.json, beside what
// else is there, and takes Archway's lock as long as nothing else is.
func (s *source) pin(dir string) error {
	var ours, theirs map[string]any
	text, err := os.ReadFile(filepath.Join(s.Dir, "package.json"))
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, &ours); err != nil {
		return err
	}
	switch text, err := os.ReadFile(filepath.Join(dir, "package.json")); {
	case errors.Is(err, fs.ErrNotExist):
		theirs = map[string]any{"private": true, "description": ours["description"]}
	case err != nil:
		return err
	default:
		if err := json.Unmarshal(text, &theirs); err != nil {
			return fmt.Errorf("package.json: %w", err)
		}
	}
	alone := true
	for _, kind := range []string{"dependencies", "devDependencies", "optionalDependencies"} {
		pins, _ := ours[kind].(map[string]any)
		has, _ := theirs[kind].(map[string]any)
		if has == nil {
			has = map[string]any{}
		}
		maps.Copy(has, pins)
		alone = alone && len(has) == len(pins)
		if len(has) > 0 {
			theirs[kind] = has
		}
	}
	text, err = json.MarshalIndent(theirs, "", "  ")
	if err != nil {
		return err
	}
	if err := write(dir, "package.json", append(text, '\n')); err != nil {
		return err
	}
	if !alone {
		return nil // npm ci says that the lock is behind, and npm install renews it
	}
	lock, err := os.ReadFile(filepath.Join(s.Dir, "package-lock.json"))
	if err != nil {
		return err
	}
	return write(dir, "package-lock.json", lock)
}

// upgraded takes another Archway in a repository: the clone as it is now, or a fork's version.
func upgraded(ctx context.Context, dir, version string, out io.Writer) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	file, err := readModule(filepath.Join(dir, "go.mod"))
	if err != nil {
		return errUsage{fmt.Errorf("this folder uses no Archway: run in one that make init has written (%w)", err)}
	}
	at := slices.IndexFunc(file.Replace, func(r *modfile.Replace) bool { return r.Old.Path == module })
	if at < 0 {
		return errUsage{fmt.Errorf("go.mod has no line \"replace %s => …\": run in a folder that make init has written",
			module)}
	}
	now := file.Replace[at].New
	var archway source
	switch {
	case now.Version == "" && version != "":
		return errUsage{fmt.Errorf("VERSION is %s, but go.mod takes Archway from the folder %s: "+
			"check that version out there, and run make upgrade without VERSION", version, now.Path)}
	case now.Version == "":
		path := filepath.FromSlash(now.Path)
		if !filepath.IsAbs(path) {
			path = filepath.Join(dir, path)
		}
		archway, err = folder(ctx, path, dir)
	case version == "":
		return errUsage{fmt.Errorf("VERSION is missing: name the new one of %s, "+
			"such as make upgrade VERSION=v0.2.0 (now: %s)", now.Path, now.Version)}
	default:
		archway, err = fork(ctx, now.Path+"@"+version)
	}
	if err != nil {
		return err
	}
	if err := archway.give(ctx, dir, false); err != nil {
		return err
	}
	fmt.Fprintf(out, "go.mod: %s => %s\n", module, archway.Replace)
	return nil
}

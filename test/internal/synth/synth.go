// Package synth runs a CDK app as the CDK's command line does, without an
// account and without credentials.
package synth

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// settings is the part of cdk.json that counts here.
type settings struct {
	App     string         `json:"app"`
	Context map[string]any `json:"context"`
}

// Run synthesizes the app of a cdk.json into outDir, a folder that exists. What
// the app prints is in the error if it fails.
func Run(ctx context.Context, cdkJSON, outDir string) error {
	dir := filepath.Dir(cdkJSON)
	var s settings
	if err := readJSON(cdkJSON, &s); err != nil {
		return err
	}
	if s.App == "" {
		return fmt.Errorf("%s: \"app\" is missing: it is the command that synthesizes", cdkJSON)
	}
	values, err := contextOf(dir, s)
	if err != nil {
		return err
	}
	outDir, err = filepath.Abs(outDir)
	if err != nil {
		return err
	}
	// What an app leaves that is ended in the middle (Go's and the CDK's temporary folders) goes
	// with this one.
	temporary, err := os.MkdirTemp("", "archway-synth-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temporary)
	var output bytes.Buffer
	c := exec.CommandContext(ctx, "/bin/sh", "-c", s.App)
	c.Dir = dir
	c.Env = append(os.Environ(),
		"CDK_OUTDIR="+outDir,
		"CDK_CONTEXT_JSON="+values,
		"PATH="+searchPath(dir),
		"TMPDIR="+temporary,
	)
	c.Stdout, c.Stderr = &output, &output
	// The app starts programs of its own (Go's, Node); all of them end with it.
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	c.Cancel = func() error { return syscall.Kill(-c.Process.Pid, syscall.SIGTERM) }
	c.WaitDelay = 5 * time.Second
	err = c.Run()
	switch {
	case err != nil && ctx.Err() != nil:
		if c.Process != nil {
			_ = syscall.Kill(-c.Process.Pid,
				syscall.SIGKILL) // those that had more to do than to end; nothing if there are none
		}
		return context.Cause(ctx)
	case err != nil && output.Len() == 0:
		return fmt.Errorf("%s: the app %q failed, and said nothing: %w", cdkJSON, s.App, err)
	case err != nil:
		return fmt.Errorf("%s: the app %q failed: %w\n%s", cdkJSON, s.App, err, strings.TrimSpace(output.String()))
	}
	return nil
}

// contextOf is the context as the command line hands it over: that of cdk.json,
// what cdk.context.json remembers, and what the command line itself adds.
func contextOf(dir string, s settings) (string, error) {
	all := map[string]any{
		"aws:cdk:enable-path-metadata":  true,
		"aws:cdk:enable-asset-metadata": true,
		"aws:cdk:version-reporting":     false,
		"aws:cdk:bundling-stacks":       []string{"**"},
	}
	remembered := map[string]any{}
	if err := readJSON(filepath.Join(dir, "cdk.context.json"), &remembered); err != nil &&
		!errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	maps.Copy(all, remembered)
	maps.Copy(all, s.Context)
	text, err := json.Marshal(all)
	return string(text), err
}

// searchPath puts the programs of node_modules first, as npx does: among them is
// the pinned Node.js.
func searchPath(dir string) string {
	path := os.Getenv("PATH")
	absolute, err := filepath.Abs(dir)
	if err != nil {
		return path
	}
	for {
		bin := filepath.Join(absolute, "node_modules", ".bin")
		if info, err := os.Stat(bin); err == nil && info.IsDir() {
			return bin + string(os.PathListSeparator) + path
		}
		parent := filepath.Dir(absolute)
		if parent == absolute {
			return path
		}
		absolute = parent
	}
}

func readJSON(path string, v any) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(content, v); err != nil {
		return fmt.Errorf("%s holds no such JSON as a CDK app's: %w", path, err)
	}
	return nil
}

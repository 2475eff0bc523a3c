package rehearsal

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"archway/internal/gomodule"
)

// findCLI starts to put an aws program into a folder of its own. What it returns
// waits for the folder.
func (r *Rehearsal) findCLI(ctx context.Context) func() (string, error) {
	return background(func() (string, error) {
		bin, err := r.folder("bin")
		if err != nil {
			return "", err
		}
		install := installCLI
		if r.options.StandInCLI {
			install = buildCLI
		}
		return bin, install(ctx, bin, r.options.ModuleDir)
	})
}

// installCLI puts an aws program into bin: the machine's own, or a stand-in.
func installCLI(ctx context.Context, bin, moduleDir string) error {
	if real, err := exec.LookPath("aws"); err == nil && knowsEndpoints(ctx, real) {
		// The CLI may be installed below the home folder (pyenv, pipx) and find
		// its parts there; a build has a home of its own.
		script := fmt.Sprintf("#!/bin/sh\nHOME=%s PATH=%s exec %s \"$@\"\n", quote(os.Getenv("HOME")),
			quote(os.Getenv("PATH")), quote(real))
		return os.WriteFile(filepath.Join(bin, "aws"), []byte(script), 0o755)
	}
	return buildCLI(ctx, bin, moduleDir)
}

// buildCLI puts the stand-in into bin.
func buildCLI(ctx context.Context, bin, moduleDir string) error {
	found, err := gomodule.Find(ctx, moduleDir, "archway/test/rehearse/internal/aws/awscli")
	if err != nil {
		return fmt.Errorf("the stand-in for the AWS CLI: %w", err)
	}
	// See Function.Build.
	c := exec.CommandContext(ctx, "go", "run", "-buildvcs=false", "-exec", "cp", found.ImportPath,
		filepath.Join(bin, "aws"))
	c.Dir, c.Env = found.Dir, append(os.Environ(), "GOWORK=off")
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("building the stand-in for the AWS CLI: %w\n%s", err, strings.TrimSpace(string(out)))
	}
	return nil
}

var cliVersion = regexp.MustCompile(`^aws-cli/(\d+)\.(\d+)\.`)

// knowsEndpoints reports whether this CLI obeys AWS_ENDPOINT_URL, as it does since
// 1.29 and 2.13. An older one would turn to AWS itself.
func knowsEndpoints(ctx context.Context, program string) bool {
	out, err := exec.CommandContext(ctx, program, "--version").CombinedOutput()
	m := cliVersion.FindStringSubmatch(string(out))
	if err != nil || m == nil {
		return false
	}
	major, _ := strconv.Atoi(m[1])
	minor, _ := strconv.Atoi(m[2])
	return major > 2 || major == 2 && minor >= 13 || major == 1 && minor >= 29
}

func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

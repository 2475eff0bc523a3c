// Package gobuild compiles a Go package for AWS Lambda so that the same source gives the same bytes
// on any machine.
//
// The hash of these bytes names the asset in the template: if it depended on the machine, two
// people would deploy different templates from one commit.
package gobuild

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"archway/internal/gomodule"

	"golang.org/x/mod/modfile"
)

// Package compiles the main package with the given import path for Lambda's provided.al2023 on
// Graviton, and returns the program. dir is a folder inside a module that knows the import path; ""
// is the working directory.
//
// It is compiled in its own module, with that one's go.mod and toolchain, whoever imports it: in
// another module the other's choice of dependencies, and the path of a "replace", would get into
// the bytes.
func Package(ctx context.Context, dir, importPath string) ([]byte, error) {
	found, err := gomodule.Find(ctx, dir, importPath)
	if err != nil {
		return nil, fmt.Errorf("building %s: %w", importPath, err)
	}
	env, err := environment(ctx, found.Dir)
	if err != nil {
		return nil, fmt.Errorf("building %s: %w", importPath, err)
	}
	tmp, err := os.MkdirTemp("", "archway-build-")
	if err != nil {
		return nil, fmt.Errorf("building %s: %w", importPath, err)
	}
	defer os.RemoveAll(tmp)

	program := filepath.Join(tmp, "bootstrap")
	cmd := exec.CommandContext(ctx, "go", "build",
		"-trimpath",       // no folder names of this machine
		"-buildvcs=false", // no commit, no "dirty": the source decides, not the clone
		"-ldflags", "-s -w -buildid=",
		"-tags", "lambda.norpc", // provided.al2023 never speaks the RPC of the retired go1.x runtime
		"-o", program, "--", found.ImportPath)
	cmd.Dir = found.Dir
	cmd.Env = env
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) } // go then removes its own temporary files
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("building %s for linux/arm64: %w", importPath, failure(err, out))
	}
	return os.ReadFile(program)
}

// goEnv is what a person may have set with "go env -w" or in the environment, and what may stay:
// where modules and caches are, never what the compiler does.
type goEnv struct {
	GOAUTH, GOCACHE, GOINSECURE, GOMODCACHE, GONOPROXY, GONOSUMDB, GOPATH, GOPRIVATE, GOPROXY, GOSUMDB, GOVCS string
}

// environment is the environment of a build in the topmost folder of a module: everything of Go's
// that changes the bytes is fixed.
func environment(ctx context.Context, dir string) ([]string, error) {
	cmd := exec.CommandContext(ctx, "go", "env", "-json")
	cmd.Dir = dir
	out, err := cmd.Output()
	if err != nil {
		return nil, failure(err, nil)
	}
	var user goEnv
	if err := json.Unmarshal(out, &user); err != nil {
		return nil, fmt.Errorf("reading the output of go env -json: %w", err)
	}
	toolchain, err := toolchain(filepath.Join(dir, "go.mod"))
	if err != nil {
		return nil, err
	}
	env := slices.DeleteFunc(os.Environ(), func(kv string) bool {
		return strings.HasPrefix(kv, "GO") || strings.HasPrefix(kv, "CGO_")
	})
	env = append(env,
		"GOENV=off", // an empty variable would fall back to the file of "go env -w"
		"GOTOOLCHAIN="+toolchain,
		"GOWORK=off",
		"GOOS=linux", "GOARCH=arm64", "GOARM64=v8.0", // v8.0 runs on every Graviton
		"CGO_ENABLED=0",
	)
	for _, kv := range [][2]string{
		{"GOAUTH", user.GOAUTH}, {"GOCACHE", user.GOCACHE}, {"GOINSECURE", user.GOINSECURE},
		{"GOMODCACHE", user.GOMODCACHE},
		{"GONOPROXY", user.GONOPROXY}, {"GONOSUMDB", user.GONOSUMDB}, {"GOPATH", user.GOPATH},
		{"GOPRIVATE", user.GOPRIVATE},
		{"GOPROXY", user.GOPROXY}, {"GOSUMDB", user.GOSUMDB}, {"GOVCS", user.GOVCS},
	} {
		if kv[1] != "" {
			env = append(env, kv[0]+"="+kv[1])
		}
	}
	return env, nil
}

// toolchain is the Go release that go.mod names. Exactly this one compiles, even where a newer one
// is installed: two releases give two binaries.
func toolchain(gomod string) (string, error) {
	data, err := os.ReadFile(gomod)
	if err != nil {
		return "", err
	}
	file, err := modfile.Parse(gomod, data, nil)
	if err != nil {
		return "", err
	}
	switch {
	case file.Toolchain != nil && file.Toolchain.Name != "default":
		return file.Toolchain.Name, nil
	case file.Go != nil && strings.Count(file.Go.Version, ".") == 2:
		return "go" + file.Go.Version, nil
	}
	return "",
		fmt.Errorf("%s names no exact Go release, so that each machine would build with its own: add a line such as \"toolchain go1.26.8\"",
			gomod)
}

// failure adds what the command said to the error that it ended with.
func failure(err error, output []byte) error {
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) && len(output) == 0 {
		output = exit.Stderr
	}
	if text := bytes.TrimSpace(output); len(text) > 0 {
		return fmt.Errorf("%w:\n%s", err, text)
	}
	return err
}

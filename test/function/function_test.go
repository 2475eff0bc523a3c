// Package function_test shows that the functions' assets depend on their source only: not on the
// machine, the folder, or the settings of whoever synthesizes.
package function_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"archway/test/internal/assembly"

	"github.com/google/go-cmp/cmp"
)

const root = "../.."

// checkout copies what the functions are made of into a new folder, as a clone elsewhere would have
// it.
func checkout(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for _, name := range []string{"go.mod", "go.sum"} {
		copyFile(t, filepath.Join(root, name), filepath.Join(dir, name))
	}
	for _, folder := range []string{"lambda", "internal", "version"} {
		err := filepath.WalkDir(filepath.Join(root, folder), func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			name, err := filepath.Rel(root, path)
			copyFile(t, path, filepath.Join(dir, name))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	data, err := os.ReadFile(from)
	if err = errors.Join(err, os.MkdirAll(filepath.Dir(to), 0o755)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// synthesize runs the app in the folder and returns the bytes of its functions' programs, by the
// names of their assets.
func synthesize(t *testing.T, app, dir string, environment ...string) map[string][]byte {
	t.Helper()
	const context = `{"archway": {"pipelines": [{"name": "app", "images": [{"name": "app"}]}]}}`
	out := filepath.Join(dir, "cdk.out")
	cmd := exec.Command("sh", "-c", `umask "$UMASK"; exec "$APP"`)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "APP="+app, "UMASK=022", "CDK_CONTEXT_JSON="+context, "CDK_OUTDIR="+out,
		"CDK_VALIDATION=false")
	cmd.Env = append(cmd.Env, environment...)
	if log, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, log)
	}
	programs := map[string][]byte{}
	made, err := assembly.Load(out)
	if err != nil {
		t.Fatal(err)
	}
	resources, err := made.Stacks[0].Resources()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range resources {
		if r.Type != "AWS::Lambda::Function" {
			continue
		}
		code, _ := r.Properties["Code"].(map[string]any)
		key, _ := code["S3Key"].(string)
		asset, err := made.Stacks[0].Asset(key)
		if err != nil {
			t.Fatal(err)
		}
		name, path := strings.TrimSuffix(key, ".zip"), filepath.Join(asset.Path, "bootstrap")
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o755 {
			t.Errorf("the mode of %s is %s", path, info.Mode())
		}
		if programs[name], err = os.ReadFile(path); err != nil {
			t.Fatal(err)
		}
	}
	return programs
}

func TestAssetsDependOnTheSourceOnly(t *testing.T) {
	app := filepath.Join(t.TempDir(), "archway")
	if out, err := exec.Command("go", "run", "-exec", "cp", "archway", app).CombinedOutput(); err != nil {
		t.Fatalf("building the app: %v\n%s", err, out)
	}
	here := synthesize(t, app, checkout(t))
	elsewhere := synthesize(t, app, checkout(t),
		"UMASK=077",
		"GOFLAGS=-gcflags=all=-N -tags=other -buildvcs=true",
		"GOARM64=v9.0,lse",
		"GOEXPERIMENT=nogreenteagc",
		"CGO_ENABLED=1",
		"GOFIPS140=latest",
		"TZ=Asia/Tokyo",
	)
	if len(here) != 2 {
		t.Errorf("there are %d programs, want those of validate and promote", len(here))
	}
	same := cmp.Comparer(bytes.Equal)
	if diff := cmp.Diff(here, elsewhere, same); diff != "" {
		t.Error("the programs, or the names of their assets, differ between two machines")
		for name, program := range here {
			t.Logf("here:      %s, %d bytes", name, len(program))
		}
		for name, program := range elsewhere {
			t.Logf("elsewhere: %s, %d bytes", name, len(program))
		}
	}
}

// The program that people deploy is what they reviewed: a change of the source is a change of the
// asset.
func TestAssetsFollowTheSource(t *testing.T) {
	app := filepath.Join(t.TempDir(), "archway")
	if out, err := exec.Command("go", "run", "-exec", "cp", "archway", app).CombinedOutput(); err != nil {
		t.Fatalf("building the app: %v\n%s", err, out)
	}
	before := synthesize(t, app, checkout(t))
	changed := checkout(t)
	extra := "package main\n\nfunc init() { println(\"changed\") }\n"
	if err := os.WriteFile(filepath.Join(changed, "lambda/promote/changed.go"), []byte(extra), 0o644); err != nil {
		t.Fatal(err)
	}
	after := synthesize(t, app, changed)
	same := 0
	for name := range before {
		if _, found := after[name]; found {
			same++
		}
	}
	if same != 1 {
		t.Errorf("%d of the two assets keep their names after a change of promote, want one", same)
	}
}

package assembly

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"archway/test/internal/archive"
)

func write(t *testing.T, dir string, files map[string]string) string {
	t.Helper()
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const (
	twoStacks = `{"artifacts": {
	  "b": {"type": "aws:cloudformation:stack", "properties": {"templateFile": "b.json"}},
	  "a": {"type": "aws:cloudformation:stack", "properties": {"templateFile": "a.json", "stackName": "named"}, "dependencies": ["assets", "b"]},
	  "assets": {"type": "cdk:asset-manifest", "properties": {"file": "assets.json"}},
	  "report": {"type": "cdk:feature-flag-report"}}}`
	assets = `{"files": {
	  "f": {"source": {"path": "folder", "packaging": "zip"}, "destinations": {"x": {"objectKey": "folder.zip"}}},
	  "z": {"source": {"path": "packed.zip", "packaging": "file"}, "destinations": {"x": {"objectKey": "packed.zip"}}},
	  "t": {"source": {"path": "text", "packaging": "file"}, "destinations": {"x": {"objectKey": "text"}}}}}`
)

func TestLoadReadsStacksWithTheirAssets(t *testing.T) {
	dir := write(t, t.TempDir(), map[string]string{
		"manifest.json": twoStacks, "assets.json": assets, "a.json": "{}", "b.json": "{}", "folder/bin/program": "x",
		"text": "x",
	})
	if err := archive.Pack(filepath.Join(dir, "folder"), filepath.Join(dir, "packed.zip")); err != nil {
		t.Fatal(err)
	}
	a, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(a.Stacks) != 2 || a.Stacks[0].Name != "b" || a.Stacks[1].Name != "named" {
		t.Fatalf("got %+v", a.Stacks)
	}
	for _, key := range []string{"folder.zip", "packed.zip"} {
		asset, err := a.Stacks[1].Asset(key)
		if err != nil {
			t.Fatal(err)
		}
		out := t.TempDir()
		if err := asset.Unpack(out); err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(filepath.Join(out, "bin", "program")); err != nil || info.Mode()&0o100 == 0 {
			t.Errorf("%s: got %v, %v, expected an executable file", key, info, err)
		}
	}
	text, err := a.Stacks[1].Asset("text")
	if err != nil {
		t.Fatal(err)
	}
	if err := text.Unpack(t.TempDir()); err == nil || !strings.Contains(err.Error(), "expected a folder or a .zip") {
		t.Errorf("got %v", err)
	}
	if _, err := a.Stacks[0].Asset("folder.zip"); err == nil {
		t.Error("a stack has the assets of another one")
	}
}

func TestLoadRefuses(t *testing.T) {
	tests := map[string]map[string]string{
		"is not a cloud assembly":   {},
		"no stack":                  {"manifest.json": `{"artifacts": {}}`},
		`type "cdk:cloud-assembly"`: {"manifest.json": `{"artifacts": {"s": {"type": "cdk:cloud-assembly"}}}`},
		"manifest.json":             {"manifest.json": `{`},
		"a.json":                    {"manifest.json": `{"artifacts": {"a": {"type": "aws:cloudformation:stack", "properties": {"templateFile": "a.json"}}}}`},
		"dockerImages.i": {"manifest.json": twoStacks, "a.json": "{}", "b.json": "{}",
			"assets.json": `{"dockerImages": {"i": {}}}`},
		`got "tar", expected "zip"`: {"manifest.json": twoStacks, "a.json": "{}", "b.json": "{}",
			"assets.json": `{"files": {"f": {"source": {"path": "x", "packaging": "tar"}}}}`},
	}
	for want, files := range tests {
		if _, err := Load(write(t, t.TempDir(), files)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, expected %q", err, want)
		}
	}
}

package golden_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"archway/test/golden"
)

// An app that needs no Node.js: it copies an assembly.
const (
	app      = `{"app": "cp -r made/. $CDK_OUTDIR"}`
	manifest = `{"artifacts": {"shop": {"type": "aws:cloudformation:stack", "properties": {"templateFile": "shop.json"}}}}`
	template = `{"Description": "ASSETS", "Resources": {"B": {"Type": "AWS::S3::Bucket"}}}`
)

var (
	first  = strings.Repeat("a", 64)
	second = strings.Repeat("b", 64)
)

// folder is that of an app with one stack.
func folder(t *testing.T, description string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"cdk.json": app, "made/manifest.json": manifest,
		"made/shop.json": strings.Replace(template, "ASSETS", description, 1),
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// What is accepted is what the next run expects; another hash of the same asset is no change.
func TestAccepted(t *testing.T) {
	dir := folder(t, first+" "+second+" "+first+" sha256:"+first)
	templates := filepath.Join(dir, "templates")
	golden.Templates(t, filepath.Join(dir, "cdk.json"), templates, true)
	text, err := os.ReadFile(filepath.Join(templates, "shop.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	want := "Description: ASSET-1 ASSET-2 ASSET-1 sha256:" + first + "\nResources:\n  B:\n    Type: AWS::S3::Bucket\n"
	if string(text) != want {
		t.Errorf("got\n%s\nwant\n%s", text, want)
	}
	again := folder(t, second+" "+first+" "+second+" sha256:"+first)
	golden.Templates(t, filepath.Join(again, "cdk.json"), templates, false)

	old := filepath.Join(templates, "gone.yaml")
	if err := os.WriteFile(old, []byte("Resources: {}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	golden.Templates(t, filepath.Join(dir, "cdk.json"), templates, true)
	if _, err := os.Stat(old); err == nil {
		t.Error("the template of a stack that is no more is still there")
	}
}

// Each of these must fail, with words that help.
func TestRefused(t *testing.T) {
	if dir := os.Getenv("GOLDEN_TEST_DIR"); dir != "" {
		golden.Templates(t, filepath.Join(dir, "cdk.json"), filepath.Join(dir, "templates"), false)
		return
	}
	for _, test := range []struct{ name, file, text, want string }{
		{"another template", "templates/shop.yaml", "Description: x\n", "shop.yaml: the template changes"},
		{"nobody has reviewed it", "other", "", "shop.yaml is not there: nobody has reviewed this stack"},
		{"a stack that is no more", "templates/gone.yaml", "Resources: {}\n", "gone.yaml: the app has no such stack"},
		{"an app that fails", "cdk.json", `{"app": "echo no name >&2; false"}`, "no name"},
	} {
		dir := folder(t, "x")
		path := filepath.Join(dir, test.file)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(test.text), 0o644); err != nil {
			t.Fatal(err)
		}
		again := exec.Command(os.Args[0], "-test.run=^TestRefused$")
		again.Env = append(os.Environ(), "GOLDEN_TEST_DIR="+dir)
		out, err := again.CombinedOutput()
		if err == nil || !strings.Contains(string(out), test.want) {
			t.Errorf("%s: %v, want %q in:\n%s", test.name, err, test.want, out)
		}
	}
}

package main

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"
)

const shop = "../picture/testdata/assembly"

// two is the example with a second stack, in which two builds have the same buildspec.
func two(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(shop)); err != nil {
		t.Fatal(err)
	}
	const stack = `"type": "aws:cloudformation:stack", "properties"`
	for name, content := range map[string]string{
		"manifest.json": `{"artifacts": {
			"shop": {` + stack +
			`: {"templateFile": "shop.template.json"}, "additionalMetadataFile": "shop.metadata.json"},
			"other": {` + stack + `: {"templateFile": "other.json"}}}}`,
		"other.json": other,
	} {
		path := filepath.Join(dir, name)
		if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const other = `{"Zuerst": {"yes": "no", "on": "2026-01-01"}, "Resources": {
	"B": {"Type": "AWS::CodeBuild::Project", "Properties": {"Source": {"BuildSpec": "version: 0.2\n\nphases:\n  build:\n    commands: |\n      a\t\n"}}},
	"A": {"Type": "AWS::CodeBuild::Project", "Properties": {"Source": {"BuildSpec": "version: 0.2\n\nphases:\n  build:\n    commands: |\n      a\t\n"}}},
	"Role": {"Type": "AWS::IAM::Role", "Properties": {"Policies": [{"PolicyDocument": {"Statement": [
		{"Effect": "Allow", "Action": "ecr:PutImage", "Resource": "*"}]}}]}}}}`

func summary(t *testing.T, arguments ...string) (out, aside string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if err := run(arguments, &stdout, &stderr); err != nil {
		t.Fatal(err)
	}
	return stdout.String(), stderr.String()
}

// Of several stacks there is a summary, and nobody has to scroll through templates.
func TestSummary(t *testing.T) {
	dir := two(t)
	out, aside := summary(t, dir)
	for _, want := range []string{
		"\nshop\n  started   source shop, ", "  stages    Source → Build → ",
		"shop/api (tags never move, except latest); ",
		"  roles     1 role, of which 1 may write something that names no resource\n", "other\n  roles ",
		"3: 2 CodeBuild Project, 1 IAM Role", filepath.Join(dir, "other.json"),
		"2 stacks. One of them as YAML: make synth STACK=other.",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	if aside != "" || strings.Contains(out, "version: 0.2") {
		t.Errorf("got %q beside\n%s", aside, out)
	}
}

// The YAML of a stack is its template, letter by letter and in its order; a buildspec that occurs
// twice stands once.
func TestTemplate(t *testing.T) {
	out, aside := summary(t, "-stack", "other", two(t))
	var got, want any
	if err := json.Unmarshal([]byte(other), &want); err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal([]byte(out), &got); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if diff := cmp.Diff(want, got); diff != "" || aside != "" {
		t.Errorf("%q; the YAML differs from the template (-want +got):\n%s", aside, diff)
	}
	if strings.Count(out, "version: 0.2") != 1 || !strings.Contains(out, "BuildSpec: *BuildSpec-1") {
		t.Errorf("the same buildspec stands twice:\n%s", out)
	}
	if strings.Index(out, "Zuerst:") > strings.Index(out, "Resources:") ||
		strings.Index(out, "  B:") > strings.Index(out, "  A:") {
		t.Errorf("another order:\n%s", out)
	}
}

// Of one stack there is both, and only the template on standard output.
func TestOneStack(t *testing.T) {
	out, aside := summary(t, shop)
	var template map[string]any
	if err := yaml.Unmarshal([]byte(out), &template); err != nil || template["Resources"] == nil {
		t.Errorf("%v\n%s", err, out)
	}
	if !strings.HasPrefix(aside, "shop\n  started") || !strings.Contains(aside, "\n1 stack. What changed") {
		t.Errorf("got %s", aside)
	}
}

func TestWrongUse(t *testing.T) {
	for want, arguments := range map[string][]string{
		"got 2 folders":                              {shop, shop},
		"is no cloud assembly":                       {t.TempDir()},
		`has no stack "another": it has other, shop`: {"-stack", "another", two(t)},
		"not defined: -x":                            {"-x"},
	} {
		if err := run(arguments, io.Discard, io.Discard); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, expected %q", arguments, err, want)
		}
	}
	if _, help := summary(t, "-h"); !strings.Contains(help, "-stack") {
		t.Errorf("got %q, expected the flags", help)
	}
}

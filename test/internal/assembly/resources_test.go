package assembly

import (
	"strings"
	"testing"
)

const (
	pathsOfA  = `{"/a/Artifacts/Bucket/Resource": [{"type": "aws:cdk:logicalId", "data": "Known"}]}`
	templateA = `{"Resources": {"Known": {"Type": "AWS::S3::Bucket"}, "Unknown": {"Type": "AWS::SQS::Queue"}}}`
)

// Older assemblies tell in the manifest what newer ones tell in a file.
func TestResources(t *testing.T) {
	const stack = `"type": "aws:cloudformation:stack", "properties": {"templateFile": "a.json", "tags": {"Project": "p"}}`
	for name, more := range map[string]string{
		"file": `"additionalMetadataFile": "paths.json"`, "manifest": `"metadata": ` + pathsOfA,
	} {
		a, err := Read(write(t, t.TempDir(), map[string]string{
			"manifest.json": `{"artifacts": {"i": {"type": "cdk:cloud-assembly"}, "a": {` + stack + `, ` + more + `}}}`,
			"a.json":        templateA, "paths.json": pathsOfA,
		}))
		if err != nil {
			t.Fatal(err)
		}
		got, err := a.Stacks[0].Resources()
		if err != nil || got["Known"].Path != "Artifacts/Bucket" || got["Unknown"].Path != "Unknown" {
			t.Errorf("%s: got %+v, %v", name, got, err)
		}
		if a.Stacks[0].Tags["Project"] != "p" {
			t.Errorf("%s: got the tags %v", name, a.Stacks[0].Tags)
		}
	}
}

func TestResourcesThatCannotBeRead(t *testing.T) {
	const stack = `{"artifacts": {"a": {"type": "aws:cloudformation:stack", ` +
		`"properties": {"templateFile": "a.json"}, "additionalMetadataFile": "paths.json"}}}`
	for want, files := range map[string]map[string]string{
		"a.json: ":   {"a.json": "{", "paths.json": "{}"},
		"paths.json": {"a.json": templateA},
	} {
		files["manifest.json"] = stack
		a, err := Read(write(t, t.TempDir(), files))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := a.Stacks[0].Resources(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, expected %q", err, want)
		}
	}
}

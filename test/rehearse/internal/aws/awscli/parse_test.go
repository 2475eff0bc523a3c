package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Arguments are parsed as the CLI parses them.
func TestParse(t *testing.T) {
	file := filepath.Join(t.TempDir(), "manifest.json")
	if err := os.WriteFile(file, []byte("{}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	got, err := parse([]string{"--region=eu-west-1", "ecr", "put-image", "--repository-name", "app", "--image-manifest",
		"file://" + file, "--no-cli-pager"})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"region": "eu-west-1", "repository-name": "app", "image-manifest": "{}\n"}
	if diff := cmp.Diff(want, got.options); diff != "" || got.name != "ecr put-image" {
		t.Errorf("%s (-want +got):\n%s", got.name, diff)
	}
}

func TestOtherCommandsAreRefusedByName(t *testing.T) {
	tests := map[string]string{
		"s3 cp a b": "s3 cp a b",
		"ecr put-image --repository-name a --image-manifest b --image-tags x":                       "--image-tags",
		"ecr put-image --image-manifest":                                                            "--image-manifest",
		"ecr put-image --repository-name a":                                                         "required: --image-manifest",
		"ecr put-image --repository-name a --image-manifest b --output text":                        "--output",
		"ecr get-login-password --registry-ids":                                                     "--registry-ids",
		"codepipeline get-pipeline-execution --pipeline-name a":                                     "required: --pipeline-execution-id",
		"codepipeline get-pipeline-execution --pipeline-name a --pipeline-execution-id b --query c": "--query",
		"codepipeline list-action-executions --pipeline-name a --max-items 5":                       "--max-items",
		"codepipeline list-action-executions --filter pipelineExecutionId=a":                        "required: --pipeline-name",
		"codepipeline list-action-executions --pipeline-name a --output text":                       "--output",
	}
	for line, want := range tests {
		var problems bytes.Buffer
		code := run(t.Context(), strings.Fields(line), &bytes.Buffer{}, &problems)
		if code != exitUsage || !strings.Contains(problems.String(), want) {
			t.Errorf("%s: got %d, %q, expected %s to be named", line, code, problems.String(), want)
		}
	}
}

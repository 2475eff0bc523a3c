package config_test

import (
	"encoding/json"
	"errors"
	"os"
	"testing"

	"archway/config"

	"github.com/google/go-cmp/cmp"
)

// One configuration with a problem of every kind: nobody should have to mend it in rounds.
func TestAllProblemsAtOnce(t *testing.T) {
	text, err := os.ReadFile("testdata/everything-wrong.json")
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("testdata/everything-wrong.txt")
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := config.Load(json.RawMessage(text), "testdata")
	if err == nil {
		t.Fatalf("got %v, want problems", cfg)
	}
	if diff := cmp.Diff(string(want), err.Error()+"\n"); diff != "" {
		t.Error(diff)
	}
}

func TestProblemsAreThePartsOfTheError(t *testing.T) {
	_, err := config.Load(json.RawMessage(imageWith(`"platforms": ["linux/ppc64le"], "dockerFile": "x"`)), "")
	var got config.Problems
	if !errors.As(err, &got) {
		t.Fatalf("got %v, want Problems", err)
	}
	want := config.Problems{
		{Path: "archway.pipelines[0].images[0].dockerFile", Message: `unknown key: did you mean "dockerfile"?`},
		{
			Path:    "archway.pipelines[0].images[0].platforms[0]",
			Value:   `"linux/ppc64le"`,
			Message: `CodeBuild builds natively only on x86_64 and arm64: use "linux/amd64" or "linux/arm64"`,
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

package stacks_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"archway/config"
	"archway/stacks"
)

// A class is a stack of its own, which is deployed after the one that creates the repository, and
// warnings are of the stack that they are about.
func TestClassesAreStacks(t *testing.T) {
	cfg, err := config.Load([]byte(`{"pipelines": [{"name": "shop", "images": [{"name": "shop"}], "rules": [
		{"name": "main", "type": "branch", "exact": "main"},
		{"name": "release", "type": "branch", "pattern": "r-.*", "tags": {"moving": ["{branch}"]}},
		{"name": "feature", "class": "previews", "type": "branch", "pattern": "f-.*"}
	]}]}`), ".")
	if err != nil {
		t.Fatal(err)
	}
	dir, err := stacks.Synthesize(stacks.NewApp(cfg))
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "manifest.json"))
	if err != nil {
		t.Fatal(err)
	}
	var manifest struct {
		Artifacts map[string]struct {
			Dependencies []string
		}
	}
	if err := json.Unmarshal(text, &manifest); err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(manifest.Artifacts["shop-previews"].Dependencies, "shop") {
		t.Errorf("shop-previews is deployed after %q, want shop among them",
			manifest.Artifacts["shop-previews"].Dependencies)
	}
	for name, created := range map[string]bool{"shop": true, "shop-previews": false} {
		template, err := os.ReadFile(filepath.Join(dir, name+".template.json"))
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(string(template), "AWS::CodeCommit::Repository"); got != created {
			t.Errorf("%s creates the source repository: %v, want %v", name, got, created)
		}
		metadata, _ := os.ReadFile(filepath.Join(dir, name+".metadata.json"))
		said := strings.Contains(string(metadata)+string(text), "pipeline "+name+": the rule")
		if said != created {
			t.Errorf("%s warns of rules that share too much: %v, want %v", name, said, created)
		}
	}
}

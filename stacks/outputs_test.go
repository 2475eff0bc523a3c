package stacks_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"archway/config"
	"archway/stacks"
)

// outputs are the outputs of the stack "app" of a configuration.
func outputs(t *testing.T, text string) map[string]struct{ Description, Value any } {
	t.Helper()
	cfg, err := config.Load([]byte(text), ".")
	if err != nil {
		t.Fatal(err)
	}
	dir, err := stacks.Synthesize(stacks.NewApp(cfg))
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(filepath.Join(dir, cfg.Pipelines[len(cfg.Pipelines)-1].Name+".template.json"))
	if err != nil {
		t.Fatal(err)
	}
	var template struct {
		Outputs map[string]struct{ Description, Value any }
	}
	if err := json.Unmarshal(file, &template); err != nil {
		t.Fatal(err)
	}
	return template.Outputs
}

// What is not named is forgotten, and goes on to cost. What was built and not promoted is always
// deleted.
func TestRemovalNamesWhatStays(t *testing.T) {
	all := outputs(t, `{"pipelines": [{"name": "app", "encryption": "CUSTOMER_MANAGED", "images": [{"name": "app"}]}]}`)
	text, _ := all["Removal"].Value.(string)
	const want = "All that must not be lost: the source repository app, the images in app, the logs, " +
		"the key that encrypts them (delete it last: without it no image can be pulled), and the artifact bucket, " +
		"which empties itself. Delete them by hand when nothing needs them. What was built and is not promoted is deleted, " +
		"with the layer caches: the images in staging/app."
	if text != want {
		t.Errorf("got %q, want %q", text, want)
	}
}

// A class that is never promoted has no release that could stay, or that anybody could pull.
func TestOutputsOfWhatIsNeverPromoted(t *testing.T) {
	all := outputs(t, `{"pipelines": [{"name": "app", "images": [{"name": "app"}],
		"classes": {"previews": {"promote": false}}, "rules": [
		{"name": "main", "type": "branch", "exact": "main", "tags": {"moving": ["latest"]}},
		{"name": "feature", "class": "previews", "type": "branch", "pattern": "f-.*"}
	]}]}`)
	text, _ := all["Removal"].Value.(string)
	const want = "All that must not be lost: the source repository app, the logs, and the artifact bucket, which " +
		"empties itself. Delete them by hand when nothing needs them. What was built and is not promoted is deleted, with the " +
		"layer caches: the images in staging/previews/app."
	if text != want {
		t.Errorf("got %q, want %q", text, want)
	}
	for id, output := range all {
		if strings.Contains(id, "RegistryUri") && output.Description != "Where app is built; it is never promoted" {
			t.Errorf("%s: %v", id, output.Description)
		}
	}
}

// Nothing is compiled that no stack deploys.
func TestFunctionPackages(t *testing.T) {
	for _, promotes := range []bool{true, false} {
		packages := stacks.FunctionPackages(&config.Plan{Pipelines: []config.Planned{{Promotes: promotes}}})
		if got := strings.Contains(strings.Join(packages, " "), "lambda/promote"); got != promotes ||
			len(packages) == 0 {
			t.Errorf("promotes %v: got %q", promotes, packages)
		}
	}
}

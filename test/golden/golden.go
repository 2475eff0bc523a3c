// Package golden compares the templates of a CDK app with those that somebody has reviewed. It is
// for Archway's own test, and for that of a repository that uses Archway.
package golden

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"archway/test/internal/assembly"
	"archway/test/internal/synth"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"
)

// Templates synthesizes the app of a cdk.json and compares each stack's template with the YAML file
// of its name in a folder, which holds nothing else. With update it writes the folder instead.
func Templates(t *testing.T, cdkJSON, folder string, update bool) {
	t.Helper()
	out := t.TempDir()
	if err := synth.Run(t.Context(), cdkJSON, out); err != nil {
		t.Fatal(err)
	}
	made, err := assembly.Load(out)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, stack := range made.Stacks {
		names = append(names, stack.Name+".yaml")
		Template(t, stack.Template, filepath.Join(folder, stack.Name+".yaml"), update)
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		switch {
		case slices.Contains(names, filepath.Base(file)):
		case update:
			if err := os.Remove(file); err != nil {
				t.Error(err)
			}
		default:
			t.Errorf("%s: the app has no such stack any more; its resources stay until it is destroyed. If that is meant, %s",
				file, accept)
		}
	}
}

// accept says how somebody agrees to a change.
const accept = "run this test with -update and review what git then shows"

// Template compares one template, as JSON, with a file.
func Template(t *testing.T, template []byte, file string, update bool) {
	t.Helper()
	got, err := YAML(template)
	if err != nil {
		t.Fatal(err)
	}
	if update {
		err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, got, 0o644))
		if err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%s is not there: nobody has reviewed this stack; %s", file, accept)
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s: the template changes; if that is meant, %s (-want +got):\n%s", file, accept, diff)
	}
}

// hash is what the CDK names an asset by, and what actions name the settings by. A digest of an
// image is none: it is pinned.
var hash = regexp.MustCompile(`(?:sha256:)?\b[0-9a-f]{64}\b`)

// YAML is a template as people review it, as "cdk synth" shows it: the buildspecs can be read in
// it. The names of assets, which are hashes of files, are numbered instead.
func YAML(template []byte) ([]byte, error) {
	names := map[string]string{}
	return yaml.JSONToYAML(hash.ReplaceAllFunc(template, func(found []byte) []byte {
		if bytes.HasPrefix(found, []byte("sha256:")) {
			return found
		}
		if names[string(found)] == "" {
			names[string(found)] = fmt.Sprintf("ASSET-%d", len(names)+1)
		}
		return []byte(names[string(found)])
	}))
}

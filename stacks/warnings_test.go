package stacks_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"archway/config"
	"archway/stacks"
)

// cdk synth prints what is in the metadata as warnings. Base images without a digest are such
// warnings, and stop nothing.
func TestBaseImageWarnings(t *testing.T) {
	seed := t.TempDir()
	if err := os.WriteFile(filepath.Join(seed, "Dockerfile"), []byte("FROM debian\nFROM alpine\nCOPY --from=0 /a /a\n"),
		0o644); err != nil {
		t.Fatal(err)
	}
	for keys, want := range map[string]int{``: 0, `, "baseImages": "report"`: 2} {
		cfg, err := config.Load(fmt.Appendf(nil,
			`{"pipelines":[{"name":"app","source":{"seed":%q},"images":[{"name":"app"%s}]}]}`, seed, keys), ".")
		if err != nil {
			t.Fatal(err)
		}
		dir, err := stacks.Synthesize(stacks.NewApp(cfg))
		if err != nil {
			t.Fatal(err)
		}
		said := ""
		for _, file := range []string{"manifest.json", "app.metadata.json"} {
			content, err := os.ReadFile(filepath.Join(dir, file))
			if err != nil && !os.IsNotExist(err) {
				t.Fatal(err)
			}
			said += string(content)
		}
		if got := strings.Count(said, "aws:cdk:warning"); got != want {
			t.Errorf("%s: %d warnings, want %d: %s", keys, got, want, said)
		}
		for _, image := range []string{"debian", "alpine"} {
			if got := strings.Contains(said, "takes the base image "+image+", which has no digest"); got != (want > 0) {
				t.Errorf("%s: told of %s: %v", keys, image, got)
			}
		}
	}
}

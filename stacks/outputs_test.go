package stacks_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"archway/config"
	"archway/stacks"
)

// What is not named is forgotten, and goes on to cost.
func TestWhatRemovalLeavesBehindNamesTheKey(t *testing.T) {
	cfg, err := config.Load([]byte(`{"pipelines":[{"name":"app","encryption":"CUSTOMER_MANAGED","images":[{"name":"app"}]}]}`), ".")
	if err != nil {
		t.Fatal(err)
	}
	dir, err := stacks.Synthesize(stacks.NewApp(cfg))
	if err != nil {
		t.Fatal(err)
	}
	template, err := os.ReadFile(filepath.Join(dir, "app.template.json"))
	if err != nil {
		t.Fatal(err)
	}
	if want := "the logs, the key that encrypts them (delete it last: without it no image can be pulled), and the artifact bucket"; !strings.Contains(string(template), want) {
		t.Errorf("no output says %q", want)
	}
}

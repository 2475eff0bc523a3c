package config_test

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"
)

var (
	jsonBlock = regexp.MustCompile("(?ms)^```json\n(.*?)^```")
	// keyOf fits a key of a pipeline, or beside the pipelines, that the page names.
	keyOf = regexp.MustCompile(
		"`((?:images\\[\\]|rules\\[\\]|source|registry|approval|notifications|executionMode)(?:\\.[^` ]*)?)`")
)

// Each way to come from has a configuration that is good, without a warning, and names only keys
// that there are.
func TestMigrate(t *testing.T) {
	text, err := os.ReadFile("../docs/migrate.md")
	if err != nil {
		t.Fatal(err)
	}
	known := keysOfSchema(t)
	sections := strings.Split(string(text), "\n## From ")[1:]
	if len(sections) != 6 {
		t.Errorf("the page has %d sections that begin with From, want 6", len(sections))
	}
	for _, section := range sections {
		name, body, _ := strings.Cut(section, "\n")
		blocks, keys := jsonBlock.FindAllStringSubmatch(body, -1), keyOf.FindAllStringSubmatch(body, -1)
		if len(blocks) != 1 || len(keys) == 0 {
			t.Errorf("%s: %d configurations and %d keys, want one and some", name, len(blocks), len(keys))
			continue
		}
		for _, pipeline := range load(t, blocks[0][1]).Pipelines {
			if len(pipeline.Warnings) != 0 {
				t.Errorf("%s: %s: %s", name, pipeline.Name, pipeline.Warnings)
			}
		}
		for _, key := range keys {
			path := strings.TrimSuffix(key[1], "[]")
			if !strings.HasPrefix(path, "registry") {
				path = "pipelines[]." + path
			}
			if !known[path] {
				t.Errorf("%s: there is no key %s", name, key[1])
			}
		}
	}
}

// keysOfSchema are the paths of all keys.
func keysOfSchema(t *testing.T) map[string]bool {
	t.Helper()
	text, err := os.ReadFile("cdk.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var all schema
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	schema{Ref: "#/$defs/Config"}.eachKey(all.Defs, "", func(path, _ string, _ schema) { known[path] = true })
	return known
}

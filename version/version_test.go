package version_test

import (
	"os"
	"regexp"
	"testing"

	"archway/version"
)

// The newest entry of the change log is this version's.
func TestChangelog(t *testing.T) {
	text, err := os.ReadFile("../CHANGELOG.md")
	if err != nil {
		t.Fatal(err)
	}
	entry := regexp.MustCompile(`(?m)^## \[(\d+\.\d+\.\d+)\]`).FindSubmatch(text)
	if entry == nil || string(entry[1]) != version.Version {
		t.Errorf("CHANGELOG.md begins with %q, want %s as in version.go", entry, version.Version)
	}
}

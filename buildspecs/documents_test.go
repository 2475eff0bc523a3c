package buildspecs_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// What docs/failed.md quotes of a build's log is what the buildspecs say there.
func TestQuotedMessages(t *testing.T) {
	text, err := os.ReadFile("../docs/failed.md")
	if err != nil {
		t.Fatal(err)
	}
	// what others say
	foreign := []string{"is not an allowed gateway source", "toomanyrequests", "unexpected EOF", "exec format error"}
	quoted := regexp.MustCompile(`\*([^*]+)\*`)
	for file, heading := range map[string]string{
		"build.yml": "Build", "merge.yml": "Merge", "smoke-test.yml": "ScanGate, SmokeTest, Approval",
	} {
		spec, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		_, section, _ := strings.Cut(string(text), "\n## "+heading+"\n")
		section, _, _ = strings.Cut(section, "\n## ")
		found := 0
		for row := range strings.Lines(section) {
			cells := strings.Split(row, "|")
			if len(cells) < 3 {
				continue
			}
			for _, quote := range quoted.FindAllStringSubmatch(cells[1], -1) {
				if slices.Contains(foreign, quote[1]) {
					continue
				}
				found++
				var parts []string
				for _, part := range strings.Split(quote[1], "…") {
					parts = append(parts, regexp.QuoteMeta(part))
				}
				if !regexp.MustCompile("ERROR: .*" + strings.Join(parts, ".+")).Match(spec) {
					t.Errorf("%s says nowhere: %s", file, quote[1])
				}
			}
		}
		if found < 2 {
			t.Errorf("the section %s quotes %d messages of %s, want some", heading, found, file)
		}
	}
}

package rehearsal

import (
	"os"
	"strings"
	"testing"
)

// What is left out of the proof is public, action by action and with the same sections.
func TestDocumentedOmissions(t *testing.T) {
	page, err := os.ReadFile("../../../../docs/security.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(page), "### What the proof leaves out")
	section, _, _ = strings.Cut(section, "### Wildcards that remain")
	later, never, ok := strings.Cut(section, "no rehearsal on one machine can exercise")
	if !ok {
		t.Fatal("docs/security.md does not tell what no rehearsal can exercise")
	}
	rows := strings.Count(later, "\n| `") + strings.Count(never, "\n| `")
	if rows != len(unexercised) {
		t.Errorf("docs/security.md has %d rows, the list has %d", rows, len(unexercised))
	}
	for _, e := range unexercised {
		table := never
		if e.elsewhere {
			table = later
		}
		if row := "\n| `" + strings.Join(e.actions, "`, `") + "`"; !strings.Contains(table, row) {
			t.Errorf("docs/security.md does not tell in the right table of %s: %s", row[1:], e.reason)
		}
	}
}

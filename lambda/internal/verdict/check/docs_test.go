package check_test

import (
	"os"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"

	"archway/internal/checks"
)

// A reader of docs/validation.md finds every check, in the order in which --help lists them.
func TestTheDocumentationHasEveryCheck(t *testing.T) {
	page, err := os.ReadFile("../../../../docs/validation.md")
	if err != nil {
		t.Fatal(err)
	}
	var listed []string
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z-]+)` \\| (error|warning|info)").FindAllSubmatch(page, -1) {
		listed = append(listed, string(row[1]))
	}
	if diff := cmp.Diff(checks.Names, listed); diff != "" {
		t.Errorf("checks in docs/validation.md (-want +got):\n%s", diff)
	}
}

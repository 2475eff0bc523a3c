package template_test

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Each rule of cdk-nag that something breaks on purpose is in the table, and no other.
func TestSuppressedRulesAreDocumented(t *testing.T) {
	suppressed := map[string]bool{}
	folder := filepath.Dir(synthesized(t, asCommitted).TemplateFile)
	reports, err := filepath.Glob(filepath.Join(folder, "AwsSolutions-*-NagReport.csv"))
	if err != nil || len(reports) < len(all) {
		t.Fatalf("%d reports of cdk-nag: %v", len(reports), err)
	}
	for _, name := range reports {
		file, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		lines, err := csv.NewReader(file).ReadAll()
		file.Close()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, line := range lines {
			if line[2] == "Suppressed" {
				suppressed[strings.TrimPrefix(line[0], "AwsSolutions-")] = true
			}
		}
	}
	documented := map[string]bool{}
	for _, row := range table(t, "docs/security.md", "## What is checked before anything is deployed") {
		if match := regexp.MustCompile("^`([A-Z0-9]+)`").FindStringSubmatch(row[0]); match != nil {
			documented[match[1]] = true
		}
	}
	if diff := cmp.Diff(suppressed, documented); diff != "" {
		t.Errorf("suppressed rules of cdk-nag (-reports +documented):\n%s", diff)
	}
}

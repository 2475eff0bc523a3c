package config_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"archway/config"
	"archway/internal/rule"
	"archway/internal/tag"

	"github.com/google/go-cmp/cmp"
)

// The example of the page on rules is a good configuration, and gives the tags that the table
// beside it promises.
func TestDocumentedRules(t *testing.T) {
	text, err := os.ReadFile("../docs/rules.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "\n## What a rule gives\n")
	_, block, _ := strings.Cut(section, "```json\n")
	block, _, _ = strings.Cut(block, "```")
	cfg := load(t, pipelineWith(block))

	want := map[string]string{}
	row := regexp.MustCompile("(?m)^\\| (?:branch|git tag) `([^`]+)`.* \\| `(\\w+)`[^|]*\\|([^|]*)\\|([^|]*)\\|$")
	for _, m := range row.FindAllStringSubmatch(section, -1) {
		want[m[1]] = m[2] + ": " + strings.Join(strings.Fields(strings.ReplaceAll(m[3]+" "+m[4], "`", "")), " ")
	}
	if len(want) != 5 {
		t.Fatalf("the table has %d pushes that match, want 5: %q", len(want), want)
	}
	got := map[string]string{}
	for name := range want {
		for _, of := range cfg.Pipelines {
			for _, one := range of.Rules {
				if tags := tagsOf(t, of, one, name); tags != "" {
					got[name] += one.Name + ": " + tags
				}
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-table +rules):\n%s", diff)
	}
}

// tagsOf renders all tags of a reference, or nothing if the rule doesn't match it.
func tagsOf(t *testing.T, of config.Planned, one config.Rule, name string) string {
	t.Helper()
	m, err := rule.Compile(one.Rule())
	if err != nil {
		t.Fatal(err)
	}
	values, ok := m.Values(name)
	if !ok {
		return ""
	}
	values.Commit, values.Time = "3f5a9c07"+strings.Repeat("0", 32),
		time.Date(2026, time.January, 2, 15, 4, 0, 0, time.UTC)
	var all []string
	tags := of.Settings[one.Name]["hello"].Tags
	for _, text := range append(tags.Immutable, tags.Moving...) {
		template, err := tag.Parse(text, m.Names()...)
		if err != nil {
			t.Fatal(err)
		}
		rendered, err := template.Render(values)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, rendered)
	}
	return strings.Join(all, " ")
}

package config_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"archway/internal/settings"
	"archway/internal/tag"
)

// The recipe for versions is a good configuration, and gives the tags of the table beside it. What
// stays because a higher version is there, is the promotion's.
func TestVersionRecipe(t *testing.T) {
	text, err := os.ReadFile("../docs/rules.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "\n## Versions\n")
	_, block, _ := strings.Cut(section, "```json\n")
	block, _, _ = strings.Cut(block, "```")
	plan := load(t, pipelineWith(`"rules": [{"name": "main", "type": "branch", "exact": "main"}, `+block+`]`))
	of := &plan.Pipelines[0]
	if want := []string{"latest", "main", "v*", "v*.*"}; !cmp.Equal(of.Filters["hello"], want) {
		t.Errorf("filters %q, want %q", of.Filters["hello"], want)
	}
	p := settings.Pipeline{Rules: of.Promotions()}
	rows := regexp.MustCompile("(?m)^\\| `(v[^`]+)`[^|]*\\|([^|]*)\\|([^|]*)\\|([^|]*)\\|$").FindAllStringSubmatch(
		section, -1)
	if len(rows) != 5 {
		t.Fatalf("the table has %d git tags", len(rows))
	}
	for _, row := range rows {
		reference, err := p.Reference(map[string]string{"rule": "version", "ref": row[1]})
		if err != nil {
			t.Fatal(err)
		}
		tags, err := reference.Tags(&settings.Image{Name: "hello"})
		if err != nil {
			t.Fatal(err)
		}
		words := func(cell string) string {
			return strings.Join(strings.Fields(strings.ReplaceAll(cell, "`", "")),
				" ")
		}
		render := func(all []tag.Template) string {
			var names []string
			for _, one := range all {
				name, err := one.Render(tags.Values)
				if err != nil {
					t.Error(err)
				}
				names = append(names, name)
			}
			return strings.Join(names, " ")
		}
		stay, move, held := words(row[2]), words(row[3]), words(row[4])
		if row[1] == "v1.2.9" {
			move, held = strings.TrimSpace(move+" "+held), "" // only the release knows of 1.3.0
		}
		if diff := cmp.Diff([]string{stay, move, held},
			[]string{render(tags.Immutable), render(tags.Moving), render(tags.Held)}); diff != "" {
			t.Errorf("%s (-table +rules):\n%s", row[1], diff)
		}
	}
}

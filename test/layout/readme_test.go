package layout

import (
	"encoding/json"
	"html"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func text(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("../..", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// pages are the names of all documents, as the README links to them.
func pages(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("../../docs/*.md")
	if err != nil || len(files) < 10 {
		t.Fatalf("found %d pages (%v): too few to be those of this repository", len(files), err)
	}
	for i, file := range files {
		files[i] = "docs/" + filepath.Base(file)
	}
	return files
}

// The README is what people read first: short, and from there every page is one link away.
func TestReadmeLists(t *testing.T) {
	readme := text(t, "README.md")
	if lines := strings.Count(readme, "\n"); lines > 150 {
		t.Errorf("README.md has %d lines, at most 150 are read: move some of it to its page in docs/", lines)
	}
	_, table, found := strings.Cut(readme, "\n## All pages\n")
	if !found {
		t.Fatal(`README.md has no "All pages"`)
	}
	for _, page := range pages(t) {
		if !strings.Contains(table, "]("+page+")") {
			t.Errorf(`README.md: "All pages" lacks %s`, page)
		}
	}
}

// A whole cdk.json in the documents is the committed example's, as it stands in the folder above.
func TestDocumentedExample(t *testing.T) {
	committed := strings.NewReplacer(`"go run ../../.."`, `"go run ."`, `"../../../config/`, `"./config/`,
		`"../../../`, `"`).Replace(text(t, "test/testdata/hello-go/cdk.json"))
	var want any
	if err := json.Unmarshal([]byte(committed), &want); err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, name := range append(pages(t), "README.md") {
		for _, block := range example.FindAllStringSubmatch(text(t, name), -1) {
			if !strings.Contains(block[1], `"app": "go run .`) {
				continue
			}
			found++
			var got any
			if err := json.Unmarshal([]byte(block[1]), &got); err != nil {
				t.Errorf("%s: %v in\n%s", name, err, block[1])
			} else if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s: the example is not the committed one (-committed +documented):\n%s", name, diff)
			}
		}
	}
	if found < 2 {
		t.Errorf("%d documents show a whole cdk.json, want README.md and docs/configuration.md", found)
	}
}

var (
	example = regexp.MustCompile("(?ms)^ *```json\n(.*?)^ *```")

	shown = regexp.MustCompile(`!\[([^\]]*)\]\(([^)\s]+\.svg)\)`)
	stage = regexp.MustCompile(`Stage \d+, (\w+):`)
	title = regexp.MustCompile(`(?s)<title[^>]*>(.*?)</title>.*?<desc[^>]*>(.*?)</desc>`)
)

// Whoever can't see the picture is told what it shows: its title, and all stages in their order.
func TestPictureText(t *testing.T) {
	pictures := shown.FindAllStringSubmatch(text(t, "README.md"), -1)
	if len(pictures) == 0 {
		t.Fatal("README.md shows no picture")
	}
	for _, picture := range pictures {
		said := title.FindStringSubmatch(text(t, picture[2]))
		if said == nil {
			t.Fatalf("%s has no title with a description", picture[2])
		}
		if want := html.UnescapeString(said[1]); !strings.HasPrefix(picture[1], want) {
			t.Errorf("the text of %s begins with %.40q…, its title is %q", picture[2], picture[1], want)
		}
		stages := stage.FindAllStringSubmatch(said[2], -1)
		if len(stages) < 4 {
			t.Errorf("%s names %d stages in its description, "+
				"at least Source, Build, Merge, Promote are expected", picture[2], len(stages))
		}
		rest := picture[1]
		for _, s := range stages {
			var found bool
			if _, rest, found = strings.Cut(rest, s[1]); !found {
				t.Errorf("the text of %s does not name the stage %s, or not in its order", picture[2], s[1])
				break
			}
		}
	}
}

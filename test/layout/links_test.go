package layout

import (
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#{1,6} +(.+?) *$`)
	fence   = regexp.MustCompile("(?ms)^```.*?^```")
	markup  = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
	target  = regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`)
)

// Each link of a document to another, or to a heading, leads somewhere.
func TestDocumentLinks(t *testing.T) {
	const root = "../.."
	var documents []string
	err := fs.WalkDir(os.DirFS(root), ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err == nil && entry.IsDir() &&
			slices.Contains([]string{".git", "node_modules", "cdk.out", "testdata"}, entry.Name()):
			return fs.SkipDir
		case strings.HasSuffix(name, ".md"):
			documents = append(documents, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	read := func(name string) string {
		content, err := os.ReadFile(path.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		return fence.ReplaceAllString(string(content), "")
	}
	links := 0
	for _, name := range documents {
		for _, match := range link.FindAllStringSubmatch(read(name), -1) {
			file, anchor, _ := strings.Cut(match[1], "#")
			if strings.Contains(match[1], "://") {
				continue
			}
			links++
			if file = path.Join(path.Dir(name), file); match[1][0] == '#' {
				file = name
			}
			if _, err := os.Stat(path.Join(root, file)); err != nil {
				t.Errorf("%s: %s: there is no %s", name, match[1], file)
				continue
			}
			if anchor != "" && !anchors(read(file))[anchor] {
				t.Errorf("%s: %s: %s has no such heading", name, match[1], file)
			}
		}
	}
	if links < 50 {
		t.Errorf("found %d links: too few to be those of this repository", links)
	}
}

// anchors are the names that GitHub gives to the headings of a document: lower case, spaces as
// hyphens, no punctuation.
func anchors(text string) map[string]bool {
	all := map[string]bool{}
	for _, match := range heading.FindAllStringSubmatch(text, -1) {
		name := strings.ToLower(markup.ReplaceAllString(target.ReplaceAllString(match[1], "$1"), ""))
		all[strings.ReplaceAll(name, " ", "-")] = true
	}
	return all
}

package template_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The README shows the picture, so it must be that of the template that is reviewed.
func TestPictureIsThatOfTheTemplate(t *testing.T) {
	folder := filepath.Dir(synthesized(t, asCommitted).TemplateFile)
	draw := exec.Command("go", "run", "archway/test/picture", "-stack", asCommitted, folder)
	draw.Stderr = os.Stderr
	got, err := draw.Output()
	if err != nil {
		t.Fatal(err)
	}
	const picture = root + "/docs/pipeline.svg"
	if *update {
		if err := os.WriteFile(picture, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(picture)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(want, got) {
		t.Errorf("docs/pipeline.svg is out of date: run go test ./test/template -update, and look at it. What it says (-want +got):\n%s",
			cmp.Diff(words(want), words(got)))
	}
}

var text = regexp.MustCompile(`<text[^>]*>([^<]*)</text>`)

// words are the texts of a picture, which differ less than the places where they stand.
func words(picture []byte) []string {
	var all []string
	for _, m := range text.FindAllSubmatch(picture, -1) {
		all = append(all, string(m[1]))
	}
	return all
}

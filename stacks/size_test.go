package stacks_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"archway/config"
	"archway/stacks"
)

// refused is all that is said of a template that is too large.
var refused = regexp.MustCompile(`^many: the template has \d+ bytes and \d+ resources, and CloudFormation ` +
	`takes at most 1000000 and 500: build some of the pipeline's images in another pipeline, .*$`)

// manyImages synthesizes a pipeline of many images, and gives what is wrong with it.
func manyImages(t *testing.T, n int, keys string) error {
	t.Helper()
	var images []string
	for i := range n {
		images = append(images, strings.ReplaceAll(fmt.Sprintf(`{"name": "i%d", %s}`, i, keys), ", }", "}"))
	}
	text := fmt.Appendf(nil, `{"pipelines": [{"name": "many", "images": [%s]}]}`, strings.Join(images, ", "))
	cfg, err := config.Load(text, ".")
	if err != nil {
		t.Fatal(err)
	}
	dir, err := stacks.Synthesize(stacks.NewApp(cfg))
	if info, _ := os.Stat(filepath.Join(dir, "many.template.json")); info != nil {
		t.Logf("%d images, %q: %d bytes", n, keys, info.Size())
	}
	return err
}

// CloudFormation would refuse them when they are deployed, long after everybody has looked away. As
// many images as the documents say do fit, and two more do not.
func TestTooLargeTemplatesAreRefused(t *testing.T) {
	page, err := os.ReadFile("../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	sentence := regexp.MustCompile(
		`about (\d+)\s+images of two architectures without\s+optional stages, and (\d+) with all of them`)
	said := sentence.FindSubmatch(page)
	if said == nil {
		t.Fatal("docs/operations.md says nothing of how many images fit")
	}
	for i, keys := range []string{``, `"smokeTest": {}, "scanGate": {}`} {
		most, _ := strconv.Atoi(string(said[i+1]))
		if err := manyImages(t, most, keys); err != nil {
			t.Errorf("%d images, %q: %v", most, keys, err)
		}
		err := manyImages(t, most+2, keys)
		if err == nil || !refused.MatchString(err.Error()) {
			t.Errorf("%d images, %q: got %v, want a template that is too large", most+2, keys, err)
		}
	}
}

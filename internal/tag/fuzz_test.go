package tag_test

import (
	"path"
	"slices"
	"testing"
	"time"

	"archway/internal/tag"
)

// accepted are templates that FuzzTemplate must go through to its end; it would pass too if
// everything were refused.
var accepted = []string{"latest", "{commit}", "{commit:12}", "{branch}", "{date:20060102-150405}", "nightly-{date:2006-01-02}", "{branch}-{commit:7}"}

// Whatever template is accepted, its tags are valid, and its filter matches all of them.
func FuzzTemplate(f *testing.F) {
	for _, template := range append(slices.Clone(accepted),
		"{date:Jan_2}", "{date:.999}", "{date:x.999}", "{date:-07}", "{date:Monday}", "{commit:}", "{", "}", "{}", "{{commit}}", "a{b", "ä", "\xff", "{date:\xff06}",
	) {
		f.Add(template, "main", int64(1_772_906_704_123_456_789))
		f.Add(template, "feature/größe", int64(0))
	}
	f.Fuzz(func(t *testing.T, text, branch string, nanoseconds int64) {
		must := func(err error) bool {
			if err != nil && slices.Contains(accepted, text) && branch == "main" {
				t.Fatalf("%q is refused: %v", text, err)
			}
			return err != nil
		}
		template, err := tag.Parse(text)
		if must(err) {
			return
		}
		name, err := template.Render(tag.Values{Commit: someCommit, Branch: branch, Time: time.Unix(0, nanoseconds)})
		if must(err) {
			return
		}
		if !tag.Valid(name) {
			t.Fatalf("%q renders to %q, which is no tag", text, name)
		}
		if !template.MayMatch(name, branch) {
			t.Errorf("%q yields %q, but MayMatch denies it", text, name)
		}
		filter, err := template.Filter(branch)
		if must(err) {
			return
		}
		// The characters of a tag mean themselves in path.Match, and "*" stops only at "/", which no tag has.
		if ok, err := path.Match(filter, name); err != nil || !ok {
			t.Errorf("%q yields %q, which its filter %q does not match", text, name, filter)
		}
		if !template.MayMatch(filter, branch) {
			t.Errorf("MayMatch denies that %q yields what its own filter %q matches", text, filter)
		}
	})
}

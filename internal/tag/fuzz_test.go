package tag_test

import (
	"path"
	"testing"
	"time"

	"archway/internal/tag"
)

// Whatever template is accepted, its tags are valid, and its filter matches all of them.
func FuzzTemplate(f *testing.F) {
	for template, accepted := range map[string]bool{
		"latest": true, "{commit}": true, "{commit:12}": true, "{branch}": true, "{date:20060102-150405}": true,
		"nightly-{date:2006-01-02}": true, "{branch}-{commit:7}": true, "{date:x.999}": true, "{date:Monday}": true,
		"{date:Jan_2}": false, "{date:.999}": false, "{date:-07}": false, "{commit:}": false, "{": false, "}": false,
		"{}":         false,
		"{{commit}}": false, "a{b": false, "ä": false, "\xff": false, "{date:\xff06}": false,
	} {
		// What is refused proves nothing below.
		if parsed, err := tag.Parse(template); (err == nil) != accepted {
			f.Errorf("%q: got %v, expected it accepted: %v", template, err, accepted)
		} else if accepted {
			if _, err := parsed.Render(tag.Values{Commit: someCommit, Branch: "main",
				Time: time.Unix(0, 0)}); err != nil {
				f.Errorf("%q: %v", template, err)
			}
		}
		f.Add(template, "main", int64(1_772_906_704_123_456_789))
		f.Add(template, "feature/größe", int64(0))
	}
	f.Fuzz(func(t *testing.T, text, branch string, nanoseconds int64) {
		template, err := tag.Parse(text)
		if err != nil {
			// A tag without a placeholder is a template of itself.
			if tag.Valid(text) {
				t.Errorf("the tag %q is refused: %v", text, err)
			}
			return
		}
		name, err := template.Render(tag.Values{Commit: someCommit, Branch: branch, Time: time.Unix(0, nanoseconds)})
		if err != nil {
			return
		}
		if !tag.Valid(name) {
			t.Fatalf("%q renders to %q, which is no tag", text, name)
		}
		if !template.MayMatch(name, branch) {
			t.Errorf("%q yields %q, but MayMatch denies it", text, name)
		}
		filter, err := template.Filter(branch)
		if err != nil {
			return
		}
		// The characters of a tag mean themselves in path.Match, and "*" stops only at "/", which
		// no tag has.
		if ok, err := path.Match(filter, name); err != nil || !ok {
			t.Errorf("%q yields %q, which its filter %q does not match", text, name, filter)
		}
		if !template.MayMatch(filter, branch) {
			t.Errorf("MayMatch denies that %q yields what its own filter %q matches", text, filter)
		}
	})
}

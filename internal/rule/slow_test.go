package rule_test

import (
	"testing"
	"time"

	"archway/internal/rule"
)

// The search for overlaps stays quick for patterns that are made to be slow.
func TestSearchIsBounded(t *testing.T) {
	for _, pair := range [][2]string{
		{`[a-z]{0,400}x`, `[a-z]{0,400}y`}, {`(?:.*a){30}.*x`, `(?:.*b){30}.*y`}, {`(?:a|aa|aaa){200}b`, `(?:a|aa|aaa){200}c`},
		{`(?:[^/]+/){50}x`, `(?:[^/]+/){49}y`},
	} {
		started := time.Now()
		a, b := compile(t, rule.Branch, pair[0]), compile(t, rule.Branch, pair[1])
		if name, both := rule.Overlap(a, b); both {
			t.Errorf("%q and %q overlap at %q", pair[0], pair[1], name)
		}
		if took := time.Since(started); took > 5*time.Second {
			t.Errorf("%q and %q took %v", pair[0], pair[1], took)
		} else {
			t.Logf("%q and %q took %v", pair[0], pair[1], took)
		}
	}
}

package rule

import "testing"

// The search for overlaps ends for patterns that are made to be slow, and finds nothing rather than
// something wrong.
func TestSearchIsBounded(t *testing.T) {
	for _, pair := range [][2]string{
		{`[a-z]{0,400}x`, `[a-z]{0,400}y`}, {`(?:.*a){30}.*x`, `(?:.*b){30}.*y`},
		{`(?:a|aa|aaa){200}b`, `(?:a|aa|aaa){200}c`},
		{`(?:[^/]+/){50}x`, `(?:[^/]+/){49}y`}, {`[a-z]{0,1000}x`, `[a-z]{0,1000}y`}, {`(?:a?){900}b`, `(?:a?){900}c`},
	} {
		w := newWalk(badRune, pair[0], pair[1], gitName)
		if name, both := w.run(); both {
			t.Errorf("%q and %q overlap at %q", pair[0], pair[1], name)
		}
		if t.Logf("%q and %q: %d steps", pair[0], pair[1], w.steps); w.steps > maxSteps+1 {
			t.Errorf("%q and %q took %d steps, at most %d are allowed", pair[0], pair[1], w.steps, maxSteps)
		}
	}
}

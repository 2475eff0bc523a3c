package drawing

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWrapBreaksWhereNamesHaveJoints(t *testing.T) {
	f := font{"n", 10, false}
	tests := []struct {
		text  string
		width float64
		most  int
		want  []string
	}{
		{"short", 100, 2, []string{"short"}},
		{"", 100, 2, nil},
		{"two words here", 60, 3, []string{"two words", "here"}},
		{"hello-go-amd64", 55, 3, []string{"hello-go-", "amd64"}},
		{"wwwwwwwwwwwwwwww", 60, 5, []string{"wwwwwww", "wwwwwww", "ww"}},
		{"wwwwwwwwwwwwwwww", 60, 1, []string{"wwwwww…"}},
		{"日本語日本語", 25, 4, []string{"日本", "語日", "本語"}},
	}
	for _, test := range tests {
		got := f.wrap(test.text, test.width, test.most)
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%q in %g (-want +got):\n%s", test.text, test.width, diff)
		}
	}
}

func TestCutTextFitsAndSaysThatItWasCut(t *testing.T) {
	f := font{"n", 10, true}
	got := f.cut(strings.Repeat("w", 50), 100)
	if !strings.HasSuffix(got, "…") || f.width(got) > 100 {
		t.Errorf("got %q, %g wide, expected at most 100 with an ellipsis", got, f.width(got))
	}
	if got := f.cut("www", 100); got != "www" {
		t.Errorf("got %q, expected the text as it is", got)
	}
}

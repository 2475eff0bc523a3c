package plain_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"archway/lambda/internal/plain"
)

func TestText(t *testing.T) {
	for in, want := range map[string]string{
		"":                          "",
		"größe 東京 👍 é":              "größe 東京 👍 é",
		"\x1b[31mred":               `\u001b[31mred`,
		"\u009b2J":                  `\u009b2J`,
		"a\u202egpj.exe":            `a\u202egpj.exe`,
		"\u2066a\u2069":             `\u2066a\u2069`,
		"a\nb\rc\td\x00e\x7f":       `a\u000ab\u000dc\u0009d\u0000e\u007f`,
		"\u2028\u2029\u200b\ufeff":  `\u2028\u2029\u200b\ufeff`,
		"\U000e0041":                `\udb40\udc41`,
		"a\xffb":                    `a\ufffdb`,
		"sha256:0123456789abcdef 1": "sha256:0123456789abcdef 1",
	} {
		if diff := cmp.Diff(want, plain.Text(in)); diff != "" {
			t.Errorf("%q: %s", in, diff)
		}
	}
}

func TestWriter(t *testing.T) {
	const in = "line\tone\nesc \x1b[2J, C1 \u009b, bidi \u202e, größe 👍\n"
	const want = "line\tone\nesc \\u001b[2J, C1 \\u009b, bidi \\u202e, größe 👍\n"
	var whole, pieces strings.Builder
	if n, err := plain.Writer(&whole).Write([]byte(in)); n != len(in) || err != nil {
		t.Errorf("%d bytes, %v", n, err)
	}
	w := plain.Writer(&pieces)
	for _, b := range []byte(in) {
		if _, err := w.Write([]byte{b}); err != nil {
			t.Fatal(err)
		}
	}
	for name, got := range map[string]string{"whole": whole.String(), "in pieces": pieces.String()} {
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	failed := errors.New("full")
	if _, err := plain.Writer(failing{failed}).Write([]byte("x")); !errors.Is(err, failed) {
		t.Errorf("error %v", err)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

// A JSON document says the same afterwards.
func FuzzWriter(f *testing.F) {
	for _, s := range []string{"a", "\x1b", "\u009b\u202e", "\U000e0041\U0001f44d", "\"\\\n", "\xff\xc3"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		b, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		var out strings.Builder
		if _, err := plain.Writer(&out).Write(b); err != nil {
			t.Fatal(err)
		}
		var got, want string
		if err := errors.Join(json.Unmarshal([]byte(out.String()), &got), json.Unmarshal(b, &want)); err != nil ||
			got != want {
			t.Errorf("%q became %q: %v", want, got, err)
		}
		for _, r := range out.String() {
			if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
				t.Errorf("%q is left", r)
			}
		}
	})
}

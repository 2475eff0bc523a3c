package tag_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"archway/internal/tag"
)

const someCommit = "0123456789abcdef0123456789abcdef01234567"

// Six in the morning of the next day where it was made, to show that tags are in UTC.
var someTime = time.Date(2026, time.March, 8, 6, 5, 4, 0, time.FixedZone("", 12*60*60))

func TestRender(t *testing.T) {
	values := tag.Values{Commit: someCommit, Branch: "feature/login", Time: someTime}
	for in, want := range map[string]string{
		"latest":                          "latest",
		"_1.0-RC":                         "_1.0-RC",
		"{commit}":                        someCommit,
		"{commit:40}":                     someCommit,
		"{commit:12}":                     "0123456789ab",
		"{commit:4}":                      "0123",
		"{branch}":                        "feature-login",
		"{date:20060102}":                 "20260307",
		"{date:20060102-150405}":          "20260307-180504",
		"{date:20060102T150405Z}":         "20260307T180504Z",
		"{date:20060102-15,Asia/Tokyo}":   "20260308-03",
		"{date:15,Europe/Berlin}":         "19",
		"{date:15,UTC}":                   "18",
		"{date:2006-Jan-2.Mon}":           "2026-Mar-7.Sat",
		"{branch}-{date:0102}.{commit:7}": "feature-login-0307.0123456",
	} {
		t.Run(in, func(t *testing.T) {
			got, err := mustParse(t, in).Render(values)
			if err != nil {
				t.Fatal(err)
			}
			if got != want {
				t.Errorf("Render = %q, want %q", got, want)
			}
		})
	}
}

func TestRenderRefusesUnfitValues(t *testing.T) {
	const hexadecimal = "want 40 lower-case hexadecimal characters"
	long := strings.Repeat("b", 129)
	for _, test := range []struct {
		name, template string
		values         tag.Values
		want           string
	}{
		{"no commit", "{commit:7}", tag.Values{}, `tag template "{commit:7}": the commit is "", ` + hexadecimal},
		{"short commit", "{commit:7}", tag.Values{Commit: "0123456"},
			`tag template "{commit:7}": the commit is "0123456", ` + hexadecimal},
		{"commit in capitals", "{commit:7}", tag.Values{Commit: strings.ToUpper(someCommit)},
			`tag template "{commit:7}": the commit is "0123456789ABCDEF0123456789ABCDEF01234567", ` + hexadecimal},
		{"no branch", "{branch}", tag.Values{}, `tag template "{branch}": nothing of the branch "" can stand in a tag`},
		{"branch of unfit characters", "v-{branch}", tag.Values{Branch: "ö/ä"},
			`tag template "v-{branch}": nothing of the branch "ö/ä" can stand in a tag`},
		{"long branch", "{branch}", tag.Values{Branch: long},
			`tag template "{branch}": gives "` + long +
				`" (129 characters): a tag has 1 to 128 letters, digits, "_", "." and "-", and does not begin with "." or "-"`},
		{"no time", "{date:2006}", tag.Values{},
			`tag template "{date:2006}": the time of creation is unknown: does the image index lack the annotation org.opencontainers.image.created?`},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := mustParse(t, test.template).Render(test.values)
			if err == nil {
				t.Fatalf("Render = %q, want an error", got)
			}
			if diff := cmp.Diff(test.want, err.Error()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestBranchBecomesFitForATag(t *testing.T) {
	for in, want := range map[string]string{
		"main":             "main",
		"feature/login":    "feature-login",
		"Release/1.0_x":    "Release-1.0_x",
		"fix#12":           "fix-12",
		"größe":            "gr--e",
		"@home":            "home",
		"a//b":             "a--b",
		"-.x":              "x",
		"":                 "",
		"dependabot/npm/a": "dependabot-npm-a",
	} {
		t.Run(in, func(t *testing.T) {
			if got := tag.Branch(in); got != want {
				t.Errorf("Branch(%q) = %q, want %q", in, got, want)
			}
		})
	}
}

func TestValid(t *testing.T) {
	for in, want := range map[string]bool{
		"latest":                 true,
		"_x":                     true,
		"AZaz09":                 true,
		"Z":                      true,
		"0":                      true,
		"@":                      false,
		"[":                      false,
		"`":                      false,
		"{":                      false,
		"/":                      false,
		":":                      false,
		"1.0-rc_1":               true,
		strings.Repeat("a", 128): true,
		strings.Repeat("a", 129): false,
		"":                       false,
		".x":                     false,
		"-x":                     false,
		"a b":                    false,
		"ä":                      false,
		"a:b":                    false,
	} {
		if got := tag.Valid(in); got != want {
			t.Errorf("Valid(%q) = %v, want %v", in, got, want)
		}
	}
}

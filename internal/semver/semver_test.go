package semver_test

import (
	"math/rand/v2"
	"regexp"
	"slices"
	"testing"

	"archway/internal/semver"
)

func TestParse(t *testing.T) {
	for name, want := range map[string]string{
		"v1.2.3": "1.2.3", "1.2.3": "1.2.3", "v0.0.0": "0.0.0", "v10.20.30": "10.20.30",
		"v1.2.3-rc.1": "1.2.3-rc.1", "v1.2.3-0a-b": "1.2.3-0a-b", "v1.2.3+build.5": "1.2.3",
		"v1.2.3-rc.1+b": "1.2.3-rc.1",
		"v1.2":          "", "v1": "", "v01.2.3": "", "v1.2.3-": "", "v1.2.3-01": "", "v1.2.3-a..b": "", "v1.2.3+": "",
		"v1.2.3+a+b": "",
		"V1.2.3":     "", "vv1.2.3": "", "v1.2.3.4": "", "v1.2.3 ": "", "release-1.2.3": "", "": "", "v1.2.3-ü": "",
		"v1.2.3\n": "",
	} {
		got, ok := semver.Parse(name)
		if ok != (want != "") || ok && got.String() != want {
			t.Errorf("%q is %v, %v, want %q", name, got, ok, want)
		}
		if ok && !regexp.MustCompile(`\A(?:`+semver.Name+`)\z`).MatchString(name) {
			t.Errorf("%q does not fit the expression of names", name)
		}
	}
}

// The order is that of https://semver.org/#spec-item-11, numbers by their value.
func TestCompare(t *testing.T) {
	want := []string{
		"0.9.9", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11",
		"1.0.0-rc.1",
		"1.0.0", "1.2.9", "1.2.10", "1.3.0", "1.10.0", "2.0.0", "10.0.0", "9999999999999999999999.0.0",
	}
	got := slices.Clone(want)
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(got), func(i, j int) { got[i], got[j] = got[j], got[i] })
	slices.SortFunc(got, func(a, b string) int {
		va, _ := semver.Parse(a)
		vb, _ := semver.Parse(b)
		return va.Compare(vb)
	})
	if !slices.Equal(got, want) {
		t.Errorf("order %q", got)
	}
}

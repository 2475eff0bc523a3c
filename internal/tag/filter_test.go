package tag_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"archway/internal/tag"
)

func TestFilterCoversTheTagsOfATemplate(t *testing.T) {
	for in, want := range map[string]string{
		"latest":                          "latest",
		"{branch}":                        "feature-login",
		"nightly-{date:20060102}":         "nightly-*",
		"{commit}":                        "*",
		"{commit:7}{date:2006}":           "*",
		"{branch}-{date:2006}-{commit:7}": "feature-login-*-*",
	} {
		t.Run(in, func(t *testing.T) {
			got, err := mustParse(t, in).Filter("feature/login")
			if err != nil {
				t.Fatal(err)
			}
			if got != want {
				t.Errorf("Filter = %q, want %q", got, want)
			}
		})
	}
}

// A filter keeps within the limits of ECR.
func TestFilterWithinECRsLimits(t *testing.T) {
	long := strings.Repeat("b", 129)
	for _, test := range []struct{ template, branch, want string }{
		{"{commit}-{commit:4}-{date:2006}", "main",
			`tag template "{commit}-{commit:4}-{date:2006}": gives the filter "*-*-*": ECR takes at most 2 "*" in a filter: use fewer {commit} and {date}, or put them side by side`},
		{"{branch}", long,
			`tag template "{branch}": gives the filter "` + long + `" of 129 characters: ECR takes at most 128`},
		{"{branch}", "ü", `tag template "{branch}": nothing of the branch "ü" can stand in a tag`},
	} {
		t.Run(test.template, func(t *testing.T) {
			got, err := mustParse(t, test.template).Filter(test.branch)
			if err == nil {
				t.Fatalf("Filter = %q, want an error", got)
			}
			if diff := cmp.Diff(test.want, err.Error()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestFilterAtTheLimits(t *testing.T) {
	longest := strings.Repeat("b", 128)
	if got, err := mustParse(t, "{branch}").Filter(longest); got != longest || err != nil {
		t.Errorf("Filter = %q, %v", got, err)
	}
	if got, err := (tag.Template{}).Filter("main"); err == nil ||
		!strings.Contains(err.Error(), "gives an empty filter") {
		t.Errorf("Filter = %q, %v", got, err)
	}
}

// MayMatch knows the form of each placeholder.
func TestMayMatchPlaceholders(t *testing.T) {
	for _, test := range []struct {
		template, filter string
		want             bool
	}{
		{"{commit:12}", "latest", false},
		{"{commit:12}", "*", true},
		{"{commit:12}", "v*", false},
		{"{commit:12}", "a*", true},
		{"{commit:12}", "*z", false},
		{"{commit:4}", "beef", true},
		{"{commit:4}", "beefs", false},
		{"{commit:4}", "bee", false},
		{"v-{commit:12}", "v-*", true},
		{"v-{commit:12}", "v*f", true},
		{"{date:20060102}", "latest", false},
		{"{date:20060102}", "main", false},
		{"{date:20060102}", "20*", true},
		{"{date:20060102}", "2026", false},
		{"{date:2006-01-02}", "*-*", true},
		{"{date:2006-01-02}", "*_*", false},
		{"{date:Jan}", "may", true},
		{"{date:Monday}", "latest", true},
		{"{date:Monday}", "v1", false},
		{"{date:Jan}", "ZzZ", true},
		{"{date:Jan}", "AaA", true},
		{"{date:Jan}", "Za9", false},
		{"{date:2006}", "0909", true},
		{"Z-{date:2006}", "Z-*", true},
		{"Z-{date:2006}", "z-*", false},
		{"{date:2}", "8", true},
		{"{branch}", "main", true},
		{"{branch}", "latest", false},
		{"{branch}-{commit:4}", "main", false},
		{"{branch}-{commit:4}", "main-*", true},
		{"latest", "latest", true},
		{"latest", "l*t", true},
		{"latest", "**", true},
		{"latest", "la*x", false},
	} {
		t.Run(test.template+" "+test.filter, func(t *testing.T) {
			if got := mustParse(t, test.template).MayMatch(test.filter, "main"); got != test.want {
				t.Errorf("MayMatch(%q) = %v, want %v", test.filter, got, test.want)
			}
		})
	}
}

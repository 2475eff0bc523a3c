package drift

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"archway/internal/rule"
	"archway/internal/settings"
	"archway/lambda/internal/image/index"
)

// ruled are three rules, of which two build fewer platforms, and two write the tag both.
func ruled(r *released) *Checker {
	c := r.checker()
	of := func(name, exact, pattern string, moving ...string) rule.Tagged {
		return rule.Tagged{
			Rule:   rule.Rule{Name: name, Type: rule.Branch, Exact: exact, Pattern: pattern},
			Images: map[string]rule.Tags{"web": {Moving: moving}},
		}
	}
	c.Settings.Rules = []rule.Tagged{
		of("main", "main", "", "latest", "{branch}", "both", "{commit:12}"),
		of("pr", "", "pr-(?<n>.*)", "both", "pr-{n}"),
		of("edge", "edge", "", "edge"),
	}
	c.web().Validation.AllowedPlatforms = []string{"linux/s390x"}
	c.web().Builds[1].Skip = []string{"pr"}
	c.web().Builds = append(c.web().Builds, settings.Build{Platform: "linux/riscv64", Skip: []string{"main"}})
	return c
}

func TestLooksFollowFromTheRules(t *testing.T) {
	c := ruled(release(t))
	all, err := looks(&c.Settings.Pipeline, c.web())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, l := range all {
		line := strings.Join(l.tags, ",") + ":"
		for _, p := range l.want.Platforms {
			line += " " + index.Key(p)
		}
		line += ", perhaps"
		for _, p := range l.want.Allowed {
			line += " " + index.Key(p)
		}
		got = append(got, line)
	}
	want := []string{
		"latest,main: linux/amd64 linux/arm64, perhaps linux/s390x linux/riscv64",
		"both: linux/amd64, perhaps linux/s390x linux/arm64 linux/riscv64",
		"edge: linux/amd64 linux/arm64 linux/riscv64, perhaps linux/s390x",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// One message tells of all tags of the image; those that no run has written yet are no drift.
func TestLooksOfOneImageAreToldAtOnce(t *testing.T) {
	r := release(t)
	lone := r.store.Index(r.store.Linux("amd64", ""))
	r.move(t, "both", lone) // which pr writes
	if messages, log := run(t, ruled(r)); messages != nil ||
		!strings.Contains(log, `"nothing was released yet","image":"web","tags":["edge"]`) {
		t.Errorf("%+v, log:\n%s", messages, log)
	}
	r.move(t, "latest", lone)
	r.move(t, "edge", lone)
	messages, _ := run(t, ruled(r))
	if len(messages) != 1 {
		t.Fatalf("%+v", messages)
	}
	for _, part := range []string{"\nlatest: sha256:", "\nedge: sha256:", "linux/arm64", "linux/riscv64"} {
		if !strings.Contains(messages[0].text, part) {
			t.Errorf("the message lacks %q:\n%s", part, messages[0].text)
		}
	}
	if strings.Contains(messages[0].text, "both") {
		t.Errorf("the message tells of a tag that is right:\n%s", messages[0].text)
	}
}

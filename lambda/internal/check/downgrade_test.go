package check_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/go-digest"
	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/internal/checks"
	"archway/lambda/internal/check"
	"archway/lambda/internal/fixture"
	"archway/lambda/internal/index"
)

func TestTheNamesOfTheChecksAreKnownEverywhere(t *testing.T) {
	var names []string
	for _, c := range check.All() {
		if c.About == "" {
			t.Errorf("%s has no description", c.Name)
		}
		names = append(names, c.Name)
	}
	if diff := cmp.Diff(checks.Names, names); diff != "" {
		t.Errorf("internal/checks, which the configuration goes by, lists others (-list +checks):\n%s", diff)
	}
}

func TestADowngradedFindingStaysVisibleWithItsReason(t *testing.T) {
	store := fixture.New()
	root := store.Index(store.Linux("amd64", ""), store.Linux("s390x", "")).Digest
	image, err := index.Get(t.Context(), store, root, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name string
		by   map[string]check.Downgrade
		want []string
	}{
		{"not at all", nil, []string{"error platform-set linux/arm64", "error platform-set linux/s390x"}},
		{"another check", map[string]check.Downgrade{"rootfs": {To: check.Info, Reason: "none"}}, []string{"error platform-set linux/arm64", "error platform-set linux/s390x"}},
		{"to a warning", map[string]check.Downgrade{"platform-set": {To: check.Warning, Reason: "moving"}}, []string{
			"warning platform-set linux/arm64 (error: moving)", "warning platform-set linux/s390x (error: moving)",
		}},
		{"to info", map[string]check.Downgrade{"platform-set": {To: check.Info, Reason: "moving"}}, []string{
			"info platform-set linux/arm64 (error: moving)", "info platform-set linux/s390x (error: moving)",
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			want := check.Want{Platforms: []specs.Platform{fixture.AMD64, fixture.ARM64}, Downgrades: test.by}
			var got []string
			for _, f := range check.Run(image, want) {
				line := string(f.Severity) + " " + f.Check + " " + f.Subject.Platform
				if d := f.Downgraded; d != nil {
					line += " (" + string(d.From) + ": " + d.Reason + ")"
				}
				got = append(got, line)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A warning that is downgraded to a warning is none.
func TestADowngradeRaisesNothing(t *testing.T) {
	store := fixture.New()
	docker := store.Image(fixture.ImageSpec{Platform: fixture.AMD64, Docker: true})
	image, err := index.Get(t.Context(), store, store.Index(docker).Digest, nil)
	if err != nil {
		t.Fatal(err)
	}
	by := map[string]check.Downgrade{"mixed-family": {To: check.Warning, Reason: "known"}}
	for _, f := range check.Run(image, check.Want{Platforms: []specs.Platform{fixture.AMD64}, Downgrades: by}) {
		if f.Severity != check.Warning || f.Downgraded != nil {
			t.Errorf("%+v", f)
		}
	}
}

// No reason makes an image valid that isn't there.
func TestWhatIsMissingIsNotDowngraded(t *testing.T) {
	image, err := index.Get(t.Context(), fixture.New(), digest.FromString("nothing"), nil)
	if err != nil {
		t.Fatal(err)
	}
	by := map[string]check.Downgrade{"tag-is-index": {To: check.Info, Reason: "it will come"}}
	if findings := check.Run(image, check.Want{Downgrades: by}); check.Valid(findings) {
		t.Errorf("valid with %+v", findings)
	}
}

func TestDowngradesAreWrittenWithSeverityAndReason(t *testing.T) {
	got, err := check.ParseDowngrade("warning: the amd64 image starts with a wrapper: see #12")
	if want := (check.Downgrade{To: check.Warning, Reason: "the amd64 image starts with a wrapper: see #12"}); err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
	for text, want := range map[string]string{
		"":             `names the severity ""`,
		"error:no":     `names the severity "error"`,
		"Warning:no":   `names the severity "Warning"`,
		"warning":      "has no reason",
		"info:  \t":    "has no reason",
		"config: info": `use "warning" or "info"`,
	} {
		if _, err := check.ParseDowngrade(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

func TestAMisspelledCheckIsNamedRightly(t *testing.T) {
	if err := check.Downgradable("rootfs"); err != nil {
		t.Error(err)
	}
	for name, want := range map[string]string{
		"config-partiy": `did you mean "config-parity"?`,
		"xyz":           "use one of tag-is-index, ",
		"limits":        "can't be downgraded",
	} {
		if err := check.Downgradable(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", name, err, want)
		}
	}
}

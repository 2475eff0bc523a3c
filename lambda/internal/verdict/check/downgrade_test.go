package check_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/go-digest"
	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/internal/checks"
	"archway/internal/spec"
	"archway/lambda/internal/fixture"
	"archway/lambda/internal/image/index"
	"archway/lambda/internal/verdict/check"
)

// The names of the checks are known everywhere.
func TestNamesOfChecks(t *testing.T) {
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

// A downgraded finding stays visible, with its reason.
func TestDowngradedFinding(t *testing.T) {
	store := fixture.New()
	root := store.Index(store.Linux("amd64", ""), store.Linux("s390x", "")).Digest
	image, err := index.Get(t.Context(), store, root, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name string
		by   map[string]spec.Downgrade
		want []string
	}{
		{"not at all", nil, []string{"error platform-set linux/arm64", "error platform-set linux/s390x"}},
		{"another check", map[string]spec.Downgrade{"rootfs": {Severity: "info", Reason: "none"}},
			[]string{"error platform-set linux/arm64", "error platform-set linux/s390x"}},
		{"to a warning", map[string]spec.Downgrade{"platform-set": {Severity: "warning", Reason: "moving"}}, []string{
			"warning platform-set linux/arm64 (error: moving)", "warning platform-set linux/s390x (error: moving)",
		}},
		{"to info", map[string]spec.Downgrade{"platform-set": {Severity: "info", Reason: "moving"}}, []string{
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
	by := map[string]spec.Downgrade{"mixed-family": {Severity: "warning", Reason: "known"}}
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
	by := map[string]spec.Downgrade{"tag-is-index": {Severity: "info", Reason: "it will come"}}
	if findings := check.Run(image, check.Want{Downgrades: by}); check.Count(findings, check.Error) == 0 {
		t.Errorf("valid with %+v", findings)
	}
}

// Downgrades without effect are refused.
func TestDowngradesWithoutEffect(t *testing.T) {
	if err := check.Downgradable("rootfs", spec.Downgrade{Severity: "info", Reason: "see #12"}); err != nil {
		t.Error(err)
	}
	for _, test := range []struct{ name, severity, reason, want string }{
		{"rootfs", "", "no", `names the severity ""`},
		{"rootfs", "error", "no", `names the severity "error"`},
		{"rootfs", "Warning", "no", `names the severity "Warning": use "warning" or "info"`},
		{"rootfs", "warning", "", "has no reason"},
		{"rootfs", "info", "  \t", "has no reason"},
		{"config-partiy", "info", "x", `did you mean "config-parity"?`},
		{"xyz", "info", "x", "use one of tag-is-index, "},
		{"limits", "info", "x", "can't be downgraded"},
	} {
		if err := check.Downgradable(test.name,
			spec.Downgrade{Severity: spec.Severity(test.severity), Reason: test.reason}); err == nil ||
			!strings.Contains(err.Error(), test.want) {
			t.Errorf("%+v: %v", test, err)
		}
	}
}

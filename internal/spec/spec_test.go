package spec_test

import (
	"reflect"
	"testing"
	"time"

	"archway/internal/spec"

	"github.com/google/go-cmp/cmp"
)

func TestDefaults(t *testing.T) {
	got := spec.Default[spec.SmokeTest]()
	want := spec.SmokeTest{Command: []string{}, Environment: map[string]string{}, TimeoutSeconds: 60,
		Compute: spec.Small}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	filled := spec.Build{TimeoutMinutes: 7}
	if spec.Fill(&filled); filled != (spec.Build{Compute: spec.Medium, TimeoutMinutes: 7}) {
		t.Errorf("filled %+v", filled)
	}
}

func TestCheck(t *testing.T) {
	less := -1
	for name, test := range map[string]struct {
		of   any
		key  string
		want string
	}{
		"good":     {spec.Build{TimeoutMinutes: 480}, "timeoutMinutes", ""},
		"too much": {spec.ScanGate{TimeoutMinutes: 721}, "timeoutMinutes", "use 1 to 720"},
		"whose bound": {spec.Build{}, "timeoutMinutes",
			"CodeBuild takes no less than 5 minutes, and CodePipeline ends a build after 8 hours: use 5 to 480"},
		"embedded": {spec.ScanGate{Limits: spec.Limits{Low: &less}}, "low", "use 0 to 1000000"},
		"choice":   {spec.Downgrade{Severity: "error"}, "severity", `use "warning" or "info"`},
		"sentence": {spec.Downgrade{Reason: " "}, "reason", "is empty: say why; it is shown with each finding"},
		"rule": {spec.HTTPCheck{Path: "a b"}, "path",
			`a path begins with "/" and has no white space: use one such as "/health"`},
		"no day": {spec.Accepted{Until: "2027-02-30"}, "until",
			`there is no such day: use one such as "2027-01-31"`},
	} {
		value := reflect.ValueOf(test.of)
		found := false
		for _, f := range spec.Fields(value.Type()) {
			if f.Key != test.key {
				continue
			}
			found = true
			if got := f.Check(value.FieldByIndex(f.Index)); got != test.want {
				t.Errorf("%s: %q, want %q", name, got, test.want)
			}
		}
		if !found {
			t.Errorf("%s: there is no key %q", name, test.key)
		}
	}
}

func TestExpired(t *testing.T) {
	noon := time.Date(2027, 1, 31, 12, 0, 0, 0, time.UTC)
	for until, want := range map[string]bool{"2027-01-31": false, "2027-01-30": true, "soon": true} {
		if got := (spec.Accepted{Until: until}).Expired(noon); got != want {
			t.Errorf("%s: expired %t, want %t", until, got, want)
		}
	}
}

package parameters_test

import (
	"strings"
	"testing"
	"time"

	"archway/internal/parameters"

	"github.com/google/go-cmp/cmp"
)

func TestAcceptanceEndsAfterItsLastDayInUTC(t *testing.T) {
	a := parameters.Accepted{ID: "CVE-2026-1", Reason: "r", Until: "2026-01-31"}
	tokyo := time.FixedZone("Tokyo", 9*60*60)
	for at, want := range map[time.Time]bool{
		time.Date(2026, 1, 31, 23, 59, 59, 0, time.UTC): false,
		time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC):     true,
		time.Date(2026, 2, 1, 8, 59, 0, 0, tokyo):       false,
		time.Date(2026, 2, 1, 9, 0, 0, 0, tokyo):        true,
	} {
		if got := a.Expired(at); got != want {
			t.Errorf("at %s: expired %v, want %v", at, got, want)
		}
	}
	if !(parameters.Accepted{Until: "soon"}).Expired(time.Now()) {
		t.Error("an acceptance without a day never ends")
	}
}

func TestAcceptedFindingsAreReadFromTheEnvironment(t *testing.T) {
	got, err := parameters.DecodeAccepted(`{"app":[{"id":"CVE-2026-1","reason":"not reachable","until":"2027-01-31"}]}`)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]parameters.Accepted{"app": {{ID: "CVE-2026-1", Reason: "not reachable", Until: "2027-01-31"}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got, err := parameters.DecodeAccepted(""); err != nil || len(got) > 0 {
		t.Errorf("nothing: %v, %v", got, err)
	}
	for text, part := range map[string]string{
		`[]`:                             "holds no accepted findings",
		`{"app":[{"cve":"CVE-2026-1"}]}`: `unknown field "cve"`,
		`{"app":[{"id":"CVE-2026-1","reason":"","until":"2027-01-31"}]}`:  "expected an id, a reason and a day",
		`{"app":[{"id":"CVE-2026-1","reason":"r","until":"31.01.2027"}]}`: "of app, expected an id, a reason and a day such as 2027-01-31",
		`{"app":[{"id":"","reason":"r","until":"2027-01-31"}]}`:           "expected an id",
		`{"app":[{"id":"CVE-2026-1","reason":"r","until":"2027-02-30"}]}`: "such as 2027-01-31",
	} {
		if _, err := parameters.DecodeAccepted(text); err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%s: %v, want %q in it", text, err, part)
		}
	}
}

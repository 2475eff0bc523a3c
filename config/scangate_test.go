package config_test

import (
	"testing"

	"archway/internal/spec"

	"github.com/google/go-cmp/cmp"
)

func TestScanGatesAreRead(t *testing.T) {
	none, many := 0, 100
	tests := []struct {
		name, config string
		want         *spec.ScanGate
	}{
		{"none", imageWith(`"target": ""`), nil},
		{"no critical and no high findings", imageWith(`"scanGate": {}`),
			&spec.ScanGate{TimeoutMinutes: 30, Accept: []spec.Accepted{}}},
		{"all of it",
			imageWith(`"scanGate": {"critical": 1, "high": 2, "medium": 100, "low": 0, "timeoutMinutes": 720, "allowUnscannable": true, "enhanced": true}`),
			&spec.ScanGate{Limits: spec.Limits{Critical: 1, High: 2, Medium: &many, Low: &none}, TimeoutMinutes: 720,
				AllowUnscannable: true, Enhanced: true, Accept: []spec.Accepted{}}},
		{"accepted findings",
			imageWith(`"scanGate": {"accept": [{"id": "CVE-2026-1234", "reason": " not reachable ", "until": "2027-01-31"}, {"id": "GHSA-x", "reason": "#{so}", "until": "2028-02-29"}]}`),
			&spec.ScanGate{TimeoutMinutes: 30, Accept: []spec.Accepted{
				{ID: "CVE-2026-1234", Reason: "not reachable", Until: "2027-01-31"},
				{ID: "GHSA-x", Reason: "#{so}", Until: "2028-02-29"}}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, load(t, test.config).Pipelines[0].Images[0].ScanGate); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Scan gates that can't work are reported.
func TestWrongScanGates(t *testing.T) {
	const at = "archway.pipelines[0].images[0].scanGate"
	check(t, []problemTest{
		{"a flag", imageWith(`"scanGate": true`),
			[]string{at + `: true: is a boolean where an object belongs: write it in braces, { … }`}},
		{"unknown keys", imageWith(`"scanGate": {"severe": 1}`), []string{
			at + `.severe: unknown key: use "critical", "high", "medium", "low", "timeoutMinutes", "allowUnscannable", "enhanced" or "accept"`}},
		{"numbers out of bounds", imageWith(`"scanGate": {"critical": -1, "low": 1000001, "timeoutMinutes": 0}`),
			[]string{
				at + `.critical: -1: use 0 to 1000000`, at + `.low: 1000001: use 0 to 1000000`,
				at + `.timeoutMinutes: 0: use 1 to 720`}},
		{"an acceptance that says nothing",
			imageWith(`"scanGate": {"accept": ["CVE-2026-1", {}, {"id": "", "reason": " ", "until": "soon"}]}`),
			[]string{
				at + `.accept[0]: "CVE-2026-1": is a string where an object belongs: write it in braces, { … }`,
				at + `.accept[1].id: is missing: name the vulnerability, such as "CVE-2026-1234"`,
				at + `.accept[1].reason: is missing: say why; it is logged with each finding`,
				at + `.accept[1].until: is missing: give the last day on which it is accepted, such as "2027-01-31"`,
				at + `.accept[2].id: "": a vulnerability is named by its id of letters, digits, ".", "_", ":" and "-": use what the scanner shows, such as "CVE-2026-1234"`,
				at + `.accept[2].reason: " ": is empty: say why; it is logged with each finding`,
				at + `.accept[2].until: "soon": a day is written as year, month and day: use one such as "2027-01-31"`,
			}},
		{"a day that there is not, and one finding twice",
			imageWith(`"scanGate": {"accept": [{"id": "CVE-1", "reason": "r", "until": "2027-02-29"}, {"id": "cve-1", "reason": "r", "until": "2027-02-28"}]}`),
			[]string{
				at + `.accept[0].until: "2027-02-29": there is no such day: use one such as "2027-01-31"`,
				at + `.accept[1].id: "CVE-1": is also at archway.pipelines[0].images[0].scanGate.accept[0].id: it is accepted once for all packages and platforms: remove one of them`}},
	})
}

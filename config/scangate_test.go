package config_test

import (
	"testing"

	"archway/config"

	"github.com/google/go-cmp/cmp"
)

func TestScanGatesAreRead(t *testing.T) {
	none, many := 0, 100
	tests := []struct {
		name, config string
		want         *config.ScanGate
	}{
		{"none", imageWith(`"target": ""`), nil},
		{"no critical and no high findings", imageWith(`"scanGate": {}`), &config.ScanGate{TimeoutMinutes: 30}},
		{"all of it", imageWith(`"scanGate": {"critical": 1, "high": 2, "medium": 100, "low": 0, "timeoutMinutes": 720, "allowUnscannable": true, "enhanced": true}`),
			&config.ScanGate{Critical: 1, High: 2, Medium: &many, Low: &none, TimeoutMinutes: 720, AllowUnscannable: true, Enhanced: true}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, load(t, test.config).Pipelines[0].Images[0].ScanGate); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestScanGatesThatCannotWorkAreReported(t *testing.T) {
	const at = "archway.pipelines[0].images[0].scanGate"
	check(t, []problemTest{
		{"a flag", imageWith(`"scanGate": true`), []string{at + `: true: is a boolean where an object belongs: write it in braces, { … }`}},
		{"unknown keys", imageWith(`"scanGate": {"severe": 1}`), []string{
			at + `.severe: unknown key: use "critical", "high", "medium", "low", "timeoutMinutes", "allowUnscannable" or "enhanced"`}},
		{"numbers out of bounds", imageWith(`"scanGate": {"critical": -1, "low": 1000001, "timeoutMinutes": 0}`), []string{
			at + `.critical: -1: use 0 to 1000000`, at + `.low: 1000001: use 0 to 1000000`, at + `.timeoutMinutes: 0: use 1 to 720`}},
	})
}

package app_test

import (
	"os/exec"
	"testing"

	"archway/version"
)

// Each program says which Archway it is of.
func TestVersion(t *testing.T) {
	for name, command := range map[string][]string{
		"archway": {app},
		"bench":   {"go", "run", "archway/test/bench"},
		"confirm": {"go", "run", "archway/test/confirm"},
		"cost":    {"go", "run", "archway/test/cost"},
		"diff":    {"go", "run", "archway/test/diff"},
		"picture": {"go", "run", "archway/test/picture"},
		"summary": {"go", "run", "archway/test/summary"},
	} {
		out, err := exec.Command(command[0], append(command[1:], "--version")...).CombinedOutput()
		if want := name + " " + version.Version + "\n"; err != nil || string(out) != want {
			t.Errorf("got %q (%v), want %q", out, err, want)
		}
	}
}

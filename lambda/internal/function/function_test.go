package function

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestTheLogSteersNoTerminal(t *testing.T) {
	const hostile = "\x1b[2J \u009b2J \u202etxt \u2066"
	var out strings.Builder
	logger(&out).Warn("finding", "message", hostile)
	for _, r := range "\x1b\u009b\u202e\u2066" {
		if strings.ContainsRune(out.String(), r) {
			t.Errorf("%q is left in %s", r, out.String())
		}
	}
	var line struct{ Message string }
	if err := json.Unmarshal([]byte(out.String()), &line); err != nil || line.Message != hostile {
		t.Errorf("%q, %v", line.Message, err)
	}
}

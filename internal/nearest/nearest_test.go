package nearest_test

import (
	"testing"

	"archway/internal/nearest"
)

func TestWordIsTheOneThatWasMeant(t *testing.T) {
	words := []string{"platform-set", "platform-dup", "config-parity", "rootfs"}
	for misspelled, want := range map[string]string{
		"platform-sett": "platform-set",
		"Platform-Dup":  "platform-dup",
		"conf":          "config-parity", // an abbreviation
		"rootFS":        "rootfs",
		"paltform-dup":  "platform-dup",
		"something":     "",
		"":              "",
	} {
		if got := nearest.Word(misspelled, words); got != want {
			t.Errorf("Word(%q) = %q, want %q", misspelled, got, want)
		}
	}
}

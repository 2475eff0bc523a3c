// Package nearest finds what a misspelled word was most likely meant to be.
package nearest

import (
	"strings"

	"github.com/agext/levenshtein"
)

// Word gives the word that s was most likely meant to be, or "" if none is near: one that s
// abbreviates, or the one with the fewest mistakes.
func Word(s string, words []string) string {
	s = strings.ToLower(s)
	best, least := "", len(s)/2+1
	for _, word := range words {
		lower := strings.ToLower(word)
		if len(s) >= 3 && strings.HasPrefix(lower, s) {
			return word
		}
		if d := levenshtein.Distance(s, lower, nil); d < least {
			best, least = word, d
		}
	}
	return best
}

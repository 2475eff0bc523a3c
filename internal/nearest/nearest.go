// Package nearest finds what a misspelled word was most likely meant to be.
package nearest

import "strings"

// Word gives the word that s was most likely meant to be, or "" if none is near: one that s abbreviates, or the one with the
// fewest mistakes.
func Word(s string, words []string) string {
	s = strings.ToLower(s)
	best, least := "", len(s)/2+1
	for _, word := range words {
		lower := strings.ToLower(word)
		if len(s) >= 3 && strings.HasPrefix(lower, s) {
			return word
		}
		if d := distance(s, lower); d < least {
			best, least = word, d
		}
	}
	return best
}

// distance is the Levenshtein distance: how many bytes must be put in, taken out or replaced.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replaced := diagonal
			if a[i] != b[j] {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

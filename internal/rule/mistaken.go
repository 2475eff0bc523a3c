package rule

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// glob is what people write who mean a wildcard: a name in which "*" or "?" stands for any text.
var glob = regexp.MustCompile(`^[A-Za-z0-9_./@*?-]+$`)

// Wildcard gives the regular expression for what is written as a wildcard, such as release/* or
// *-rc. It is false if it is none: a period before "*" or "?" is how a regular expression says it.
func Wildcard(pattern string) (string, bool) {
	if !glob.MatchString(pattern) || !strings.Contains(pattern, "*") || strings.Contains(pattern, ".*") {
		return "", false
	}
	var b strings.Builder
	for i, r := range pattern {
		switch {
		case r == '*' && i > 0 && pattern[i-1] == '*': // one of two says all
		case r == '*':
			b.WriteString(".*")
		case r == '?':
			b.WriteByte('.')
		default:
			b.WriteString(regexp.QuoteMeta(string(r)))
		}
	}
	return b.String(), true
}

// refused says why RE2 takes no pattern, and what to write instead.
func refused(pattern string, err error) string {
	what := strings.TrimPrefix(err.Error(), "error parsing regexp: ")
	if instead, is := Wildcard(pattern); is {
		return fmt.Sprintf("is no regular expression of RE2 (%s), in which \".*\" is any text: write %q", what, instead)
	}
	switch {
	case lookaround.MatchString(pattern):
		cure := "write what the names look like that are meant, and give the others a rule of their own, or none"
		if instead, ok := Without(pattern); ok {
			cure = fmt.Sprintf("write %q, which matches the same", instead)
		}
		kind := lookaround.FindString(pattern)
		name := "look-ahead"
		if strings.Contains(kind, "<") {
			name = "look-behind"
		}
		return fmt.Sprintf("RE2 has no %s, %s…): %s", name, kind, cure)
	case backReference.MatchString(pattern):
		return fmt.Sprintf(
			`RE2 has no %s, which repeats what a group has matched: write what the names look like that are meant`,
			backReference.FindString(pattern))
	}
	return fmt.Sprintf("is no regular expression of RE2 (%s): see https://github.com/google/re2/wiki/Syntax", what)
}

var (
	lookaround    = regexp.MustCompile(`\(\?<?[=!]`)
	backReference = regexp.MustCompile(`\\[1-9]`)
	// exclusion is the usual look-ahead: any name but one, or but those that begin so.
	exclusion = regexp.MustCompile(`^\^?\(\?!\^?([A-Za-z0-9_/-]+)(\$?|\.\*|\\z)\)\.[*+]\$?$`)
)

// Without gives a pattern that needs no look-ahead and matches the same names: of "any but main",
// (?!main$).*, and of "any that doesn't begin with main", (?!main).*. It is false for all others.
func Without(pattern string) (string, bool) {
	found := exclusion.FindStringSubmatch(pattern)
	if found == nil {
		return "", false
	}
	text, more := found[1], ".*"
	whole := found[2] == "$" || found[2] == `\z`
	// From the back: what may follow once all before is that of the text.
	rest := ""
	if whole {
		rest = ".+"
	}
	for text != "" {
		last, size := utf8.DecodeLastRuneInString(text)
		text = text[:len(text)-size]
		other := fmt.Sprintf("[^%s]%s", regexp.QuoteMeta(string(last)), more)
		if last == '-' {
			other = `[^\-]` + more
		}
		if rest != "" {
			other += "|" + regexp.QuoteMeta(string(last)) + rest
		}
		rest = "(?:" + other + ")"
		if text != "" {
			rest += "?" // a name may also end here
		}
	}
	return strings.TrimSuffix(strings.TrimPrefix(rest, "(?:"), ")"), true
}

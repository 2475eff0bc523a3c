package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Problem is one thing that is wrong with a configuration.
type Problem struct {
	// Path is where, such as archway.pipelines[0].images[1].platforms[0].
	Path string
	// Value is what stands there, as JSON; it is cut if it is long, and empty if the problem is
	// something missing.
	Value string
	// Message says what is allowed, why, and what to do.
	Message string
}

// String gives the problem in one line.
func (p Problem) String() string {
	if p.Value == "" {
		return p.Path + ": " + p.Message
	}
	return p.Path + ": " + p.Value + ": " + p.Message
}

// Problems are all that is wrong with a configuration, in the order of the file. It is the error of
// Load.
type Problems []Problem

// Error gives one line per problem.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, problem := range p {
		lines[i] = problem.String()
	}
	return strings.Join(lines, "\n")
}

// nothing is the value of a problem that is not about a value.
type nothing struct{}

// maxValue is how many characters of a value a problem shows, so that it stays one readable line.
const maxValue = 100

// show renders a value as JSON in one line.
func show(value any) string {
	if value == (nothing{}) {
		return ""
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return fmt.Sprintf("%q", fmt.Sprint(value))
	}
	text := visible(strings.TrimSuffix(b.String(), "\n"))
	if utf8.RuneCountInString(text) > maxValue {
		text = string([]rune(text)[:maxValue]) + "…"
	}
	return text
}

// visible writes what can't be seen, such as a no-break space or a zero-width one that was pasted
// along, as JSON's escapes.
func visible(text string) string {
	var b strings.Builder
	for _, r := range text {
		switch high, low := utf16.EncodeRune(r); {
		case unicode.IsPrint(r):
			b.WriteRune(r)
		case r > 0xffff:
			fmt.Fprintf(&b, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

var plainKey = regexp.MustCompile(`^[A-Za-z0-9_$-]+$`)

// below gives the path of a key of an object.
func below(at, key string) string {
	if plainKey.MatchString(key) {
		return at + "." + key
	}
	return at + "[" + show(key) + "]"
}

// item gives the path of an item of a list.
func item(at string, i int) string { return fmt.Sprintf("%s[%d]", at, i) }

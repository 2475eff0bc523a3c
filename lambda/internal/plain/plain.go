// Package plain keeps what others wrote from steering a terminal, and from looking like something
// else in a log: everything that is printed passes through here. Registries, labels and file names
// can hold what clears a screen (C0 and C1 control characters), turns text around (U+202E, U+2066)
// or can't be seen (U+200B, U+2028). It is written as JSON escapes it, so that a text shows what is
// there and a JSON document keeps its meaning.
package plain

import (
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Text gives a text in one line of characters that can be seen.
func Text(s string) string {
	var b strings.Builder
	for _, r := range s {
		if seen(r) {
			b.WriteRune(r)
		} else {
			escape(&b, r)
		}
	}
	return b.String()
}

// Cut gives the first characters of such a text.
func Cut(s string, most int) string {
	if runes := []rune(Text(s)); len(runes) > most {
		return string(runes[:most])
	}
	return Text(s)
}

// seen reports whether a character stands for itself: letters, marks, numbers, punctuation, symbols
// and blanks.
func seen(r rune) bool { return unicode.IsGraphic(r) && r != utf8.RuneError }

func escape(b *strings.Builder, r rune) {
	if high, low := utf16.EncodeRune(r); high != unicode.ReplacementChar {
		fmt.Fprintf(b, `\u%04x\u%04x`, high, low)
		return
	}
	fmt.Fprintf(b, `\u%04x`, r)
}

// Writer writes texts of several lines to another writer.
func Writer(to io.Writer) io.Writer { return &writer{to: to} }

type writer struct {
	to io.Writer
	// rest is a character of which not all bytes have come yet.
	rest []byte
}

// Write implements io.Writer.
func (w *writer) Write(p []byte) (int, error) {
	text := append(w.rest, p...)
	w.rest = nil
	var b strings.Builder
	for len(text) > 0 {
		if !utf8.FullRune(text) {
			w.rest = text
			break
		}
		r, size := utf8.DecodeRune(text)
		if text = text[size:]; seen(r) || r == '\n' || r == '\t' {
			b.WriteRune(r)
		} else {
			escape(&b, r)
		}
	}
	if _, err := io.WriteString(w.to, b.String()); err != nil {
		return 0, err
	}
	return len(p), nil
}

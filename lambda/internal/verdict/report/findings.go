package report

import (
	"fmt"
	"log/slog"
	"strings"
	"unicode/utf8"

	"archway/lambda/internal/verdict/check"
)

// Item writes a finding as a line of a numbered list; message is what it says.
func Item(number int, f check.Finding, message string) string {
	return fmt.Sprintf("\n%d. %s %s: %s.", number, f.Severity, f.Check, message)
}

// List writes findings as a numbered list of which each line ends with a downgrade's reason.
func List(findings []check.Finding) []string {
	var lines []string
	for n, f := range findings {
		line := Item(n+1, f, f.Message())
		if d := f.Downgraded; d != nil {
			line += fmt.Sprintf(" (Downgraded from %s: %s)", d.From, d.Reason)
		}
		lines = append(lines, line)
	}
	return lines
}

// More is for [Fit], where findings are left out.
const More = "\n… and %d more; the function's log has them all."

// Fit appends as many parts to a text as it can have characters, and says how many it leaves out:
// more has a %d for their number.
func Fit(text string, parts []string, most int, more string) string {
	for n, part := range parts {
		rest := fmt.Sprintf(more, len(parts)-n)
		if utf8.RuneCountInString(text+part+rest) > most {
			return text + rest
		}
		text += part
	}
	return text
}

// Some joins the first names of a list, and says how many more there are.
func Some(names []string, most int) string {
	if more := len(names) - most; more > 0 {
		return fmt.Sprintf("%s, and %d more", strings.Join(names[:most], ", "), more)
	}
	return strings.Join(names, ", ")
}

// Log writes a line for each finding.
func Log(l *slog.Logger, findings []check.Finding) {
	for _, f := range findings {
		line := l.With("check", f.Check, "severity", f.Severity, "subject", f.Subject.Digest, "platform",
			f.Subject.Platform)
		if d := f.Downgraded; d != nil {
			line = line.With("downgradedFrom", d.From, "reason", d.Reason)
		}
		line.Warn("finding", "message", f.Message())
	}
}

// Tally counts findings in words.
func Tally(findings []check.Finding) string {
	var parts []string
	for _, s := range []check.Severity{check.Error, check.Warning} {
		n := check.Count(findings, s)
		switch {
		case n == 1:
			parts = append(parts, "1 "+string(s))
		case n > 1:
			parts = append(parts, fmt.Sprintf("%d %ss", n, s))
		}
	}
	if len(parts) == 0 {
		return "no errors"
	}
	return strings.Join(parts, ", ")
}

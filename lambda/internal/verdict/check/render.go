package check

import (
	"fmt"
	"log/slog"
	"strings"
)

// Item writes the finding as an item of a numbered list, which ends with a downgrade's reason.
func (f Finding) Item(number int) string {
	item := fmt.Sprintf("%d. %s %s: %s.", number, f.Severity, f.Check, f.Message())
	if d := f.Downgraded; d != nil {
		item += fmt.Sprintf(" (Downgraded from %s: %s)", d.From, d.Reason)
	}
	return item
}

// Log writes a line for each finding.
func Log(l *slog.Logger, findings []Finding) {
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
func Tally(findings []Finding) string {
	var parts []string
	for _, s := range []Severity{Error, Warning} {
		n := Count(findings, s)
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

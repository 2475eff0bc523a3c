package check

import (
	"fmt"
	"slices"
	"strings"

	"archway/internal/checks"
	"archway/internal/nearest"
)

// Downgrade makes the findings of one check weigh less. It always has a reason, which is shown with each of them.
type Downgrade struct {
	To     Severity
	Reason string
}

// Downgraded is what a finding would be without a downgrade, and why it isn't.
type Downgraded struct {
	From   Severity
	Reason string
}

// Downgradable refuses the names of checks that can't be downgraded, and of those that don't exist: a misspelled one would change
// nothing, in silence.
func Downgradable(name string) error {
	switch {
	case slices.Contains(checks.Firm, name):
		return fmt.Errorf("the check %s can't be downgraded: what it reports was not examined, so that nothing is known about it", name)
	case slices.Contains(checks.Names, name):
		return nil
	}
	if near := nearest.Word(name, checks.Names); near != "" {
		return fmt.Errorf("there is no check %q: did you mean %q?", name, near)
	}
	return fmt.Errorf("there is no check %q: use one of %s", name, strings.Join(checks.Names, ", "))
}

// ParseDowngrade reads "severity:reason".
func ParseDowngrade(s string) (Downgrade, error) {
	severity, reason, _ := strings.Cut(s, ":")
	d := Downgrade{To: Severity(strings.TrimSpace(severity)), Reason: strings.TrimSpace(reason)}
	switch {
	case d.To != Warning && d.To != Info:
		return d, fmt.Errorf("%q names the severity %q: use %q or %q", s, d.To, Warning, Info)
	case d.Reason == "":
		return d, fmt.Errorf("%q has no reason: write it after the colon, it is shown with each finding", s)
	}
	d.Reason = printable(d.Reason)
	return d, nil
}

// downgrade makes findings weigh no more than their check may. None disappears.
func downgrade(findings []Finding, by map[string]Downgrade) {
	for n := range findings {
		f := &findings[n]
		if d, ok := by[f.Check]; ok && weight(f.Severity) < weight(d.To) {
			f.Downgraded = &Downgraded{From: f.Severity, Reason: d.Reason}
			f.Severity = d.To
		}
	}
}

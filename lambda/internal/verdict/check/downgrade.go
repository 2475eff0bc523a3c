package check

import (
	"fmt"
	"slices"
	"strings"

	"archway/internal/checks"
	"archway/internal/nearest"
	"archway/internal/spec"
)

// Downgraded says what a finding would be, and why it isn't.
type Downgraded struct {
	// The severity without the downgrade.
	From Severity `json:"from"`
	// The reason that was given for it.
	Reason string `json:"reason"`
}

// Downgradable refuses a downgrade that has no effect or no reason, and one of a check that can't
// be downgraded or doesn't exist: a misspelled one would change nothing, in silence.
func Downgradable(name string, d spec.Downgrade) error {
	if err := known(name); err != nil {
		return err
	}
	switch to := d.Severity; {
	case to != Warning && to != Info:
		return fmt.Errorf("the downgrade of %s names the severity %q: use %q or %q", name, d.Severity, Warning, Info)
	case strings.TrimSpace(d.Reason) == "":
		return fmt.Errorf("the downgrade of %s has no reason: give one, it is shown with each finding", name)
	}
	return nil
}

func known(name string) error {
	switch {
	case slices.Contains(checks.Firm, name):
		return fmt.Errorf(
			"the check %s can't be downgraded: what it reports was not examined, so that nothing is known about it",
			name)
	case slices.Contains(checks.Names, name):
		return nil
	}
	if near := nearest.Word(name, checks.Names); near != "" {
		return fmt.Errorf("there is no check %q: did you mean %q?", name, near)
	}
	return fmt.Errorf("there is no check %q: use one of %s", name, strings.Join(checks.Names, ", "))
}

// downgrade makes findings weigh no more than their check may. None disappears.
func downgrade(findings []Finding, by map[string]spec.Downgrade) {
	for n := range findings {
		f := &findings[n]
		if d, ok := by[f.Check]; ok && weight(f.Severity) < weight(d.Severity) {
			f.Downgraded = &Downgraded{From: f.Severity, Reason: printable(d.Reason)}
			f.Severity = d.Severity
		}
	}
}

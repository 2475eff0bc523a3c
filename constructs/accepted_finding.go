package constructs

import (
	"strings"
	"time"

	"archway/internal/settings"
)

// AcceptedFinding is a vulnerability that somebody has looked at and that counts against no limit of a scan gate for a while. The
// function's log names it, with the reason, whenever it lets it pass.
type AcceptedFinding struct {
	// ID is what the scanner calls the vulnerability, such as "CVE-2026-1234". Required.
	ID string

	// Reason says why, in a sentence. Required.
	Reason string

	// Until is the last day on which it is accepted, in UTC and as in "2027-01-31". From the next day on it counts again. Required.
	Until string
}

func (a *AcceptedFinding) problems(at string) []error {
	var errs []error
	if !settings.VulnerabilityID.MatchString(a.ID) {
		errs = append(errs, wrong(at+".ID", "is %q: give the vulnerability's id, such as \"CVE-2026-1234\"", a.ID))
	}
	if strings.TrimSpace(a.Reason) == "" {
		errs = append(errs, wrong(at+".Reason", "is missing: say why it is accepted"))
	}
	if _, err := time.Parse(time.DateOnly, a.Until); err != nil {
		errs = append(errs, wrong(at+".Until", "is %q: give the last day, such as \"2027-01-31\"", a.Until))
	}
	return errs
}

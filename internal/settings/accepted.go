package settings

import (
	"regexp"
	"time"
)

// Accepted is a vulnerability that counts against no limit of a scan gate for a while.
type Accepted struct {
	ID     string `json:"id"`
	Reason string `json:"reason"`
	// Until is the last day, in UTC, as in 2027-01-31.
	Until string `json:"until"`
}

// VulnerabilityID is what scanners call vulnerabilities: CVE-2026-1234, GHSA-…, ALAS2-….
var VulnerabilityID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:-]*$`)

// Expired tells whether the last day is over; an Until that is no day is over.
func (a Accepted) Expired(now time.Time) bool {
	last, err := time.Parse(time.DateOnly, a.Until)
	return err != nil || !now.Before(last.AddDate(0, 0, 1))
}

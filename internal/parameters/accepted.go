package parameters

import (
	"bytes"
	"encoding/json"
	"fmt"
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

// AcceptedEnvironment is the environment variable of the scan gate's function that holds what is accepted, by the name of the
// repository: with their reasons, few would fit into the parameters of an action. Whoever changes it deploys the function alone, and
// the stage can be retried.
const AcceptedEnvironment = "ACCEPTED_FINDINGS"

// VulnerabilityID is what scanners call vulnerabilities: CVE-2026-1234, GHSA-…, ALAS2-….
var VulnerabilityID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:-]*$`)

// Expired tells whether the last day is over; an Until that is no day is over.
func (a Accepted) Expired(now time.Time) bool {
	last, err := time.Parse(time.DateOnly, a.Until)
	return err != nil || !now.Before(last.AddDate(0, 0, 1))
}

// DecodeAccepted reads what a function finds in its environment; empty if nothing is accepted.
func DecodeAccepted(text string) (map[string][]Accepted, error) {
	if text == "" {
		return nil, nil
	}
	var accepted map[string][]Accepted
	decoder := json.NewDecoder(bytes.NewReader([]byte(text)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&accepted); err != nil {
		return nil, fmt.Errorf("the environment variable %s holds no accepted findings: %w", AcceptedEnvironment, err)
	}
	for repository, list := range accepted {
		for _, a := range list {
			if _, err := time.Parse(time.DateOnly, a.Until); err != nil || a.ID == "" || a.Reason == "" {
				return nil, fmt.Errorf("the environment variable %s accepts %+v of %s, expected an id, a reason and a day such as 2027-01-31", AcceptedEnvironment, a, repository)
			}
		}
	}
	return accepted, nil
}

package spec

import "time"

// ScanGate stops an image in which ECR's scans have found more than is allowed. Each platform's
// image is judged by itself. An empty object, {}, is enough: no critical and no high findings.
type ScanGate struct {
	Limits `json:"limits"`

	// Minutes that the scans may take: 1 to 720.
	TimeoutMinutes int `key:"timeoutMinutes" json:"minutes" default:"30" range:"1..720"`

	// Whether an image passes in which the scanner finds no distribution or packages that it knows,
	// such as one made FROM scratch. If not, it is stopped, because nothing is known about it.
	AllowUnscannable bool `key:"allowUnscannable" json:"allowUnscannable,omitempty"`

	// Whether the account has turned on enhanced scanning, by Amazon Inspector: the function then
	// also may ask Inspector, which ECR needs to show its findings.
	Enhanced bool `key:"enhanced" json:"-"`

	// Findings that somebody has looked at, and that count against no limit for a while.
	// Default: none.
	Accept []Accepted `key:"accept" json:"accepted,omitempty"`
}

// Limits are how many findings of a severity each platform's image may have; nil is any number. In
// settings they have ECR's words for the severities.
type Limits struct {
	// Findings of the severity critical that each platform's image may have: 0 or more.
	Critical int `key:"critical" json:"CRITICAL" range:"0..1000000"`

	// Findings of the severity high that each platform's image may have: 0 or more.
	High int `key:"high" json:"HIGH" range:"0..1000000"`

	// Findings of the severity medium that each platform's image may have: 0 or more.
	// Default: any number.
	Medium *int `key:"medium" json:"MEDIUM,omitempty" range:"0..1000000"`

	// Findings of the severity low that each platform's image may have: 0 or more.
	// Default: any number.
	Low *int `key:"low" json:"LOW,omitempty" range:"0..1000000"`
}

// Severities are ECR's words, in the order in which they matter. It has more (informational,
// untriaged), which nothing is decided by.
var Severities = []string{"CRITICAL", "HIGH", "MEDIUM", "LOW"}

// Of gives the limit of a severity, by ECR's word for it. It is nil if there is none.
func (l *Limits) Of(severity string) *int {
	return map[string]*int{"CRITICAL": &l.Critical, "HIGH": &l.High, "MEDIUM": l.Medium, "LOW": l.Low}[severity]
}

// Accepted is a vulnerability that a scan gate lets pass for a while, whatever its severity and in
// whatever package. The log of the gate names each, with the reason.
type Accepted struct {
	// The vulnerability's id, as the scanner shows it, such as CVE-2026-1234.
	ID string `key:"id" json:"id" jsonschema:"required" rule:"vulnerability" missing:"name the vulnerability, such as \"CVE-2026-1234\""`

	// Why. It is logged with each finding: 1 to 200 characters.
	Reason string `key:"reason" json:"reason" jsonschema:"required" rule:"reason" missing:"say why; it is logged with each finding"`

	// The last day on which it is accepted, in UTC, such as 2027-01-31. From the next day on it
	// counts again.
	Until string `key:"until" json:"until" jsonschema:"required" rule:"day" missing:"give the last day on which it is accepted, such as \"2027-01-31\""`
}

// Expired reports whether the last day is over; an Until that is no day is over.
func (a Accepted) Expired(now time.Time) bool {
	last, err := time.Parse(time.DateOnly, a.Until)
	return err != nil || !now.Before(last.AddDate(0, 0, 1))
}

package config

import (
	"regexp"
	"strings"
	"time"

	"archway/internal/settings"
)

// ScanGate stops an image in which ECR's scans have found more than is allowed. Each platform's image is judged by itself. An empty
// object, {}, is enough: no critical and no high findings.
type ScanGate struct {
	// Findings of the severity critical that each platform's image may have: 0 or more.
	Critical int `json:"critical"`

	// Findings of the severity high that each platform's image may have: 0 or more.
	High int `json:"high"`

	// Findings of the severity medium that each platform's image may have: 0 or more.
	// Default: any number.
	Medium *int `json:"medium,omitempty"`

	// Findings of the severity low that each platform's image may have: 0 or more.
	// Default: any number.
	Low *int `json:"low,omitempty"`

	// Minutes that the scans may take: 1 to 720.
	TimeoutMinutes int `json:"timeoutMinutes"`

	// Whether an image passes in which the scanner finds no distribution or packages that it knows, such as one made FROM
	// scratch. If not, it is stopped, because nothing is known about it.
	AllowUnscannable bool `json:"allowUnscannable"`

	// Whether the account has turned on enhanced scanning, by Amazon Inspector: the function then also may ask Inspector, which
	// ECR needs to show its findings.
	Enhanced bool `json:"enhanced"`

	// Findings that somebody has looked at, and that count against no limit for a while.
	// Default: none.
	Accept []Accepted `json:"accept"`
}

// Accepted is a vulnerability that a scan gate lets pass for a while, whatever its severity and in whatever package. The log of the
// gate names each, with the reason.
type Accepted struct {
	// The vulnerability's id, as the scanner shows it, such as CVE-2026-1234.
	ID string `json:"id" jsonschema:"required"`

	// Why. It is logged with each finding: 1 to 200 characters.
	Reason string `json:"reason" jsonschema:"required"`

	// The last day on which it is accepted, in UTC, such as 2027-01-31. From the next day on it counts again.
	Until string `json:"until" jsonschema:"required"`
}

func defaultScanGate() ScanGate { return ScanGate{TimeoutMinutes: 30, Accept: []Accepted{}} }

var (
	vulnerabilityID = nameRule{
		pattern: settings.VulnerabilityID, least: 1, most: 64,
		says: `a vulnerability is named by its id of letters, digits, ".", "_", ":" and "-"`,
		cure: `use what the scanner shows, such as "CVE-2026-1234"`,
	}
	day = nameRule{
		pattern: regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}$`), least: 1, most: 10,
		says: `a day is written as year, month and day`,
		cure: `use one such as "2027-01-31"`,
	}
)

const (
	maxFindings    = 1000000
	maxScanMinutes = 720
)

func (r *reader) scanGate(image object) *ScanGate {
	value, ok := image.fields["scanGate"]
	if !ok {
		return nil
	}
	s := defaultScanGate()
	o, ok := r.object(image.path("scanGate"), value, keysOf[ScanGate]())
	if !ok {
		return nil
	}
	s.Critical = o.between("critical", s.Critical, 0, maxFindings)
	s.High = o.between("high", s.High, 0, maxFindings)
	for key, limit := range map[string]**int{"medium": &s.Medium, "low": &s.Low} {
		if o.has(key) {
			most := o.between(key, 0, 0, maxFindings)
			*limit = &most
		}
	}
	s.TimeoutMinutes = o.between("timeoutMinutes", s.TimeoutMinutes, 1, maxScanMinutes)
	s.AllowUnscannable = o.flag("allowUnscannable")
	s.Enhanced = o.flag("enhanced")
	s.Accept = r.accepted(o)
	return &s
}

func (r *reader) accepted(gate object) []Accepted {
	accepted := []Accepted{}
	list, _ := gate.list("accept")
	taken := names{}
	for i, value := range list {
		at := item(gate.path("accept"), i)
		o, ok := r.object(at, value, keysOf[Accepted]())
		if !ok {
			continue
		}
		var a Accepted
		if o.required("id", `name the vulnerability, such as "CVE-2026-1234"`) {
			a.ID = o.name("id", vulnerabilityID)
			taken.add(r, o.path("id"), strings.ToUpper(a.ID), "it is accepted once for all packages and platforms: remove one of them")
		}
		a.Reason = o.reason("reason", "say why; it is logged with each finding")
		if o.required("until", `give the last day on which it is accepted, such as "2027-01-31"`) {
			a.Until = o.day("until")
		}
		accepted = append(accepted, a)
	}
	return accepted
}

// day reads a day that exists.
func (o object) day(key string) string {
	text := o.name(key, day)
	if _, err := time.Parse(time.DateOnly, text); text != "" && err != nil {
		o.report(key, "there is no such day: %s", day.cure)
		return ""
	}
	return text
}

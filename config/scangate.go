package config

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
}

func defaultScanGate() ScanGate { return ScanGate{TimeoutMinutes: 30} }

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
	return &s
}

package spec

// Validation says how an image index is judged. Without it, everything that the checks call an
// error stops the pipeline.
type Validation struct {
	// Platforms that may be in the index beyond those that are built, such as linux/arm/v7.
	// Default: none.
	AllowedPlatforms []string `key:"allowedPlatforms" unique:"true" rule:"platform" json:"allow,omitempty"`

	// Checks whose findings are to weigh less, by the name of the check. They stay visible, with
	// the reason. Default: none.
	Downgrade map[string]Downgrade `key:"downgrade" names:"check" json:"downgrade,omitempty"`

	// Whether each platform must have a provenance attestation that is about it, and about this
	// commit if it records one.
	RequireProvenance bool `key:"requireProvenance" json:"provenance,omitempty"`

	// Whether each platform must have a bill of materials that is about it. The image's sbom makes
	// them.
	RequireSBOM bool `key:"requireSBOM" json:"sbom,omitempty"`

	// Whether every layer is read whole, compared with its digests, and every program and library
	// in it looked at; else only what starts, in no more of the layers than that takes. Default:
	// true.
	Quick bool `key:"deep" not:"true" default:"true" json:"quick,omitempty"` // of the key, the opposite
}

// Downgrade makes the findings of a check weigh less.
type Downgrade struct {
	// What an error of the check becomes: a warning, or an info. Neither stops the pipeline.
	Severity Severity `key:"severity" json:"severity" jsonschema:"required" missing:"say what an error becomes, \"warning\" or \"info\""`

	// Why. It is shown with each finding: 1 to 200 characters.
	Reason string `key:"reason" json:"reason" jsonschema:"required" rule:"reason" missing:"say why; it is shown with each finding"`
}

// Severity is how much a finding weighs.
type Severity string

// The severities that an error can be made.
const (
	Warning Severity = "warning"
	Info    Severity = "info"
)

// Choices are the severities.
func (Severity) Choices() []string { return texts(Warning, Info) }

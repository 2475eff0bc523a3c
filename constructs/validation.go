package constructs

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"archway/internal/checks"
	"archway/internal/nearest"
	"archway/internal/platform"
	"archway/internal/settings"
)

// Validation says how an image's index is judged. With the zero value, everything that the checks call an error stops the
// pipeline.
type Validation struct {
	// AllowedPlatforms may be in the index beyond those that are built, e.g. "linux/arm/v7".
	// Default: none.
	AllowedPlatforms []string

	// Downgrade makes what checks find weigh less, by the check's name. It stays visible, with the reason.
	// Default: none.
	Downgrade map[string]Downgrade

	// RequireProvenance demands of each platform a provenance attestation that is about it, and about this commit if it records
	// one.
	// Default: attestations may be missing.
	RequireProvenance bool

	// RequireSBOM demands of each platform a bill of materials that is about it, as [NativeBuildProps].SBOMGenerator makes it.
	// Default: it may be missing.
	RequireSBOM bool

	// Quick reads no more of the layers than it takes to follow what starts in each image. Most bytes are then never compared
	// with their digests, and a layer that begins sorted can replace a program behind what was read.
	// Default: every layer is read whole, and every program and library in it is looked at.
	Quick bool
}

// Downgrade makes the findings of a check weigh less.
type Downgrade struct {
	// Severity is what an error becomes. Required.
	Severity Severity

	// Reason is shown with each finding. Required.
	Reason string
}

// Severity is how much a finding weighs.
type Severity string

// What an error can be made. Neither stops the pipeline.
const (
	Warning Severity = "warning"
	Info    Severity = "info"
)

func (v Validation) problems() []error {
	var errs []error
	for i, text := range v.AllowedPlatforms {
		if _, err := platform.ParseAny(text); err != nil {
			errs = append(errs, wrong(at("Validation.AllowedPlatforms", i), `is %q: give a platform such as "linux/arm/v7"`, text))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(v.Downgrade)) {
		d, prop := v.Downgrade[name], fmt.Sprintf("Validation.Downgrade[%q]", name)
		switch {
		case !slices.Contains(checks.Names, name):
			cure := "give one of " + strings.Join(checks.Names, ", ")
			if near := nearest.Word(name, checks.Names); near != "" {
				cure = fmt.Sprintf("did you mean %q?", near)
			}
			errs = append(errs, wrong(prop, "names no check: %s", cure))
		case slices.Contains(checks.Firm, name):
			errs = append(errs, wrong(prop, "can't be downgraded, because nothing is known about what the check reports: leave it out"))
		}
		if d.Severity != Warning && d.Severity != Info {
			errs = append(errs, wrong(prop+".Severity", "is %q: allowed are %s and %s", d.Severity, Warning, Info))
		}
		switch {
		case strings.TrimSpace(d.Reason) == "":
			errs = append(errs, missing(true, prop+".Reason", "a reason, which is shown with each finding"))
		}
	}
	return errs
}

// settings is the same in the functions' own form.
func (v Validation) settings() settings.Validation {
	s := settings.Validation{Allow: v.AllowedPlatforms, Provenance: v.RequireProvenance, SBOM: v.RequireSBOM, Quick: v.Quick}
	for name, d := range v.Downgrade {
		if s.Downgrade == nil {
			s.Downgrade = map[string]settings.Downgrade{}
		}
		s.Downgrade[name] = settings.Downgrade{Severity: string(d.Severity), Reason: d.Reason}
	}
	return s
}

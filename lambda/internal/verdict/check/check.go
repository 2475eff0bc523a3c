// Package check judges an image index that package index has read. Each check is one small file and
// one value in the list below; it looks at one thing, at all of the image, and reports everything
// that it finds.
package check

import (
	"cmp"
	"slices"

	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/internal/spec"
	"archway/lambda/internal/image/index"
)

// Check is one rule.
type Check struct {
	// Name is what users, documents and the JSON output call it.
	Name string
	// About says in a few words what it refuses.
	About string

	run func(Input, *report)
}

// Want is what the image is expected to be.
type Want struct {
	// Platforms are those that must be there.
	Platforms []specs.Platform
	// Allowed are further platforms that may be there.
	Allowed []specs.Platform
	// AllowExtra accepts any platform beyond those.
	AllowExtra bool
	// Revision is the commit that every image must carry as a label. Empty: only that they agree is
	// checked.
	Revision string
	// Provenance requires of each image a statement about how it was built. index.ReadProvenance
	// must have read them.
	Provenance bool
	// SBOM requires of each image a bill of materials. index.ReadBills must have read what they are
	// about.
	SBOM bool
	// Served is what the tags serve now that are to point at the image.
	Served []index.Served
	// Deep asks for programs and libraries of other machines anywhere in the layers, which takes
	// reading all of them.
	Deep bool
	// Place is where the image is.
	Place Place
	// Downgrades make the findings of checks weigh less, by the check's name.
	Downgrades map[string]spec.Downgrade
}

// Input is what a check sees.
type Input struct {
	Image *index.Image
	Want  Want
}

// All lists the checks in the order of their tiers: the index, the manifests, the configs, across
// all of them, the layers.
func All() []Check {
	return []Check{
		tagIsIndex, mediaType, mixedFamily, platformSet, platformDup, digestDup, platformShape, fallbackTrap,
		attestationShape,
		nested, cacheNotImage, limits,
		childMissing, descriptor, layerType, layerMissing,
		configPlatform, rootFS, sameRevision, configParity, provenance, sbom,
		entryELF, elfInterp, shebang, shellForm, givenFile, elfNeeded, elfVersion, cpuLevel, user, access,
		caCertificates, allELF, layerDigest,
		regression,
	}
}

// Run runs every check and returns all findings, the most important first.
func Run(image *index.Image, want Want) []Finding {
	var all []Finding
	for _, c := range All() {
		r := &report{check: c.Name, place: want.Place}
		c.run(Input{Image: image, Want: want}, r)
		all = append(all, r.findings...)
	}
	if image.Root != nil { // what isn't there is not made valid by any reason
		downgrade(all, want.Downgrades)
	}
	slices.SortStableFunc(all, func(a, b Finding) int { return cmp.Compare(weight(a.Severity), weight(b.Severity)) })
	return all
}

// Verdict is what is known about one image after all checks.
type Verdict struct {
	Image    *index.Image
	Findings []Finding
}

// Valid reports whether no finding is an error.
func (v Verdict) Valid() bool { return Count(v.Findings, Error) == 0 }

// Count counts the findings of one severity.
func Count(findings []Finding, s Severity) int {
	n := 0
	for _, f := range findings {
		if f.Severity == s {
			n++
		}
	}
	return n
}

func weight(s Severity) int { return slices.Index([]Severity{Error, Warning, Info}, s) }

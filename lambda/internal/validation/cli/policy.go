package cli

import (
	"fmt"
	"maps"
	"os"
	"slices"

	"archway/internal/spec"
	"archway/internal/strict"
	"archway/lambda/internal/verdict/check"
)

// policy is what stands under an image's "validation" in cdk.json: the same keys, in a file of
// their own. A test compares them with spec.Validation.
type policy struct {
	AllowedPlatforms  []string                  `json:"allowedPlatforms"`
	Downgrade         map[string]spec.Downgrade `json:"downgrade"`
	RequireProvenance bool                      `json:"requireProvenance"`
	RequireSBOM       bool                      `json:"requireSBOM"`
	Deep              bool                      `json:"deep"`
}

// apply reads the file of --policy, if there is one. What the command line says is added to it, and
// its downgrade of a check goes before the file's.
func (o *options) apply(file string, allowed *[]string) error {
	if file == "" {
		return nil
	}
	fail := func(err error) error { return fmt.Errorf("--policy %s: %w", file, err) }
	text, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("--policy: %w", err)
	}
	var p policy
	if err := strict.Decode(text, &p); err != nil {
		return fail(
			fmt.Errorf("%w; expected a JSON object with some of the keys %s, as under \"validation\" in cdk.json",
				err, spec.Quoted(policyKeys)))
	}
	if _, err := platformsOf("allowedPlatforms", p.AllowedPlatforms); err != nil {
		return fail(err)
	}
	*allowed = append(*allowed, p.AllowedPlatforms...)
	for _, name := range slices.Sorted(maps.Keys(p.Downgrade)) {
		if err := check.Downgradable(name, p.Downgrade[name]); err != nil {
			return fail(err)
		}
		if _, said := o.want.Downgrades[name]; !said {
			o.want.Downgrades[name] = p.Downgrade[name]
		}
	}
	o.want.Provenance = o.want.Provenance || p.RequireProvenance
	o.want.SBOM = o.want.SBOM || p.RequireSBOM
	o.want.Deep = o.want.Deep || p.Deep
	return nil
}

var policyKeys = []string{"allowedPlatforms", "downgrade", "requireProvenance", "requireSBOM", "deep"}

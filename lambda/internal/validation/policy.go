package validation

import (
	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/lambda/internal/check"
	"archway/lambda/internal/index"
	"archway/lambda/internal/job"
)

// Policy is what an image's configuration says about its checks. It is part of the parameters of an action and of the scheduled
// check.
type Policy struct {
	// Allow are platforms that may be there beyond the required ones.
	Allow []string `json:"allow"`
	// Downgrade makes what checks find weigh less: "severity:reason" by the check's name.
	Downgrade map[string]string `json:"downgrade"`
	// Provenance requires of each platform a statement about how it was built.
	Provenance bool `json:"provenance"`
	// SBOM requires of each platform a bill of materials.
	SBOM bool `json:"sbom"`
	// Deep looks at every program and library in every layer.
	Deep bool `json:"deep"`
}

// Want is the policy in checked form.
func (p Policy) Want() (check.Want, error) {
	want := check.Want{Provenance: p.Provenance, SBOM: p.SBOM, Deep: p.Deep, Downgrades: map[string]check.Downgrade{}}
	var err error
	if want.Allowed, err = platforms("allow", p.Allow); err != nil {
		return want, err
	}
	for name, text := range p.Downgrade {
		if err := check.Downgradable(name); err != nil {
			return want, job.Misconfigured("The parameter downgrade: %s.", err)
		}
		d, err := check.ParseDowngrade(text)
		if err != nil {
			return want, job.Misconfigured("The parameter downgrade.%s: %s.", name, err)
		}
		want.Downgrades[name] = d
	}
	return want, nil
}

func platforms(field string, names []string) ([]specs.Platform, error) {
	var all []specs.Platform
	for _, name := range names {
		p, err := index.ParsePlatform(name)
		if err != nil {
			return nil, job.Misconfigured("The parameter %s: %s.", field, err)
		}
		all = append(all, p)
	}
	return all, nil
}

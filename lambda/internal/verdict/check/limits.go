package check

import (
	"fmt"

	"archway/lambda/internal/image/index"
	"archway/lambda/internal/image/registry"
)

// limits refuses what is too large to be read, or can't be read in time: what wasn't read isn't
// proven.
var limits = Check{Name: "limits", About: "larger than this checker reads, or reads in time, and so not proven",
	run: func(in Input, r *report) {
		const cure = "make the document smaller; no registry or runtime is known to need one of this size"
		i := in.Image
		if i.State == index.TooLarge {
			r.add(Error, root(i), cure, "not proven: the document is larger than the limit of %s",
				mebibytes(registry.MaxManifest))
		}
		for _, limit := range i.Limits {
			r.add(Error, root(i), limit.Cure, "not proven: %s", limit.Text)
		}
		for _, e := range i.Entries {
			if e.State == index.TooLarge {
				r.add(Error, about(e), cure, "not proven: the manifest is larger than the limit of %s",
					mebibytes(registry.MaxManifest))
			}
			if e.ConfigState == index.TooLarge {
				r.add(Error, about(e), cure, "not proven: the config is larger than the limit of %s",
					mebibytes(registry.MaxConfig))
			}
			if e.Start != nil && e.Start.Unproven != "" {
				r.add(Error, about(e), unproven(in.Want, e.Start), "%s", e.Start.Unproven)
			}
		}
	}}

// unproven is the cure where what starts is not known: more time where there was too little, or
// what the limit says.
func unproven(want Want, s *index.Started) string {
	var cure, quick string
	switch {
	case !s.Late:
		return s.Cure
	case want.Place == Pipeline: // whose function has all the time that Lambda gives
		cure, quick = "retry the stage; if that takes as long, make the image smaller",
			`"deep": false under the image's validation in cdk.json`
	default:
		cure, quick = "give it more time (--timeout), or make the image smaller", "leave out --deep"
	}
	if want.Deep {
		cure += ", or have only what starts read: " + quick
	}
	return cure
}

func mebibytes(n int) string { return fmt.Sprintf("%d MiB", n>>20) }

package check

import (
	"fmt"

	"archway/lambda/internal/image/index"
	"archway/lambda/internal/image/registry"
)

// limits refuses what is too large to be read, or can't be read in time: what wasn't read isn't proven.
var limits = Check{Name: "limits", About: "larger than this checker reads, or reads in time, and so not proven", run: func(in Input, r *report) {
	const cure = "make the image smaller; no registry or runtime is known to need documents of this size"
	i := in.Image
	if i.State == index.TooLarge {
		r.add(Error, root(i), cure, "not proven: the document is larger than the limit of %s", mebibytes(registry.MaxManifest))
	}
	for _, text := range i.Limits {
		r.add(Error, root(i), cure, "not proven: %s", text)
	}
	for _, e := range i.Entries {
		if e.State == index.TooLarge {
			r.add(Error, about(e), cure, "not proven: the manifest is larger than the limit of %s", mebibytes(registry.MaxManifest))
		}
		if e.ConfigState == index.TooLarge {
			r.add(Error, about(e), cure, "not proven: the config is larger than the limit of %s", mebibytes(registry.MaxConfig))
		}
		if e.Start != nil && e.Start.Unproven != "" {
			r.add(Error, about(e), e.Start.Cure, "%s", e.Start.Unproven)
		}
	}
}}

func mebibytes(n int) string { return fmt.Sprintf("%d MiB", n>>20) }

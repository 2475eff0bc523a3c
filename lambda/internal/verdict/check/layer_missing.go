package check

import "archway/lambda/internal/image/index"

// layerMissing refuses an image of which the registry lacks a layer or the config.
var layerMissing = Check{Name: "layer-missing", About: "a layer or config is not in the registry", run: func(in Input, r *report) {
	const cure = "build and push the image again"
	for _, e := range in.Image.Entries {
		if e.ConfigState == index.Missing {
			r.add(Error, about(e), cure, "the registry doesn't have its config %s, so that it can't be pulled; probably it was copied incompletely or cleaned up", Short(e.Manifest.Body.Config.Digest.String()))
		}
		for _, b := range e.Blobs {
			if b.State == index.Missing {
				r.add(Error, about(e), cure, "the registry doesn't have its layer %s (%s), so that it can't be pulled; probably it was copied incompletely or cleaned up",
					Short(b.Descriptor.Digest.String()), plural(b.Descriptor.Size, "byte"))
			}
		}
	}
}}

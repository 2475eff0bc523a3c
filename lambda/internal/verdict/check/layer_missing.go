package check

import "archway/lambda/internal/image/index"

// layerMissing refuses an image of which the registry lacks a layer or the config.
var layerMissing = Check{Name: "layer-missing", About: "a layer or config is not there",
	run: func(in Input, r *report) {
		cure, holder, lost := r.place.rebuild(""), r.place.holder(), r.place.lostBlob()
		for _, e := range in.Image.Entries {
			if e.ConfigState == index.Missing {
				r.add(Error, about(e), cure,
					"%s doesn't have its config %s, so that it can't be pulled; %s",
					holder, Short(e.Manifest.Body.Config.Digest.String()), lost)
			}
			for _, b := range e.Blobs {
				if b.State == index.Missing {
					r.add(Error, about(e), cure, "%s doesn't have its layer %s (%s), so that it can't be pulled; %s",
						holder, Short(b.Descriptor.Digest.String()), plural(b.Descriptor.Size, "byte"), lost)
				}
			}
		}
	}}

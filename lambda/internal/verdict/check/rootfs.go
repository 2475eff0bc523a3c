package check

// rootFS refuses an image whose config doesn't list as many layers as its manifest: it is pulled
// and can't be unpacked.
var rootFS = Check{Name: "rootfs", About: "the config lists other layers than the manifest",
	run: func(in Input, r *report) {
		cure := r.place.rebuild("") + "; don't combine one image's config with another's layers"
		for _, e := range in.Image.Images() {
			if e.Config == nil {
				continue
			}
			fs, layers := e.Config.RootFS, len(e.Manifest.Body.Layers)
			if len(fs.DiffIDs) != layers {
				r.add(Error, about(e), cure,
					"the manifest has %s but the config lists %s (rootfs.diff_ids), expected as many; runtimes can't unpack it",
					plural(layers, "layer"), plural(len(fs.DiffIDs), "layer"))
			}
			if fs.Type != "layers" {
				r.add(Error, about(e), cure, "the config's rootfs has the type %q, expected %q", fs.Type, "layers")
			}
			for n, d := range fs.DiffIDs {
				if d.Validate() != nil {
					r.add(Error, about(e), cure, "the config's rootfs.diff_ids[%d] is %q, expected a digest", n, d)
				}
			}
		}
	}}

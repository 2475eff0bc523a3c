package check

import "archway/lambda/internal/image/index"

// nested refuses an index inside the index: containerd walks into it, CRI-O and many other tools
// expect an image there (pelagos#533).
var nested = Check{Name: "nested", About: "an index inside the index, or a loop of indexes",
	run: func(in Input, r *report) {
		for _, e := range in.Image.Entries {
			switch {
			case e.Loop:
				r.add(Error, about(e), r.place.remerge("push the index again without that entry"),
					"the entry %s leads back to an index that it is part of, expected an image; a runtime can follow it forever",
					e.Where)
			case e.Role() == index.RoleIndex:
				r.add(Error, about(e),
					r.place.remerge("merge from the images' own digests; `docker buildx imagetools create` flattens indexes by itself"),
					"the entry %s is an index again, expected an image; many runtimes don't look into it; probably an index's digest was appended as if it were an image's",
					e.Where)
			}
		}
	}}

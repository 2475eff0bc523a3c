package check

import "archway/lambda/internal/image/index"

// childMissing refuses an index whose entry isn't in the repository: the index can be pulled, the
// image can't (distribution#3004).
var childMissing = Check{Name: "child-missing", About: "an entry's manifest is not there",
	run: func(in Input, r *report) {
		for _, e := range in.Image.Entries {
			if e.State == index.Missing {
				r.add(Error, about(e), r.place.remerge("push that image to this repository and merge again"),
					"the index names it as %s, but %s doesn't have it; %s", e.Where, r.place.holder(), r.place.lost())
			}
		}
	}}

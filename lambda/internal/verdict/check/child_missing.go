package check

import "archway/lambda/internal/image/index"

// childMissing refuses an index whose entry isn't in the repository: the index can be pulled, the image can't (distribution#3004).
var childMissing = Check{Name: "child-missing", About: "an entry's manifest is not in the registry", run: func(in Input, r *report) {
	for _, e := range in.Image.Entries {
		if e.State == index.Missing {
			r.add(Error, about(e), "push that image to this repository and merge again",
				"the index names it as %s, but the registry doesn't have it; probably it was deleted (a lifecycle rule?), or pushed to another repository", e.Where)
		}
	}
}}

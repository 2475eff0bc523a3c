package check

import "archway/lambda/internal/image/index"

// platformDup refuses two entries for one platform: which of them a node pulls depends on its
// runtime. Spellings are compared as containerd compares them, so arm64 and arm64/v8 are one
// platform (image-spec#862).
var platformDup = Check{Name: "platform-dup", About: "two entries for one platform", run: func(in Input, r *report) {
	first := map[string]*index.Entry{}
	for _, e := range in.Image.Images() {
		p := e.Descriptor.Platform
		if p == nil || p.OS == "" || p.Architecture == "" {
			continue // the check of the platform's shape says so
		}
		key := index.Key(*p)
		other := first[key]
		if other == nil {
			first[key] = e
			continue
		}
		r.add(Error, about(e), r.place.remerge("merge again with exactly one image for each platform"),
			"%s is a second entry for the platform that %s already has as %s, so that the runtime decides which of the two a node gets; probably an image was appended instead of replaced",
			e.Where, other.Where, about(other))
	}
}}

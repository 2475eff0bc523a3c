package check

import (
	"github.com/opencontainers/go-digest"

	"archway/internal/platform"
	"archway/lambda/internal/image/index"
)

// digestDup refuses one image under two platforms: it has one config and one set of programs, so at
// least one of the two entries promises what it can't keep. Two variants of one architecture may
// share an image that is built for the older one: a warning.
var digestDup = Check{Name: "digest-dup", About: "one image under two platforms", run: func(in Input, r *report) {
	first := map[digest.Digest]*index.Entry{}
	for _, e := range in.Image.Images() {
		other := first[e.Descriptor.Digest]
		if other == nil {
			first[e.Descriptor.Digest] = e
			continue
		}
		a, b := e.Descriptor.Platform, other.Descriptor.Platform
		if a == nil || b == nil || index.Key(*a) == index.Key(*b) {
			continue // the checks of shape and of doubled platforms say so
		}
		one, two := platform.Normal(*a), platform.Normal(*b)
		if one.OS == two.OS && one.Architecture == two.Architecture {
			r.add(Warning, about(e), "make sure that it is built for the older variant",
				"the same image stands also for %s", index.Name(b))
			continue
		}
		r.add(Error, about(e), r.place.remerge("merge again with the digest that this platform's own build reported"),
			"the same image stands also for %s, expected an image of its own for each; probably one build's digest was passed on for both",
			index.Name(b))
	}
}}

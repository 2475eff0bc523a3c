package check

import (
	"maps"
	"slices"
	"strings"

	"github.com/containerd/platforms"
	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/internal/platform"
	"archway/lambda/internal/image/index"
)

// regression refuses an index that lacks a platform which a moving tag serves now: the day the tag
// moves, the nodes of that platform can't pull any more (redis-rpm#67). A tag that isn't there yet,
// as before the first release, serves nothing.
var regression = Check{Name: "regression", About: "a platform that a tag serves now would be lost",
	run: func(in Input, r *report) {
		if in.Image.Root == nil {
			return
		}
		var there []specs.Platform
		var names []string
		for _, e := range in.Image.Images() {
			p := platformOf(e)
			there, names = append(there, p), append(names, index.Key(p))
		}
		lost := map[string][]string{} // tags by platform
		for _, served := range in.Want.Served {
			if served.Unknown != "" {
				r.add(Warning, root(in.Image), "look at what that tag serves, by `validate REPOSITORY:TAG`",
					"it is not known whether the tag %s loses a platform: %s", served.Tag, served.Unknown)
			}
			if served.Digest == in.Image.Digest {
				continue
			}
			for _, p := range served.Platforms {
				if len(Lost([]specs.Platform{p}, there)) == 0 {
					continue
				}
				name, tag := printable(index.Key(withoutVersion(p))), served.Tag+" ("+Short(served.Digest.String())+")"
				if !slices.Contains(lost[name], tag) {
					lost[name] = append(lost[name], tag)
				}
			}
		}
		for _, name := range slices.Sorted(maps.Keys(lost)) {
			r.add(Error, Subject{Digest: in.Image.Digest.String(), Platform: name},
				"build it for that platform again; if it is to be given up, "+r.place.downgraded("regression"),
				"the index has no image for it, found %s, but nodes pull it from here today: %s; once the tag moves they can't",
				orNone(names), strings.Join(lost[name], ", "))
		}
	}}

// Lost gives the platforms whose nodes could pull what was served, and can't pull what is offered.
func Lost(served, offered []specs.Platform) []specs.Platform {
	return slices.DeleteFunc(slices.Clone(served), func(p specs.Platform) bool {
		return slices.ContainsFunc(offered, func(o specs.Platform) bool { return replaces(o, p) })
	})
}

// platformOf is what an image is for: by its entry, or by its config.
func platformOf(e *index.Entry) specs.Platform {
	if e.Descriptor.Platform == nil && e.Config != nil {
		return e.Config.Platform()
	}
	if e.Descriptor.Platform == nil {
		return specs.Platform{}
	}
	return *e.Descriptor.Platform
}

// replaces reports whether a node that pulled an image for one platform can pull the other one as
// well: one of the same machine, or of an older variant of it. A new version of Windows or of its
// features takes the place of the old one.
func replaces(offered, served specs.Platform) bool {
	offered, served = withoutVersion(offered), withoutVersion(served)
	return platform.Normal(offered).Architecture == platform.Normal(served).Architecture &&
		platforms.Only(served).Match(offered)
}

func withoutVersion(p specs.Platform) specs.Platform {
	p.OSVersion, p.OSFeatures = "", nil
	return p
}

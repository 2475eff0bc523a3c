package check

import (
	"fmt"
	"strings"

	"archway/lambda/internal/image/index"
)

// cacheNotImage refuses entries that are no images: layers, as BuildKit's cache export lists them
// (buildkit#1143), and manifests of a cache or another artifact that claim a platform.
var cacheNotImage = Check{Name: "cache-not-image", About: "a layer, cache or other artifact where an image belongs",
	run: func(in Input, r *report) {
		artifacts := 0
		for _, e := range in.Image.Entries {
			switch e.Role() {
			case index.RoleBlob:
				r.add(Error, about(e),
					r.place.remerge("point the tag at the image; give the cache a tag or repository of its own"),
					"the entry %s is of the type %s, expected an image manifest; this is probably a build cache and not an image",
					e.Where, e.Descriptor.MediaType)
			case index.RoleImage:
				if m := e.Manifest; m != nil && m.Body.Config != nil && !index.IsConfigType(m.Body.Config.MediaType) {
					r.add(Error, about(e),
						r.place.remerge(
							"leave it out of the merge; give caches and artifacts a tag or repository of their own"),
						"the manifest's config is of the type %s, expected an image's (%s); this is a cache or artifact that no runtime can start",
						or(m.Body.Config.MediaType, "(none)"), index.OCIConfig)
				}
			case index.RoleArtifact:
				what := "an artifact and no image"
				if p := e.Descriptor.Platform; p != nil && strings.Contains(strings.Join(p.OSFeatures, " "), "nydus") {
					what = "an image for nydus" // whose feature makes it one
				}
				if artifacts++; artifacts <= maxNamed {
					r.add(Info, about(e), "", "the entry %s is %s; runtimes pass it over", e.Where, what)
				}
			}
		}
		if more := artifacts - maxNamed; more > 0 {
			r.add(Info, root(in.Image), "", "%s more are artifacts and no images", entriesOf(more))
		}
	}}

func entriesOf(n int) string {
	if n == 1 {
		return "1 entry"
	}
	return fmt.Sprintf("%d entries", n)
}

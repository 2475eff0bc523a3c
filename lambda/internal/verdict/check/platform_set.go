package check

import (
	"slices"
	"strings"

	"archway/lambda/internal/image/index"
)

// platformSet refuses an index that lacks a required platform, or has one that nobody asked for
// (emqx#6870, microsoft/go#2313).
var platformSet = Check{Name: "platform-set", About: "a required platform is missing, or an extra one is there",
	run: func(in Input, r *report) {
		i := in.Image
		if i.Root == nil || i.Root.Shape() != index.ShapeIndex {
			return
		}
		var there, wanted []string
		for _, e := range i.Images() {
			if p := e.Descriptor.Platform; p != nil {
				there = append(there, index.Key(*p))
			}
		}
		for _, p := range in.Want.Platforms {
			wanted = append(wanted, index.Key(p))
		}
		for _, p := range wanted {
			if !slices.ContainsFunc(there, func(t string) bool { return serves(t, p) }) {
				cause, cure := lacking(p, there)
				r.add(Error, Subject{Digest: i.Digest.String(), Platform: p}, r.place.remerge(cure),
					"the index has no image for it, found %s; %s", orNone(there), cause)
			}
		}
		if in.Want.AllowExtra {
			return
		}
		expected := slices.Clone(wanted)
		for _, p := range in.Want.Allowed {
			expected = append(expected, index.Key(p))
		}
		for _, e := range i.Images() {
			p := e.Descriptor.Platform
			if p == nil || slices.ContainsFunc(expected, func(w string) bool { return serves(index.Key(*p), w) }) {
				continue
			}
			r.add(Error, about(e), "leave it out of the index, or "+r.place.allow(),
				"the index has an image for it that nobody asked for, expected only %s", orNone(expected))
		}
	}}

// lacking gives the likely cause why no image is there for a platform, and the cure: another
// variant of it may be, or one that only nydus can start (nydusify convert without
// --merge-platform).
func lacking(wanted string, there []string) (cause, cure string) {
	for _, t := range there {
		switch {
		case strings.HasPrefix(t, wanted+" +nydus."):
			return "the image for nydus starts only on nodes with nydus's snapshotter",
				"merge the ordinary image with it, in front of it (nydusify convert --merge-platform)"
		case strings.HasPrefix(t, wanted+"/"):
			return t + " is a variant that ordinary nodes don't take for it",
				"build it without the variant, and merge again"
		}
	}
	return "its build probably failed or was left out of the merge",
		"look into that platform's build, and merge again with its digest"
}

// serves reports whether an entry's platform is the one wanted. A wanted Windows without a version
// takes any version.
func serves(there, wanted string) bool {
	return there == wanted || strings.HasPrefix(there, wanted+" ") && strings.HasPrefix(wanted, "windows/")
}

func orNone(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	sorted := slices.Compact(slices.Sorted(slices.Values(names)))
	return strings.Join(sorted, ", ")
}

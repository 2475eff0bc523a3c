package check

import (
	"slices"

	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/internal/platform"
	"archway/lambda/internal/image/index"
)

// fallbackTrap refuses an index without arm64 but with 32-bit arm (or without amd64 but with 386):
// containerd falls back to the 32-bit image on a 64-bit node, where it may not start at all
// (containerd#4932). Graviton runs no 32-bit programs.
var fallbackTrap = Check{Name: "fallback-trap", About: "64-bit nodes would pull a 32-bit image",
	run: func(in Input, r *report) {
		if in.Image.Single {
			return
		}
		for _, trap := range []struct{ wide, narrow string }{{"arm64", "arm"}, {"amd64", "386"}} {
			narrow := entries(in.Image, trap.narrow)
			if len(entries(in.Image, trap.wide)) > 0 || len(narrow) == 0 {
				continue
			}
			severity := Error
			if slices.ContainsFunc(in.Want.Platforms,
				func(p specs.Platform) bool { return platform.Normal(p).Architecture == trap.narrow }) {
				severity = Warning // asked for by name
			}
			r.add(severity, about(narrow[0]), "add an image for linux/"+trap.wide+", or leave out this one",
				"the index has no linux/%s, so that %s nodes pull this 32-bit image instead and can crash; expected linux/%[1]s beside it",
				trap.wide, trap.wide)
		}
	}}

func entries(i *index.Image, architecture string) []*index.Entry {
	return slices.DeleteFunc(i.Images(), func(e *index.Entry) bool {
		p := e.Descriptor.Platform
		return p == nil || p.OS != "linux" || platform.Normal(*p).Architecture != architecture
	})
}

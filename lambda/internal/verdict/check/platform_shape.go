package check

import (
	"slices"
	"strings"

	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/internal/platform"
	"archway/lambda/internal/image/index"
)

// platformShape refuses entries whose platform is missing, incomplete, or spelled in a way that
// only some runtimes understand: containerd takes aarch64 for arm64, CRI-O compares the letters
// (inspektor-gadget#5494).
var platformShape = Check{Name: "platform-shape", About: "a platform is missing, incomplete or oddly spelled",
	run: func(in Input, r *report) {
		if in.Image.Single {
			return
		}
		for _, e := range in.Image.Images() {
			shape(r, e)
		}
	}}

func shape(r *report, e *index.Entry) {
	platformCure := r.place.remerge("merge again with a tool that takes the platform from the image's config, " +
		"such as `docker buildx imagetools create`")
	p := e.Descriptor.Platform
	switch {
	case p == nil:
		r.add(Error, about(e), platformCure,
			"the entry %s names no platform, so that nodes of every kind pull it or none does; expected one such as linux/amd64",
			e.Where)
		return
	case p.OS == "" && p.Architecture == "":
		r.add(Error, about(e), platformCure, "the platform of entry %s is empty, expected one such as linux/amd64",
			e.Where)
		return
	case p.OS == "":
		r.add(Error, about(e), platformCure,
			"the entry's platform names no operating system, expected one such as linux/%s", p.Architecture)
		return
	case p.Architecture == "":
		r.add(Error, about(e), platformCure,
			"the entry's platform names no architecture, expected one such as %s/amd64", p.OS)
		return
	}
	if plain := spelled(p); p.OS != plain.OS || p.Architecture != plain.Architecture || p.Variant != plain.Variant {
		r.add(Error, about(e), platformCure,
			"the platform is spelled %s, expected %s; runtimes that compare the letters, such as CRI-O, find no image for their node",
			index.Name(p), index.Name(&plain))
		return
	}
	if !slices.Contains(systems, p.OS) || !slices.Contains(architectures, p.Architecture) {
		r.add(Warning, about(e), "check the spelling", "no node is known to ask for the platform %s", index.Name(p))
	}
}

// spelled is a platform as runtimes write it. Where containerd takes two spellings for one, such as
// arm64 and arm64/v8, both are good.
func spelled(p *specs.Platform) specs.Platform {
	plain := platform.Normal(specs.Platform{OS: p.OS, Architecture: p.Architecture, Variant: p.Variant})
	switch {
	case p.Architecture == plain.Architecture && plainVariant(plain.Architecture, p.Variant):
		plain.Variant = p.Variant
	case !plainVariant(plain.Architecture, plain.Variant):
		plain.Variant = "v" + plain.Variant
	}
	return plain
}

// plainVariant reports whether a variant is written as runtimes write it: v8, not 8 or V8; but
// power9 and rva22u64
// (https://github.com/opencontainers/image-spec/blob/main/image-index.md#platform-variants).
func plainVariant(architecture, v string) bool {
	if v == "" || v != strings.ToLower(v) {
		return v == ""
	}
	numbered := architecture == "amd64" || architecture == "arm" || architecture == "arm64"
	return !numbered || strings.HasPrefix(v, "v")
}

// The operating systems and architectures that the image specification takes from Go (GOOS,
// GOARCH), and wasi of Docker.
var (
	systems = []string{"aix", "android", "darwin", "dragonfly", "freebsd", "illumos", "ios", "js", "linux", "netbsd",
		"openbsd", "plan9", "solaris", "wasi", "wasip1", "windows", "zos"}
	architectures = []string{"386", "amd64", "arm", "arm64", "loong64", "mips", "mipsle", "mips64", "mips64le", "ppc64",
		"ppc64le", "riscv64", "s390x", "wasm"}
)

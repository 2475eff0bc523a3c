package check

import (
	"strings"

	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/internal/platform"
	"archway/lambda/internal/image/index"
)

// configPlatform refuses an image whose config names another platform than its entry: a node pulls
// it by the entry and gets the programs of the config (moby#41955). No variant equals v8 for arm64,
// as for containerd; a config without a variant says nothing about it.
var configPlatform = Check{Name: "config-platform", About: "the entry and the image's config name different platforms",
	run: func(in Input, r *report) {
		for _, e := range in.Image.Images() {
			if e.Manifest == nil || e.Manifest.Shape() != index.ShapeManifest {
				continue
			}
			configOf(r, e)
		}
	}}

func configOf(r *report, e *index.Entry) {
	switch {
	case e.Manifest.Body.Config == nil:
		r.add(Error, about(e), r.place.rebuild(""), "the manifest has no config, so that nothing says how to start it")
		return
	case e.ConfigErr != nil:
		r.add(Error, about(e), r.place.rebuild(""),
			"the config %s can't be read: %s", Short(e.Manifest.Body.Config.Digest.String()), e.ConfigErr)
		return
	case e.Config == nil:
		return // missing, too large, or of another type: other checks say so
	}
	config := Short(e.Manifest.Body.Config.Digest.String())
	switch {
	case e.Config.Undecodable != "":
		r.add(Error, about(e), r.place.rebuild(" with a tool that writes the config as the image specification has it"),
			"containerd and CRI-O can't decode the config %s, and so can't start the image: %s", config,
			e.Config.Undecodable)
	case e.Config.Undockerable != "":
		r.add(Warning, about(e), r.place.rebuild(" with that field corrected"),
			"Docker can't decode the config %s, although containerd and CRI-O can: %s", config, e.Config.Undockerable)
	}
	if len(e.Config.Ambiguous) > 0 {
		r.add(Error, about(e), r.place.rebuild(" with a current tool"),
			"two tools can read the config %s differently: %s", config, strings.Join(e.Config.Ambiguous, "; "))
	}
	got := e.Config.Platform()
	if got.OS == "" || got.Architecture == "" {
		r.add(Error, about(e),
			"build it with a tool that writes the platform, such as `docker buildx build --platform`",
			"the image's config names the platform %s, expected an operating system and an architecture",
			index.Name(&got))
		return
	}
	p := e.Descriptor.Platform
	if p == nil || p.OS == "" || p.Architecture == "" {
		return // the check of the platform's shape says so
	}
	want := *p
	if !agree(want, got) {
		want.OSVersion, got.OSVersion, want.OSFeatures = "", "", nil
		r.add(Error, about(e),
			"build it for "+index.Name(&want)+" (natively, or with `--platform "+index.Name(&want)+
				"`), and use no `--platform` in the last FROM of the Dockerfile",
			"the index offers it for %s, but the image's config says %s; expected the same; "+
				"probably one platform's image was taken for the other's, or the last FROM of the Dockerfile has a --platform of its own",
			index.Name(&want), index.Name(&got))
	}
}

func agree(entry, config specs.Platform) bool {
	a, b := platform.Normal(entry), platform.Normal(config)
	return a.OS == b.OS && a.Architecture == b.Architecture && (config.Variant == "" || a.Variant == b.Variant)
}

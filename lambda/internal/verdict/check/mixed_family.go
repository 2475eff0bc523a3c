package check

import (
	"archway/lambda/internal/image/index"
)

// mixedFamily refuses Docker's and OCI's media types in one image where somebody fails on them. GCR
// and Quay have refused indexes with children of both families (quay#6070, image-spec#1150). The
// image library of CRI-O, Podman and Skopeo refuses a Docker manifest with OCI's layers
// (Schema2FromManifest), and takes an OCI manifest with Docker's config for an artifact
// (OCIConfig); the other way round it pulls both, as containerd does, and only a push that
// compresses again fails (podman#19949): a warning. So is an OCI index whose children are all
// Docker's, which the OCI specification expressly leaves open and every runtime pulls.
var mixedFamily = Check{Name: "mixed-family", About: "Docker's and OCI's media types in one image",
	run: func(in Input, r *report) {
		i := in.Image
		if i.Root == nil {
			return
		}
		mixedChildren(i, r)
		for _, e := range i.Entries {
			if e.Manifest != nil && e.Role() == index.RoleImage {
				mixedManifest(e, r)
			}
		}
	}}

// oneFamily is the cure.
func (p Place) oneFamily() string {
	return p.remerge("build all platforms with the same output, such as `--output type=image,oci-mediatypes=true`, and merge them again")
}

func mixedChildren(i *index.Image, r *report) {
	if i.Single {
		return
	}
	first := map[index.Family]*index.Entry{}
	for _, e := range i.Entries {
		if family := index.FamilyOf(e.Descriptor.MediaType); family != index.None && first[family] == nil &&
			e.Role() != index.RoleBlob {
			first[family] = e
		}
	}
	docker, oci := first[index.Docker], first[index.OCI]
	rootFamily := index.FamilyOf(or(i.Root.Body.MediaType, i.Root.ContentType))
	switch {
	case docker != nil && oci != nil:
		r.add(Error, root(i), r.place.oneFamily(),
			"the index holds entries of both Docker's and OCI's types (%s is Docker's, %s is OCI's), which some "+
				"registries and runtimes refuse; the platforms were probably built by different tools",
			about(docker), about(oci))
	case oci != nil && rootFamily == index.Docker:
		r.add(Error, about(oci), r.place.oneFamily(),
			"a Docker manifest list holds this OCI manifest, which Docker's format doesn't allow; expected an OCI index, "+
				"or Docker manifests in it")
	case docker != nil && rootFamily == index.OCI:
		r.add(Warning, root(i), r.place.oneFamily(),
			"the OCI index holds Docker manifests only; runtimes pull that, some registries refuse it")
	}
}

func mixedManifest(e *index.Entry, r *report) {
	body := e.Manifest.Body
	own := index.FamilyOf(or(body.MediaType, e.Descriptor.MediaType))
	if own == index.None {
		return
	}
	// fails is the family of manifests in which CRI-O and Podman refuse the other family's type.
	check := func(what, mediaType string, fails index.Family) {
		other := index.FamilyOf(mediaType)
		if other == index.None || other == own {
			return
		}
		severity, follows := Warning, "which runtimes pull, but Podman and Skopeo can't push compressed in another way"
		if own == fails {
			severity, follows = Error, "which CRI-O and Podman refuse"
		}
		r.add(severity, about(e), r.place.oneFamily(),
			"the manifest is of %s's type but its %s is of %s's (%s), %s", own, what, other, mediaType, follows)
	}
	if body.Config != nil {
		check("config", body.Config.MediaType, index.OCI)
	}
	for _, l := range body.Layers {
		if other := index.FamilyOf(l.MediaType); other != index.None && other != own {
			check("layer "+Short(l.Digest.String()), l.MediaType, index.Docker)
			return // one layer says it for all
		}
	}
}

package check

import (
	"archway/lambda/internal/index"
)

// mixedFamily refuses Docker's and OCI's media types in one image. Runtimes of the containers/image family (CRI-O, Podman) refuse
// a manifest with a foreign config or layer type, and GCR and Quay have refused indexes with children of both families
// (quay#6070, image-spec#1150). An OCI index whose children are all Docker's is what the OCI specification expressly leaves
// open and every runtime pulls: a warning.
var mixedFamily = Check{Name: "mixed-family", About: "Docker's and OCI's media types in one image", run: func(in Input, r *report) {
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

const oneFamilyCure = "build all platforms with the same output, such as `--output type=image,oci-mediatypes=true`, and merge them again"

func mixedChildren(i *index.Image, r *report) {
	if i.Single {
		return
	}
	first := map[index.Family]*index.Entry{}
	for _, e := range i.Entries {
		if family := index.FamilyOf(e.Descriptor.MediaType); family != index.None && first[family] == nil && e.Role() != index.RoleBlob {
			first[family] = e
		}
	}
	docker, oci := first[index.Docker], first[index.OCI]
	rootFamily := index.FamilyOf(or(i.Root.Body.MediaType, i.Root.ContentType))
	switch {
	case docker != nil && oci != nil:
		r.add(Error, root(i), oneFamilyCure, "the index holds entries of both Docker's and OCI's types (%s is Docker's, %s is OCI's), which some registries and runtimes refuse; the platforms were probably built by different tools",
			about(docker), about(oci))
	case oci != nil && rootFamily == index.Docker:
		r.add(Error, about(oci), oneFamilyCure, "a Docker manifest list holds this OCI manifest, which Docker's format doesn't allow; expected an OCI index, or Docker manifests in it")
	case docker != nil && rootFamily == index.OCI:
		r.add(Warning, root(i), oneFamilyCure, "the OCI index holds Docker manifests only; runtimes pull that, some registries refuse it")
	}
}

func mixedManifest(e *index.Entry, r *report) {
	body := e.Manifest.Body
	own := index.FamilyOf(or(body.MediaType, e.Descriptor.MediaType))
	if own == index.None {
		return
	}
	check := func(what, mediaType string) {
		if other := index.FamilyOf(mediaType); other != index.None && other != own {
			r.add(Error, about(e), oneFamilyCure, "the manifest is of %s's type but its %s is of %s's (%s), which CRI-O and Podman refuse", own, what, other, mediaType)
		}
	}
	if body.Config != nil {
		check("config", body.Config.MediaType)
	}
	for _, l := range body.Layers {
		if other := index.FamilyOf(l.MediaType); other != index.None && other != own {
			check("layer "+Short(l.Digest.String()), l.MediaType)
			return // one layer says it for all
		}
	}
}

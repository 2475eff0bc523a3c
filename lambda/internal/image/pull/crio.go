package pull

import (
	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/lambda/internal/image/index"
	"archway/lambda/internal/image/registry"
)

// exact chooses as the image library of CRI-O, Podman and Skopeo does: operating system,
// architecture and variant must be the very words. A node with a variant looks for that first, and
// then for none. In an OCI index an entry without a platform is the last resort, in a Docker
// manifest list it is nothing. An index inside the index can't be pulled.
// https://github.com/containers/container-libs: image/internal/pkg/platform,
// image/internal/manifest
func exact(i *index.Image, node specs.Platform) *index.Entry {
	wanted := []specs.Platform{node}
	if node.Variant != "" {
		wanted = append(wanted, specs.Platform{OS: node.OS, Architecture: node.Architecture})
	}
	docker := i.Root.Body.MediaType == registry.DockerList
	var best *index.Entry
	var least int
	for _, e := range below(i, i.Root) {
		rank := len(wanted)
		if p := e.Descriptor.Platform; p != nil {
			if rank = position(wanted, *p); rank < 0 {
				continue
			}
		} else if docker {
			continue
		}
		if best == nil || rank < least || rank == least && e.MarkedZstd() && !best.MarkedZstd() {
			best, least = e, rank
		}
	}
	if best == nil || best.Role() == index.RoleIndex || best.Role() == index.RoleBlob {
		return nil
	}
	return best
}

func position(wanted []specs.Platform, p specs.Platform) int {
	for n, w := range wanted {
		if p.OS == w.OS && p.Architecture == w.Architecture && p.Variant == w.Variant {
			return n
		}
	}
	return -1
}

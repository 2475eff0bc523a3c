package pull

import (
	"slices"

	"github.com/containerd/platforms"
	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/lambda/internal/image/index"
)

func lenient(i *index.Image, node specs.Platform) *index.Entry {
	return containerd(i, i.Root, platforms.Only(node))
}

func strict(i *index.Image, node specs.Platform) *index.Entry {
	return containerd(i, i.Root, platforms.OnlyStrict(node))
}

// containerd chooses as containerd's images.FilterPlatforms, LimitManifests and Manifest do: of the
// entries that match or name no platform the best one, and only that, also where it turns out to be
// an index without anything for the node. An image whose entry names no platform is judged by its
// config.
// https://github.com/containerd/containerd/blob/v2.1.4/core/images/image.go and handlers.go
func containerd(i *index.Image, parent *index.Manifest, node platforms.MatchComparer) *index.Entry {
	var best []*index.Entry
	for _, e := range below(i, parent) {
		if p := e.Descriptor.Platform; e.Role() != index.RoleBlob && (p == nil || node.Match(*p)) {
			best = append(best, e)
		}
	}
	slices.SortStableFunc(best, func(a, b *index.Entry) int {
		switch p, q := a.Descriptor.Platform, b.Descriptor.Platform; {
		case p == nil && q == nil:
			return 0
		case p == nil:
			return 1
		case q == nil:
			return -1
		case node.Less(*p, *q):
			return -1
		case node.Less(*q, *p):
			return 1
		}
		return 0
	})
	if len(best) == 0 {
		return nil
	}
	e := best[0]
	switch {
	case e.Role() == index.RoleIndex:
		if e.Manifest == nil {
			return nil
		}
		return containerd(i, e.Manifest, node)
	case e.Descriptor.Platform == nil && (e.Config == nil || !node.Match(e.Config.Platform())):
		return nil
	}
	return e
}

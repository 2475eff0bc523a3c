// Package pull tells which entry of an image index a node would pull. Runtimes follow different
// rules, and an index that one of them understands can leave the other without an image.
package pull

import (
	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/lambda/internal/image/index"
)

// Choice is what the runtimes of one kind of node pull. An entry is nil where the runtime finds no
// image.
type Choice struct {
	// Node is the kind of node, such as linux/arm64.
	Node string
	// Containerd and Strict are what containerd pulls: with its default rule, which falls back to
	// older machines of the same kind, and with its strict one, which Docker's --platform follows.
	Containerd, Strict *index.Entry
	// CRIO is what CRI-O and Podman pull, which compare platforms letter by letter.
	CRIO *index.Entry
}

// nodes are ordinary machines as runtimes see them. An arm64 machine reports the variant v8, an
// amd64 machine none.
var nodes = []struct {
	name     string
	platform specs.Platform
}{
	{"linux/amd64", specs.Platform{OS: "linux", Architecture: "amd64"}},
	{"linux/arm64", specs.Platform{OS: "linux", Architecture: "arm64", Variant: "v8"}},
}

// Choices tells what an ordinary amd64 node and an ordinary arm64 node pull. It is empty for what
// is no image at all.
func Choices(i *index.Image) []Choice {
	if len(i.Entries) == 0 {
		return nil
	}
	var all []Choice
	for _, n := range nodes {
		c := Choice{Node: n.name}
		if i.Single { // without an index to choose from, runtimes pull what there is
			c.Containerd, c.Strict, c.CRIO = i.Entries[0], i.Entries[0], i.Entries[0]
		} else {
			c.Containerd, c.Strict, c.CRIO = lenient(i, n.platform), strict(i, n.platform), exact(i, n.platform)
		}
		all = append(all, c)
	}
	return all
}

// below are the entries of an index, and of no index inside it.
func below(i *index.Image, parent *index.Manifest) []*index.Entry {
	var found []*index.Entry
	for _, e := range i.Entries {
		if e.Parent == parent && !e.Loop {
			found = append(found, e)
		}
	}
	return found
}

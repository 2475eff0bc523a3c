package rootfs

import "strings"

// order notices whether a layer's entries come sorted. Every tool that makes layers out of a folder
// walks it by name (Docker, BuildKit, containerd, Podman, Kaniko, Buildpacks, "tar --sort=name"),
// and then what has passed by won't come again. So of a large layer the rest needs not be read:
// that is most of a Node image's bytes. A layer that is out of order anywhere so far is read to its
// end, and so is every small rest.
//
// What this trusts: that a layer that was sorted so far stays so. The trust goes one way only. What
// is found wrong is looked at again with all layers read to their ends (package start), so no image
// is refused because of it. An image passes wrongly if a layer begins sorted and then, out of
// order, replaces a program by a wrong one: "tar -u" and "tar -r" write such layers. So pipelines
// read everything, as --deep does, and the command line says what it has not read.
type order struct {
	// Two orders are in use: by folder (a walk), and by the bytes of the whole path, in which "a-b"
	// stands before "a/b".
	walk, bytes bool
	last        string
	// steps counts the entries that could have been out of order: not those directly below the one
	// before.
	steps int
}

// enough steps in order make an order: a walk without one takes them by chance once in some dozens
// of times.
const enough = 4

func newOrder() order { return order{walk: true, bytes: true} }

// see takes the next entry's path; a whiteout stands where the path was that it takes away.
func (o *order) see(p string) {
	o.walk = o.walk && !walksBefore(p, o.last)
	o.bytes = o.bytes && p >= o.last
	if o.last == "" || !strings.HasPrefix(p, o.last+"/") {
		o.steps++
	}
	o.last = p
}

// holds reports whether the entries are in some order.
func (o *order) holds() bool { return o.walk || o.bytes }

// passed reports whether a path can't come any more.
func (o *order) passed(p string) bool {
	return o.holds() && o.steps >= enough && (!o.walk || walksBefore(p, o.last)) && (!o.bytes || p < o.last)
}

// walksBefore reports whether a comes before b, compared folder by folder.
func walksBefore(a, b string) bool {
	for i := 0; ; i++ {
		switch {
		case i == len(b):
			return false
		case i == len(a):
			return true
		case a[i] == b[i]:
			continue
		case a[i] == '/':
			return true
		case b[i] == '/':
			return false
		default:
			return a[i] < b[i]
		}
	}
}

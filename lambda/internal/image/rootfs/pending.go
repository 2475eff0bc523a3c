package rootfs

import (
	"fmt"
	"path"
	"strings"

	"archway/lambda/internal/image/layer"
)

// What an entry means can depend on what its own layer had before it, and what containerd then
// can't unpack nobody can pull. It writes into a folder of the layer alone, for overlayfs
// (archive/tar.go and tar_opts_linux.go of v1.6.20 and v2.3.4):
//
//   - A hard link is a second name of a file that stands before it in the same layer. What the
//     first name stands for later, in this layer or above, doesn't matter to the second.
//   - A whiteout is a device in the place of what is gone, so that nothing of that name may stand
//     there yet. (In the lowest layer, where it hides nothing, containerd removes what stands there;
//     Docker fails.)
//   - What is above an entry must be a folder by then, or nothing, which becomes one (mkparent): a
//     file stays in the way, and so does a whiteout until the layer makes a folder of its own there.
//
// Such entries are judged together, some time after they were read: to look each one up among all
// entries at once would take a time that grows with the square of their number.

// pending is a hard link or a marker that was not judged yet.
type pending struct {
	// at is its number among the record's entries.
	at   int
	kind layer.Kind
	// name is the link's, and target what it is a name of, what is gone, or the folder.
	name, target string
}

// mostPending is how many are judged together. A layer of 700,000 links is gone through 85 times
// then, in a tenth of a second.
const mostPending = 8192

// pendingMemory is how much of the budget they may take meanwhile.
const pendingMemory = 2 << 20

// pendingBytes is what one costs, beside its names: itself, and two or three hashes with their
// values.
const pendingBytes = 160

// note keeps an entry until it is judged.
func (r *record) note(p pending) error {
	cost := pendingBytes + len(p.name) + len(p.target)
	if err := r.charge(cost); err != nil {
		return err
	}
	p.at = r.n
	r.pending, r.pendingCost = append(r.pending, p), r.pendingCost+cost
	return nil
}

// link notes a hard link, whose value is that of another entry.
func (r *record) link(e layer.Entry, name string) error {
	target, err := r.placed(e.Target)
	if err != nil {
		return err
	}
	if err := r.note(pending{kind: layer.Hardlink, name: name, target: target}); err != nil {
		return err
	}
	if err := r.put(hashOf(name), uint32(layer.Hardlink)); err != nil {
		return err
	}
	return r.often()
}

// mark notes a whiteout or an opaque folder, which stands in its folder as any other entry does.
func (r *record) mark(e layer.Entry) error {
	name := e.Path
	switch {
	case e.Kind == layer.Opaque && name == "":
		return r.put(opaqueOf(""), uint32(e.Kind))
	case e.Kind == layer.Opaque:
		name += "/." // what stands in the folder
	}
	name, err := r.placed(name)
	if err != nil {
		return err
	}
	if err := r.parents(name); err != nil {
		return err
	}
	r.folder = name[:max(0, strings.LastIndexByte(name, '/'))]
	if e.Kind == layer.Opaque {
		if err := r.put(opaqueOf(r.folder), uint32(e.Kind)); err != nil {
			return err
		}
		return r.often()
	}
	if err := r.note(pending{kind: e.Kind, target: name}); err != nil {
		return err
	}
	if err := r.put(whiteoutOf(name), uint32(e.Kind)); err != nil {
		return err
	}
	return r.often()
}

func (r *record) often() error {
	if len(r.pending) < mostPending && r.pendingCost < pendingMemory {
		return nil
	}
	return r.resolve()
}

// resolve judges what is pending, and gives hard links the values of the files that they are names
// of.
func (r *record) resolve() error {
	if len(r.pending) == 0 {
		return nil
	}
	// there is what stands at the places that matter, up to the entry that is looked at, and gone
	// are those places by the hashes of their whiteouts.
	there, gone := make(map[uint64]uint32, len(r.pending)), map[uint64]uint64{}
	var bits uint64
	for _, p := range r.pending {
		h := hashOf(p.target)
		there[h] = 0
		bits |= 1 << (h & 63)
		if p.kind != layer.Hardlink {
			w := whiteoutOf(p.target)
			gone[w] = h
			bits |= 1 << (w & 63)
		}
	}
	for next, i := 0, 0; next < len(r.pending); i++ {
		c := &r.chunks[i/chunkSize]
		h, value := c.hashes[i%chunkSize], &c.values[i%chunkSize]
		if p := r.pending[next]; i == p.at {
			next++
			if p.kind != layer.Hardlink {
				if err := placeable(there, p); err != nil {
					return err
				}
				continue
			}
			target := hashOf(p.target)
			of := there[target]
			if err := linkable(p, of); err != nil {
				return err
			}
			if isBox(p.name) {
				of |= boxBit
				there[target] = of
			}
			*value = of
		}
		if bits&(1<<(h&63)) != 0 {
			if kindOf(*value) == layer.Whiteout {
				if place, is := gone[h]; is {
					there[place] = uint32(layer.Whiteout)
				}
			} else if before, is := there[h]; is && (before == 0 || kindOf(*value) != implied) {
				there[h] = *value
			}
		}
	}
	r.pending = r.pending[:0]
	r.charged -= int64(r.pendingCost)
	r.budget.left.Add(int64(r.pendingCost))
	r.pendingCost = 0
	return nil
}

// cantUnpack says that containerd fails at an entry.
type cantUnpack struct{ reason string }

func (c *cantUnpack) Error() string { return c.reason }

// linkable judges a hard link by what stands at its target.
func linkable(p pending, target uint32) error {
	switch kindOf(target) {
	case 0, layer.Whiteout:
		return &cantUnpack{fmt.Sprintf(
			"/%s is a hard link to /%s, which doesn't stand before it in the same layer, and layers can't be linked with "+
				"each other; the tool that makes the layer has to put the file itself into it", p.name, p.target)}
	case layer.Dir, implied:
		return &cantUnpack{fmt.Sprintf(
			"/%s is a hard link to /%s, which is a folder; only files can have a second name", p.name, p.target)}
	}
	return nil
}

// placeable judges a whiteout, or a folder that is made for what is in it, by what its layer had
// there before, and notes what it makes.
func placeable(there map[uint64]uint32, p pending) error {
	self := hashOf(p.target)
	const cure = "containerd and Docker can't unpack that; let the tool that makes the layer mark each name once, " +
		"and nothing that it puts there itself"
	switch before := kindOf(there[self]); {
	case before == 0:
		there[self] = uint32(p.kind)
	case p.kind == layer.Whiteout:
		return &cantUnpack{fmt.Sprintf(
			"it marks /%s as gone behind an entry of its own for that name; %s", p.target, cure)}
	case before == layer.Whiteout:
		return &cantUnpack{fmt.Sprintf(
			"it has entries below /%s, after it has marked /%[1]s as gone and made no folder there again; containerd "+
				"and Docker can't unpack that; let the tool that makes the layer write an entry for the folder itself",
			p.target)}
	case before != layer.Dir && before != implied && before != layer.Symlink:
		return &cantUnpack{fmt.Sprintf(
			"it has entries below /%s, where it has put a file before; containerd and Docker can't unpack that; let the "+
				"tool that makes the layer write an entry for the folder itself", p.target)}
	}
	return nil
}

func kindOf(value uint32) layer.Kind { return layer.Kind(value & (1<<kindBits - 1)) }

// isBox reports whether a file's name says that it is BusyBox, which is many programs in one.
func isBox(name string) bool {
	switch path.Base(name) {
	case "busybox", "busybox.static", "busybox-static":
		return true
	}
	return false
}

package rootfs

import (
	"encoding/binary"
	"errors"
	"hash/maphash"
	"path"
	"strings"
	"sync/atomic"

	"archway/lambda/internal/image/executable"
	"archway/lambda/internal/image/layer"
)

// Why a record instead of reading again: what starts leads from name to name (a symlink, an
// interpreter, a loader), and each new name can be in any layer, also in those that passed by.
// Reading those again would cost the layer's whole stream for every hop: a Node image takes nine,
// so up to nine times 50 MB. The record of a layer costs 12 bytes for each entry, whatever the
// length of its path, plus the targets of its links: 0.1 MB for Debian with Node (9,000 entries),
// 12 MB for a million entries. So each layer is read at most once, and memory is bounded by Budget.

// record is what is known of a layer's entries: a hash of each path with what is there. Paths
// themselves are only ever looked up, never listed, so they are not kept. The hash is seeded per
// process: nobody can prepare two paths that collide.
type record struct {
	budget  *Budget
	chunks  []chunk
	n       int
	targets []byte
	files   []file
	known   map[file]uint32
	// contents are those of the few files that are kept whole.
	contents []string
	// links are this layer's own symlinks: entries below one are placed where it leads.
	links map[uint64]uint32
	// folder is the latest entry's, which has been noted with all above it; latest is where the
	// entry itself ended up.
	folder, latest string
	// implied are the folders noted last, each at a place that its hash gives: a large archive
	// without entries for folders would have them noted again and again. Nil of a small one.
	implied *[impliedSize]uint64
	// pending are the entries that were not judged yet by what stands before them.
	pending     []pending
	pendingCost int
	// charged and extra are what was taken from the budget.
	charged, extra int64
}

// file is what is known of a file, or of a folder, which is no program.
type file struct {
	program executable.Program
	access  layer.Access
	// content is the place of what the file holds, counted from 1. 0: it wasn't kept.
	content uint32
}

const (
	chunkSize   = 2048
	impliedSize = 4096
)

type chunk struct {
	hashes *[chunkSize]uint64
	values *[chunkSize]uint32
}

// A value is a kind (4 bits), whether the file may be executed (1 bit) and is BusyBox (1 bit), and
// a reference: into files, or into targets.
const (
	kindBits = 4
	execBit  = 1 << kindBits
	boxBit   = 2 << kindBits
	refShift = kindBits + 2
	maxRef   = 1<<(32-refShift) - 1
)

// implied is the kind of a folder that has no entry of its own, but entries below it.
const implied = layer.Opaque + 1

var seed = maphash.MakeSeed()

// Two paths hash alike with a probability of one in 2^64. Markers hash apart from entries.
func hashOf(p string) uint64 { return maphash.String(seed, p) }

func whiteoutOf(p string) uint64 { return maphash.String(seed, p+"\x00w") }

func opaqueOf(p string) uint64 { return maphash.String(seed, p+"\x00o") }

// Budget bounds the memory of all records of a run.
type Budget struct {
	left atomic.Int64
	// extra is for what makes an image no worse if it is forgotten: what libraries need, and files
	// that are kept whole.
	extra atomic.Int64
}

// extra is how much of that is kept: of some 8,000 libraries.
const extra = 4 << 20

// NewBudget allows so many bytes.
func NewBudget(bytes int64) *Budget {
	b := new(Budget)
	b.left.Store(bytes)
	b.extra.Store(min(extra, bytes))
	return b
}

var errBudget = errors.New("it has more files than can be kept track of")

func (r *record) charge(bytes int) error {
	if r.budget.left.Add(-int64(bytes)) < 0 {
		r.budget.left.Add(int64(bytes))
		return errBudget
	}
	r.charged += int64(bytes)
	return nil
}

// affords takes from the budget for what may be forgotten, and reports whether there was room.
func (r *record) affords(bytes int) bool {
	if r.budget.extra.Add(-int64(bytes)) < 0 {
		r.budget.extra.Add(int64(bytes))
		return false
	}
	r.extra += int64(bytes)
	return true
}

// free gives everything back.
func (r *record) free() {
	r.budget.left.Add(r.charged)
	r.budget.extra.Add(r.extra)
	*r = record{budget: r.budget}
}

// add notes an entry.
func (r *record) add(e layer.Entry) error {
	if e.Kind == layer.Whiteout || e.Kind == layer.Opaque {
		return r.mark(e)
	}
	name, err := r.placed(e.Path)
	if err != nil {
		return err
	}
	if err := r.parents(name); err != nil {
		return err
	}
	r.folder, r.latest = name, name
	if e.Kind != layer.Dir {
		r.folder = name[:max(0, strings.LastIndexByte(name, '/'))]
	}
	h := hashOf(name)
	if r.implied != nil && r.implied[h%impliedSize] == h {
		r.implied[h%impliedSize] = 0 // from now on it is what this entry says
	}
	if e.Kind == layer.Hardlink {
		delete(r.links, h)
		return r.link(e, name)
	}
	value, err := r.value(e)
	if err != nil {
		return err
	}
	if e.Kind == layer.Symlink {
		if err := r.charge(24); err != nil {
			return err
		}
		if r.links == nil {
			r.links = map[uint64]uint32{}
		}
		r.links[h] = value >> refShift
	} else if r.links != nil {
		delete(r.links, h) // a later entry takes an earlier one's place
	}
	if err := r.put(h, value); err != nil {
		return err
	}
	return r.often()
}

// placed says where an entry ends up if a folder above it is a symlink of this layer.
func (r *record) placed(name string) (string, error) {
	if r.links == nil {
		return name, nil
	}
	for range maxHops {
		through := r.through(name)
		if through == name {
			return name, nil
		}
		name = through
	}
	return "", errLoop
}

var errLoop = errors.New("its own symlinks lead in a circle")

func (r *record) through(name string) string {
	for i := commonFolders(r.folder, name); i < len(name); i++ {
		if name[i] != '/' {
			continue
		}
		if ref, isLink := r.links[hashOf(name[:i])]; isLink {
			return join(path.Dir("/"+name[:i]), r.target(ref)) + name[i:]
		}
	}
	return name
}

// parents notes the folders above an entry that have no entry themselves. Those that the entry
// before had too are there already.
func (r *record) parents(name string) error {
	for i := commonFolders(r.folder, name); i < len(name); i++ {
		if name[i] != '/' {
			continue
		}
		h := hashOf(name[:i])
		if r.implied == nil && r.n > impliedSize {
			r.implied = new([impliedSize]uint64)
		}
		if r.implied != nil {
			if r.implied[h%impliedSize] == h {
				continue
			}
			r.implied[h%impliedSize] = h
		}
		if err := r.note(pending{kind: implied, target: name[:i]}); err != nil {
			return err
		}
		if err := r.put(h, uint32(implied)); err != nil {
			return err
		}
	}
	return nil
}

// commonFolders is the length of the part of a path that lies in the same folders as a folder, with
// the slash at its end.
func commonFolders(folder, name string) int {
	n := 0
	for i := 0; i < len(name); i++ {
		if name[i] == '/' && (i == len(folder) || i < len(folder) && folder[i] == '/') {
			n = i + 1
		}
		if i >= len(folder) || folder[i] != name[i] {
			break
		}
	}
	return n
}

// join gives the path that a symlink in a folder leads to, without a leading slash.
func join(folder, target string) string {
	if strings.HasPrefix(target, "/") {
		return layer.Clean(target)
	}
	return layer.Clean(folder + "/" + target)
}

func (r *record) value(e layer.Entry) (uint32, error) {
	value := uint32(e.Kind)
	if e.Exec {
		value |= execBit
	}
	if e.Kind == layer.File && isBox(e.Path) {
		value |= boxBit
	}
	var ref int
	switch e.Kind {
	case layer.File, layer.Dir:
		f := file{program: e.Program, access: e.Access}
		if e.Content != nil && r.affords(len(*e.Content)+16) {
			r.contents = append(r.contents, *e.Content)
			f.content = uint32(len(r.contents))
		}
		n, err := r.file(f)
		if err != nil {
			return 0, err
		}
		ref = int(n)
	case layer.Symlink:
		ref = len(r.targets)
		if err := r.charge(len(e.Target) + 2); err != nil {
			return 0, err
		}
		r.targets = binary.AppendUvarint(r.targets, uint64(len(e.Target)))
		r.targets = append(r.targets, e.Target...)
	}
	if ref > maxRef {
		return 0, errBudget
	}
	return value | uint32(ref)<<refShift, nil
}

// file keeps each kind of file once: a layer has thousands of files, but few owners, machines,
// loaders and interpreters. What a file needs of the dynamic loader is its own, and is forgotten
// where there is no more room.
func (r *record) file(f file) (uint32, error) {
	if n, ok := r.known[f]; ok {
		return n, nil
	}
	p := f.program
	if (p.Links != "" || f.content != 0) && !r.affords(320+len(p.Links)) {
		forgotten := p.Links != ""
		f.program.Links, f.program.LinksUnseen, f.content = "", p.LinksUnseen || forgotten, 0
		return r.file(f)
	}
	if p.Links == "" && f.content == 0 {
		if err := r.charge(320 + len(p.Line) + len(p.Loader) + len(p.Fault)); err != nil {
			return 0, err
		}
	}
	if r.known == nil {
		r.known = map[file]uint32{}
	}
	n := uint32(len(r.files))
	r.files = append(r.files, f)
	r.known[f] = n
	return n, nil
}

func (r *record) target(ref uint32) string {
	length, n := binary.Uvarint(r.targets[ref:])
	start := int(ref) + n
	return string(r.targets[start : start+int(length)])
}

func (r *record) put(hash uint64, value uint32) error {
	i := r.n % chunkSize
	if i == 0 {
		if err := r.charge(chunkSize * 12); err != nil {
			return err
		}
		r.chunks = append(r.chunks, chunk{new([chunkSize]uint64), new([chunkSize]uint32)})
	}
	c := r.chunks[len(r.chunks)-1]
	c.hashes[i], c.values[i] = hash, value
	r.n++
	return nil
}

// node gives back what a value stands for.
func (r *record) node(value uint32) Node {
	kind := layer.Kind(value & (1<<kindBits - 1))
	if kind == implied {
		return Node{Kind: layer.Dir}
	}
	n := Node{Kind: kind, Exec: value&execBit != 0, BusyBox: value&boxBit != 0}
	switch kind {
	case layer.File, layer.Dir:
		f := r.files[value>>refShift]
		n.Program, n.Access = f.program, f.access
		if f.content > 0 {
			n.Content, n.Kept = r.contents[f.content-1], true
		}
	case layer.Symlink:
		n.Target = r.target(value >> refShift)
	}
	return n
}

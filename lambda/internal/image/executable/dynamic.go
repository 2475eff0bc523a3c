package executable

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
	"sync"
)

// What the dynamic loader reads of a file: its dynamic section, and the tables that this leads to.
// The tables stand near the file's beginning and the section near its end, but a stream passes by
// once. So the beginning is kept until the section is known. That is the first segment in files of
// linkers since 2018, which put code into another one.
const (
	// maxBegin is how much of the beginning is kept. Docker's daemon, which exports everything, has
	// its tables in the first 11.9 MB, Node in 7.8, and ordinary programs and libraries in less
	// than one.
	maxBegin = 12 << 20
	// ordinaryBegin is how much may be kept of several files at a time; of larger ones one after
	// the other.
	ordinaryBegin = 1 << 20
	// maxTable bounds what is read of a table that lies elsewhere, as patchelf puts it.
	maxTable = 1 << 20
	// maxDynamic bounds the dynamic section, and versions the tables of versions.
	maxDynamic, versions = 64 << 10, 64 << 10
	maxName              = 4096
)

// Tags of the dynamic section and types of program headers, as the ELF specification and glibc's
// elf.h number them.
const (
	dtNeeded, dtStrtab, dtStrsz, dtSoname, dtRPath, dtRunPath = 1, 5, 10, 14, 15, 29
	dtFlags1, dtVerdef, dtVerdefNum                           = 0x6ffffffb, 0x6ffffffc, 0x6ffffffd
	dtVerneed, dtVerneedNum                                   = 0x6ffffffe, 0x6fffffff
	noDefaults                                                = 0x800 // DF_1_NODEFLIB

	ptDynamic, ptNote, ptProperty = 2, 4, 0x6474e553
)

// span is a part of a file, and where it is in memory.
type span struct{ offset, address, size uint64 }

// segments are those program headers that matter to a dynamic loader.
type segments struct {
	loads, notes []span
	dynamic      span
	// data is the segment that may be written, from the first such on.
	data span
	// interp is the loader's name, where that wasn't read yet.
	interp span
	order  binary.ByteOrder
	wide   bool
}

func (g *segments) add(kind, flags uint32, s span) {
	const writable = 2 // PF_W
	switch kind {
	case ptLoad:
		g.loads = append(g.loads, s)
		if flags&writable == 0 || s.offset+s.size < s.offset {
			break
		}
		if g.data.size == 0 {
			g.data = s
		}
		g.data.size = max(g.data.size, s.offset+s.size-min(g.data.offset, s.offset+s.size))
	case ptDynamic:
		g.dynamic = s
	case ptNote, ptProperty:
		if len(g.notes) < 8 {
			g.notes = append(g.notes, s)
		}
	}
}

// offset is where in the file an address is.
func (g *segments) offset(address uint64) (int64, bool) {
	for _, l := range g.loads {
		if address >= l.address && address-l.address < l.size && l.offset < 1<<40 {
			return int64(l.offset + address - l.address), true
		}
	}
	return 0, false
}

// linker reads a file's linkage.
type linker struct {
	*segments
	s       *Scanner
	size    int64
	windows []window
	links   Linkage
	unseen  bool
	// golang says that Go's linker made the file.
	golang bool
}

// errOdd says that a table isn't where it can be.
var errOdd = errors.New("odd")

// linkage reads what the dynamic loader is asked for, and its name if that is still to be read. The
// error is the reader's own.
func (s *Scanner) linkage(p Program, g *segments, size int64) (Program, error) {
	l := &linker{segments: g, s: s, size: size}
	err := l.level()
	var golang *goInfo
	if err == nil && l.golang && s.Whole && p.Machine.ID == emX86_64 {
		golang = &goInfo{r: s.r, at: s.pos, from: int64(min(g.data.offset, uint64(size)))}
		golang.see(s.head[min(golang.from, int64(s.have)):s.have])
		s.r = golang
	}
	if err == nil && g.dynamic.size > 0 {
		err = l.dynamicSection(&p)
	}
	if golang != nil && (err == nil || errors.Is(err, errUnseen) || errors.Is(err, errOdd)) {
		if failed := golang.drain(min(int64(g.data.offset+g.data.size), size, s.reach)); failed != nil {
			return p, failed
		}
	}
	if errors.Is(err, errUnseen) || errors.Is(err, errOdd) {
		p.LinksUnseen, err = true, nil
		l.links = Linkage{Level: l.links.Level}
	}
	if golang != nil {
		l.links.GoLevel = golang.level
	}
	if p.Links = l.links.pack(); len(p.Links) > maxLinks {
		p.Links, p.LinksUnseen = "", true
	}
	if g.interp.size > 0 && p.Loader == "" && p.Fault == "" {
		p.LoaderUnseen = true
	}
	return p, err
}

// level reads the property of x86 that names the level of instructions which the file needs.
// https://gitlab.com/x86-psABIs/x86-64-ABI, "Program Property"
func (l *linker) level() error {
	for _, note := range l.notes {
		if note.size > 8<<10 || note.offset+note.size > near {
			continue // not where linkers put it, and no reason to keep more
		}
		b, err := l.s.at(int64(note.offset), int(note.size))
		if errors.Is(err, errUnseen) {
			continue
		}
		if err != nil {
			return err
		}
		l.links.Level = max(l.links.Level, noteLevel(b, l.order, l.wide))
		l.golang = l.golang || hasGoNote(b, l.order)
	}
	return nil
}

// noteLevel looks through notes for GNU's property of needed instructions: x86 level n has bit n-1.
func noteLevel(b []byte, order binary.ByteOrder, wide bool) int {
	const gnuProperty, isaNeeded = 5, 0xc0008002
	align := 4
	if wide {
		align = 8
	}
	level := 0
	for len(b) >= 16 {
		names, length, kind := int(order.Uint32(b)), int(order.Uint32(b[4:])), order.Uint32(b[8:])
		begin := 12 + (names+3)&^3
		if names < 0 || length < 0 || begin < 12 || begin > len(b) || length > len(b)-begin {
			return level
		}
		if kind == gnuProperty && bytes.Equal(b[12:12+names], []byte("GNU\x00")) {
			for p := b[begin : begin+length]; len(p) >= 8; {
				property, n := order.Uint32(p), int(order.Uint32(p[4:]))
				if n < 0 || n > len(p)-8 {
					break
				}
				if property == isaNeeded && n >= 4 {
					for bits := order.Uint32(p[8:]) & 15; bits != 0; bits >>= 1 {
						level++
					}
				}
				p = p[min(len(p), 8+(n+align-1)&^(align-1)):]
			}
		}
		next := begin + (length+align-1)&^(align-1)
		b = b[min(len(b), next):]
	}
	return level
}

// buffers are for beginnings of ordinary length, and large is held by whoever keeps a longer one.
var (
	buffers = sync.Pool{New: func() any { return new([]byte) }}
	large   sync.Mutex
)

func (l *linker) dynamicSection(p *Program) error {
	d := l.dynamic
	if d.size > maxDynamic || d.offset > uint64(l.size) || d.offset+d.size > uint64(l.size) || len(l.loads) == 0 {
		return errOdd
	}
	keep := int64(d.offset + d.size)
	if keep > ordinaryBegin {
		if first := l.loads[0]; first.offset == 0 {
			keep = min(keep, int64(min(first.size, maxBegin)))
		}
		keep = min(keep, maxBegin, l.size)
	}
	var buffer *[]byte
	if keep > ordinaryBegin {
		large.Lock()
		defer large.Unlock()
		buffer = new([]byte)
	} else {
		buffer = buffers.Get().(*[]byte)
		defer buffers.Put(buffer)
	}
	begin, err := l.s.begin(int(keep), buffer)
	if err != nil {
		return err
	}
	l.windows = []window{{0, begin}}
	if l.interp.size > 0 && l.interp.offset < d.offset {
		if err := l.fetch(int64(l.interp.offset), int(l.interp.size)); err != nil {
			return err
		}
	}
	if err := l.fetch(int64(d.offset), int(d.size)); err != nil {
		return err
	}
	if err := l.section(); err != nil {
		return err
	}
	if l.interp.size > 0 {
		if err := l.fetch(int64(l.interp.offset), int(l.interp.size)); err != nil {
			return err
		}
		if name, ok := l.bytes(int64(l.interp.offset), int(l.interp.size)); ok {
			*p = p.loadedBy(name, int(l.interp.size))
		}
	}
	return nil
}

func (l *linker) section() error {
	d := l.dynamic
	section, ok := l.bytes(int64(d.offset), int(d.size))
	if !ok {
		return errUnseen
	}
	return l.entries(section)
}

// table is one that the dynamic section names.
type table struct {
	address uint64
	offset  int64
	size    int
}

// entries reads the dynamic section, and then the tables in the order in which they pass by.
func (l *linker) entries(section []byte) error {
	var names, verneed, verdef table
	var needed []uint64
	var soname, rpath, runpath uint64
	var needs, defs uint64
	each := 8
	if l.wide {
		each = 16
	}
	for ; len(section) >= each; section = section[each:] {
		var tag, value uint64
		if l.wide {
			tag, value = l.order.Uint64(section), l.order.Uint64(section[8:])
		} else {
			tag, value = uint64(l.order.Uint32(section)), uint64(l.order.Uint32(section[4:]))
		}
		if tag == 0 {
			break
		}
		switch tag {
		case dtNeeded:
			needed = append(needed, value)
		case dtStrtab:
			names.address = value
		case dtStrsz:
			names.size = int(min(value, maxBegin))
		case dtSoname:
			soname = value
		case dtRPath:
			rpath = value
		case dtRunPath:
			runpath = value
		case dtFlags1:
			l.links.NoDefaults = value&noDefaults != 0
		case dtVerneed:
			verneed = table{address: value, size: versions}
		case dtVerdef:
			verdef = table{address: value, size: versions}
		case dtVerneedNum:
			needs = value
		case dtVerdefNum:
			defs = value
		}
	}
	if names.address == 0 {
		return nil // as of a static program that places itself
	}
	tables := []*table{&names}
	for _, t := range []*table{&verneed, &verdef} {
		if t.address != 0 {
			tables = append(tables, t)
		}
	}
	for _, t := range tables {
		var ok bool
		if t.offset, ok = l.offset(t.address); !ok || t.offset >= l.size {
			return errOdd
		}
		t.size = int(min(int64(t.size), l.size-t.offset))
	}
	slices.SortFunc(tables, func(a, b *table) int { return int(a.offset - b.offset) })
	for _, t := range tables {
		if first := l.windows[0].b; t != &names && t.offset < int64(len(first)) {
			t.size = min(t.size, len(first)-int(t.offset)) // its true size is not known, and far less
		}
		if err := l.fetch(t.offset, t.size); err != nil {
			return err
		}
	}
	text, ok := l.bytes(names.offset, names.size)
	if !ok {
		return errUnseen
	}
	for _, at := range needed {
		l.links.Needed = append(l.links.Needed, l.name(text, at))
	}
	for _, one := range []struct {
		at   uint64
		into *string
	}{{soname, &l.links.Soname}, {rpath, &l.links.RPath}, {runpath, &l.links.RunPath}} {
		if one.at != 0 {
			*one.into = l.name(text, one.at)
		}
	}
	if verneed.address != 0 {
		b, _ := l.bytes(verneed.offset, verneed.size)
		l.wants(b, text, needs)
	}
	if verdef.address != 0 {
		b, _ := l.bytes(verdef.offset, verdef.size)
		l.defines(b, text, defs)
	}
	if l.unseen {
		return errOdd
	}
	return nil
}

// name gives a string of the table.
func (l *linker) name(text []byte, at uint64) string {
	if at >= uint64(len(text)) {
		l.unseen = true
		return ""
	}
	text = text[at:]
	end := bytes.IndexByte(text[:min(len(text), maxName)], 0)
	if end < 0 {
		l.unseen = true
		return ""
	}
	return string(text[:end])
}

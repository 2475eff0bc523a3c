package executable

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
)

const (
	ptLoad   = 1
	ptInterp = 3
	// maxHeaders is the largest table of program headers that the kernel takes, in bytes
	// (fs/binfmt_elf.c, load_elf_phdrs).
	maxHeaders = 64 << 10
	// maxPath is the longest loader's name that the kernel takes, with the zero at its end
	// (PATH_MAX).
	maxPath = 4096
)

// elf reads an ELF header and what it leads to: the program headers, and the name of the dynamic
// loader.
func (s *Scanner) elf(first []byte, size int64) (Program, error) {
	p := Program{Kind: ELF}
	const short = "breaks off within its header; it was probably copied or downloaded incompletely"
	if len(first) < 20 {
		p.Fault = short
		return p, nil
	}
	order := binary.ByteOrder(binary.LittleEndian)
	switch first[4] {
	case 1:
		p.Machine.Bits = 32
	case 2:
		p.Machine.Bits = 64
	}
	switch first[5] {
	case 1:
	case 2:
		order, p.Machine.Big = binary.BigEndian, true
	default:
		p.Fault = "names no byte order"
		return p, nil
	}
	p.System = System(first[7])
	p.Type = Type(order.Uint16(first[16:]))
	p.Machine.ID = order.Uint16(first[18:])
	if p.Machine.Bits == 0 {
		p.Fault = "is neither 32 nor 64 bits wide"
		return p, nil
	}

	wide := p.Machine.Bits == 64
	length := 52
	if wide {
		length = 64
	}
	if len(first) < length {
		p.Fault = short
		return p, nil
	}
	var offset uint64
	var flags uint32
	var each, count int
	if wide {
		p.NoEntry = order.Uint64(first[24:]) == 0
		offset, flags = order.Uint64(first[32:]), order.Uint32(first[48:])
		each, count = int(order.Uint16(first[54:])), int(order.Uint16(first[56:]))
	} else {
		p.NoEntry = order.Uint32(first[24:]) == 0
		offset, flags = uint64(order.Uint32(first[28:])), order.Uint32(first[36:])
		each, count = int(order.Uint16(first[42:])), int(order.Uint16(first[44:]))
	}
	p.Machine.Float = float(p.Machine.ID, flags)
	if p.Type != Executable && p.Type != Shared {
		return p, nil // nothing that is loaded has no program headers
	}
	want := 32
	if wide {
		want = 56
	}
	switch {
	case each != want || count == 0 || each*count > maxHeaders:
		p.Fault = "has no program headers that the kernel accepts"
		return p, nil
	case offset > uint64(size) || offset+uint64(each*count) > uint64(size):
		p.Fault = short
		return p, nil
	}
	table, err := s.at(int64(offset), each*count)
	if errors.Is(err, errUnseen) {
		p.LoaderUnseen, p.LinksUnseen, p.NoEntry = true, true, false
		return p, nil
	}
	if err != nil {
		return p, err
	}
	if len(table) < each*count {
		p.Fault = short
		return p, nil
	}
	g := &segments{order: order, wide: wide}
	for rest := table; len(rest) >= each; rest = rest[each:] {
		if wide {
			g.add(order.Uint32(rest), order.Uint32(rest[4:]),
				span{order.Uint64(rest[8:]), order.Uint64(rest[16:]), order.Uint64(rest[32:])})
		} else {
			g.add(order.Uint32(rest), 0,
				span{uint64(order.Uint32(rest[4:])), uint64(order.Uint32(rest[8:])), uint64(order.Uint32(rest[16:]))})
		}
	}
	p, err = s.headers(p, g, table, each, size)
	if err != nil || p.Fault != "" {
		return p, err
	}
	return s.linkage(p, g, size)
}

// headers looks through the program headers for the loader's name, and for segments that the file
// is too short for.
func (s *Scanner) headers(p Program, g *segments, table []byte, each int, size int64) (Program, error) {
	order := g.order
	var interp, end uint64
	var length uint64
	found := false
	for ; len(table) >= each; table = table[each:] {
		kind := order.Uint32(table)
		var offset, address, filesz uint64
		if each == 56 {
			offset, address, filesz = order.Uint64(table[8:]), order.Uint64(table[16:]), order.Uint64(table[32:])
		} else {
			offset, address, filesz = uint64(order.Uint32(table[4:])), uint64(order.Uint32(table[8:])),
				uint64(order.Uint32(table[16:]))
		}
		if kind == ptLoad && address == 0 && offset > 0 {
			p.NoEntry = false // the address 0 has something else than the file's header
		}
		switch {
		case kind == ptLoad && filesz > 0 && offset+filesz > end && offset+filesz >= offset:
			end = offset + filesz
		case kind == ptInterp && !found: // the kernel takes the first
			found, interp, length = true, offset, filesz
		}
	}
	if end > uint64(size) {
		p.Fault = fmt.Sprintf("is cut short: its segments reach to byte %d, and it has %d", end, size)
	}
	if !found {
		return p, nil
	}
	if length < 2 || length > maxPath || interp > uint64(size) || interp+length > uint64(size) {
		p.Fault = "names its dynamic loader in a way that the kernel refuses"
		return p, nil
	}
	if interp+length > near && g.dynamic.size > 0 { // as in libc.so.6: what stands before it is wanted too
		g.interp = span{offset: interp, size: length}
		return p, nil
	}
	name, err := s.at(int64(interp), int(length))
	if errors.Is(err, errUnseen) {
		p.LoaderUnseen = true
		return p, nil
	}
	if err != nil {
		return p, err
	}
	return p.loadedBy(name, int(length)), nil
}

// loadedBy takes the loader's name, of which so many bytes were expected.
func (p Program) loadedBy(name []byte, length int) Program {
	if len(name) < length || name[len(name)-1] != 0 || name[0] == 0 {
		p.Fault = "names its dynamic loader in a way that the kernel refuses"
		return p
	}
	p.Loader = strings.Clone(string(name[:bytes.IndexByte(name, 0)]))
	return p
}

// float reads how an ARM program passes floating-point numbers. The two flags exist since version 5
// of ARM's binary interface.
func float(machine uint16, flags uint32) Float {
	const version5, hard, soft = 0x05000000, 0x400, 0x200
	switch {
	case machine != emARM || flags&0xff000000 != version5:
		return FloatUnknown
	case flags&hard != 0:
		return FloatHard
	case flags&soft != 0:
		return FloatSoft
	}
	return FloatUnknown
}

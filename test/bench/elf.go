package main

import (
	"encoding/binary"
)

// machines are the numbers of architectures in ELF headers.
var machines = map[string]uint16{"amd64": 62, "arm64": 183}

// staticELF is the smallest program of 64 bits that is one, as far as its headers tell.
func staticELF(arch string) []byte { return program(arch, "") }

// program is a program of 64 bits with a dynamic loader, if it is not empty.
func program(arch, loader string) []byte {
	const header, segment = 64, 56
	b := make([]byte, header+2*segment)
	copy(b, "\x7fELF\x02\x01\x01")
	le := binary.LittleEndian
	le.PutUint16(b[16:], 2) // ET_EXEC
	le.PutUint16(b[18:], machines[arch])
	le.PutUint64(b[24:], header) // a first instruction
	le.PutUint64(b[32:], header)
	le.PutUint16(b[54:], segment)
	le.PutUint16(b[56:], 1)
	le.PutUint32(b[header:], 1) // PT_LOAD
	if loader != "" {
		le.PutUint16(b[56:], 2)
		interp := b[header+segment:]
		le.PutUint32(interp, 3) // PT_INTERP
		le.PutUint64(interp[8:], uint64(len(b)))
		le.PutUint64(interp[32:], uint64(len(loader)+1))
		le.PutUint64(interp[40:], uint64(len(loader)+1))
		b = append(b, loader+"\x00"...)
	}
	return b
}

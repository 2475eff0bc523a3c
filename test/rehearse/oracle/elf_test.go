package oracle

import "encoding/binary"

// elf is a program of a few bytes for amd64, which ends with the status started. Where it has a
// loader, the kernel starts that in its stead; so any program without a loader can be one.
type elf struct {
	// kind is e_type: 2 is linked to a fixed address, 3 can be loaded anywhere.
	kind uint16
	// machine is e_machine, amd64 if 0.
	machine uint16
	loader  string
	// noEntry leaves e_entry 0, as in a library.
	noEntry bool
	// cut leaves out so many bytes of the end.
	cut int
}

const (
	dynamic    = 3
	executable = 2
	object     = 1
	core       = 4

	amd64 = 62
	arm64 = 183
)

// started is the status with which programs and scripts end, so that nobody else's is mistaken for
// it. (What they would write can be lost: ctr doesn't always wait for it.)
const started = 42

// code ends with that status.
var code = []byte("" +
	"\xb8\x3c\x00\x00\x00" + // mov eax, 60 (exit)
	"\xbf\x2a\x00\x00\x00" + // mov edi, 42
	"\x0f\x05") // syscall

// foreign ends with 1 on arm64, for the case that this machine emulates it.
var foreign = []byte("" +
	"\x20\x00\x80\xd2" + // mov x0, 1
	"\xa8\x0b\x80\xd2" + // mov x8, 93 (exit)
	"\x01\x00\x00\xd4") // svc 0

func (e elf) bytes() []byte {
	const head, each = 64, 56
	if e.kind == 0 {
		e.kind = executable
	}
	if e.machine == 0 {
		e.machine = amd64
	}
	base := uint64(0x400000)
	if e.kind != executable {
		base = 0
	}
	count := 1
	if e.loader != "" {
		count = 2
	}
	instructions := code
	if e.machine == arm64 {
		instructions = foreign
	}
	start := head + each*count
	end := start + len(instructions)
	size := end
	if e.loader != "" {
		size += len(e.loader) + 1
	}
	le := binary.LittleEndian
	b := make([]byte, head, size)
	copy(b, "\x7fELF\x02\x01\x01")
	le.PutUint16(b[16:], e.kind)
	le.PutUint16(b[18:], e.machine)
	le.PutUint32(b[20:], 1)
	if !e.noEntry {
		le.PutUint64(b[24:], base+uint64(start))
	}
	le.PutUint64(b[32:], head)
	le.PutUint16(b[52:], head)
	le.PutUint16(b[54:], each)
	le.PutUint16(b[56:], uint16(count))
	segment := func(kind uint32, offset, length int) {
		b = le.AppendUint32(b, kind)
		b = le.AppendUint32(b, 5) // may be read and executed
		at, size := uint64(offset), uint64(length)
		for _, v := range []uint64{at, base + at, base + at, size, size, 4096} {
			b = le.AppendUint64(b, v)
		}
	}
	if e.loader != "" {
		segment(3, end, len(e.loader)+1)
	}
	segment(1, 0, size)
	b = append(b, instructions...)
	if e.loader != "" {
		b = append(append(b, e.loader...), 0)
	}
	return b[:len(b)-e.cut]
}

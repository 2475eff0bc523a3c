package race_test

import (
	"archive/tar"
	"bytes"
	"debug/elf"
	"encoding/binary"
)

// layer is an archive with the program /app, which can start on machines of the architecture: it is all that the validator
// looks at, and takes no time to make.
func layer(architecture string) ([]byte, error) {
	machine := map[string]elf.Machine{"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64}[architecture]
	const headers, size, base = 64 + 56, 4096, 0x400000
	var program bytes.Buffer
	header := elf.Header64{
		Type: uint16(elf.ET_EXEC), Machine: uint16(machine), Version: uint32(elf.EV_CURRENT), Entry: base + headers,
		Phoff: 64, Ehsize: 64, Phentsize: 56, Phnum: 1, Shentsize: 64,
	}
	copy(header.Ident[:], elf.ELFMAG)
	header.Ident[elf.EI_CLASS], header.Ident[elf.EI_DATA], header.Ident[elf.EI_VERSION] = byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT)
	load := elf.Prog64{Type: uint32(elf.PT_LOAD), Flags: uint32(elf.PF_R | elf.PF_X), Vaddr: base, Paddr: base, Filesz: size, Memsz: size, Align: 4096}
	for _, part := range []any{header, load} {
		if err := binary.Write(&program, binary.LittleEndian, part); err != nil {
			return nil, err
		}
	}
	program.Write(make([]byte, size-program.Len()))

	var archive bytes.Buffer
	w := tar.NewWriter(&archive)
	if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: "app", Mode: 0o755, Size: int64(program.Len())}); err != nil {
		return nil, err
	}
	if _, err := w.Write(program.Bytes()); err != nil {
		return nil, err
	}
	return archive.Bytes(), w.Close()
}

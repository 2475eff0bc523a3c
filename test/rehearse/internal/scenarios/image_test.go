package scenarios_test

import (
	"archive/tar"
	"bytes"
	"debug/elf"
	"encoding/binary"
	"fmt"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/static"
	ggcr "github.com/google/go-containerregistry/pkg/v1/types"
)

// image is as small as an image can be that the validation lets pass: one layer with one program
// for its platform, whose machine code is nothing but zeros, and the file by which scanners know a
// distribution.
func image(platform, commit string) (v1.Image, error) {
	parsed, err := v1.ParsePlatform(platform)
	if err != nil {
		return nil, err
	}
	layer, err := programLayer(parsed.Architecture)
	if err != nil {
		return nil, err
	}
	image, err := mutate.AppendLayers(mutate.ConfigMediaType(mutate.MediaType(empty.Image, ggcr.OCIManifestSchema1),
		ggcr.OCIConfigJSON), static.NewLayer(layer, ggcr.OCIUncompressedLayer))
	if err != nil {
		return nil, err
	}
	config, err := image.ConfigFile()
	if err != nil {
		return nil, err
	}
	config = config.DeepCopy()
	config.OS, config.Architecture = parsed.OS, parsed.Architecture
	config.Config.Entrypoint = []string{"/app"}
	config.Config.Labels = map[string]string{"org.opencontainers.image.revision": commit}
	return mutate.ConfigFile(image, config)
}

func programLayer(architecture string) ([]byte, error) {
	machine, ok := map[string]elf.Machine{"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64}[architecture]
	if !ok {
		return nil, fmt.Errorf("there is no program for %s", architecture)
	}
	const entry, headers, code = 0x400000, 64 + 56, 16
	var program bytes.Buffer
	for _, part := range []any{
		elf.Header64{
			Ident: [elf.EI_NIDENT]byte{0x7f, 'E', 'L', 'F', byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB),
				byte(elf.EV_CURRENT)},
			Type:    uint16(elf.ET_EXEC),
			Machine: uint16(machine),
			Version: uint32(elf.EV_CURRENT),
			Entry:   entry + headers, Phoff: 64, Ehsize: 64, Phentsize: 56, Phnum: 1,
		},
		elf.Prog64{
			Type: uint32(elf.PT_LOAD), Flags: uint32(elf.PF_R | elf.PF_X),
			Vaddr: entry, Paddr: entry, Filesz: headers + code, Memsz: headers + code, Align: 0x1000,
		},
		[code]byte{},
	} {
		if err := binary.Write(&program, binary.LittleEndian, part); err != nil {
			return nil, err
		}
	}
	var layer bytes.Buffer
	archive := tar.NewWriter(&layer)
	for _, file := range []struct {
		name    string
		content []byte
	}{{"app", program.Bytes()}, {"etc/os-release", []byte("ID=test\n")}} {
		if err := archive.WriteHeader(&tar.Header{Name: file.name, Mode: 0o755, Size: int64(len(file.content)),
			Format: tar.FormatUSTAR}); err != nil {
			return nil, err
		}
		if _, err := archive.Write(file.content); err != nil {
			return nil, err
		}
	}
	if err := archive.Close(); err != nil {
		return nil, err
	}
	return layer.Bytes(), nil
}

// Package layertest makes what layers hold, for tests: ELF files of all machines, scripts, and archives of them in every compression.
package layertest

import (
	"bytes"
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"
)

// ELF says what file to make. Zero values are an amd64 program without a loader.
type ELF struct {
	// Arch is an architecture's name as in OCI platforms.
	Arch string
	// Loader is the dynamic loader's path.
	Loader string
	// System is EI_OSABI, Type e_type (3 if 0), Flags e_flags.
	System byte
	Type   uint16
	Flags  uint32
	// HeadersAt moves the program headers, LoaderAt the loader's name.
	HeadersAt, LoaderAt int
	// Size pads the file.
	Size int
	// Raw changes the finished bytes.
	Raw func([]byte)
}

// machines are the class (1: 32 bits), the byte order (1: little endian) and e_machine.
var machines = map[string]struct {
	class, order byte
	id           uint16
}{
	"386": {1, 1, 3}, "amd64": {2, 1, 62}, "arm": {1, 1, 40}, "arm64": {2, 1, 183}, "loong64": {2, 1, 258},
	"mips": {1, 2, 8}, "mipsle": {1, 1, 8}, "mips64": {2, 2, 8}, "mips64le": {2, 1, 8},
	"ppc64": {2, 2, 21}, "ppc64le": {2, 1, 21}, "riscv64": {2, 1, 243}, "s390x": {2, 2, 22},
	"x32": {1, 1, 62}, "arm64be": {2, 2, 183}, "armbe": {1, 2, 40}, "bpf": {2, 1, 247},
}

// Architectures are those of OCI platforms.
var Architectures = []string{"386", "amd64", "arm", "arm64", "loong64", "mips", "mipsle", "mips64", "mips64le", "ppc64", "ppc64le", "riscv64", "s390x"}

// Compiled are those for which tests build real programs. Each costs seconds the first time, until Go's cache has its runtime.
var Compiled = []string{"386", "amd64", "arm", "arm64", "ppc64", "riscv64", "s390x"}

// Program is a static program for an architecture: a real one, or for the architectures that are not compiled, its header.
func Program(t testing.TB, arch string) []byte {
	t.Helper()
	if slices.Contains(Compiled, arch) {
		return Go(t, arch)
	}
	return Static(arch)
}

// Bytes makes the file: header, program headers (one segment, and the loader's name), name.
func (e ELF) Bytes() []byte {
	if e.Arch == "" {
		e.Arch = "amd64"
	}
	m, known := machines[e.Arch]
	if !known {
		panic("no machine " + e.Arch)
	}
	if e.Type == 0 {
		e.Type = 3
	}
	order := binary.AppendByteOrder(binary.LittleEndian)
	put := binary.ByteOrder(binary.LittleEndian)
	if m.order == 2 {
		order, put = binary.BigEndian, binary.BigEndian
	}
	wide := m.class == 2
	head, each := 52, 32
	if wide {
		head, each = 64, 56
	}
	count := 1
	if e.Loader != "" {
		count = 2
	}
	if e.HeadersAt == 0 {
		e.HeadersAt = head
	}
	if e.LoaderAt == 0 {
		e.LoaderAt = max(head, e.HeadersAt+each*count)
	}
	size := max(e.Size, e.HeadersAt+each*count, e.LoaderAt+len(e.Loader)+1)
	b := make([]byte, size)
	copy(b, "\x7fELF")
	b[4], b[5], b[6], b[7] = m.class, m.order, 1, e.System
	put.PutUint16(b[16:], e.Type)
	put.PutUint16(b[18:], m.id)
	put.PutUint32(b[20:], 1)
	var headers []byte
	segment := func(kind uint32, offset, length int) {
		if wide {
			headers = order.AppendUint32(headers, kind)
			headers = order.AppendUint32(headers, 5)
			for _, v := range []int{offset, offset, offset, length, length, 1} {
				headers = order.AppendUint64(headers, uint64(v))
			}
			return
		}
		headers = order.AppendUint32(headers, kind)
		for _, v := range []int{offset, offset, offset, length, length, 5, 1} {
			headers = order.AppendUint32(headers, uint32(v))
		}
	}
	segment(1, 0, size)
	if e.Loader != "" {
		segment(3, e.LoaderAt, len(e.Loader)+1)
	}
	if wide {
		put.PutUint64(b[32:], uint64(e.HeadersAt))
		put.PutUint32(b[48:], e.Flags)
		put.PutUint16(b[52:], uint16(head))
		put.PutUint16(b[54:], uint16(each))
		put.PutUint16(b[56:], uint16(count))
	} else {
		put.PutUint32(b[28:], uint32(e.HeadersAt))
		put.PutUint32(b[36:], e.Flags)
		put.PutUint16(b[40:], uint16(head))
		put.PutUint16(b[42:], uint16(each))
		put.PutUint16(b[44:], uint16(count))
	}
	copy(b[e.HeadersAt:], headers)
	copy(b[e.LoaderAt:], e.Loader)
	if e.Raw != nil {
		e.Raw(b)
	}
	return b
}

// Static is a program without a loader. Of an architecture without a known machine it is amd64's.
func Static(arch string) []byte {
	if _, known := machines[arch]; !known {
		arch = "amd64"
	}
	return ELF{Arch: arch, Type: 2}.Bytes()
}

// Dynamic is a program with a loader.
func Dynamic(arch, loader string) []byte { return ELF{Arch: arch, Loader: loader}.Bytes() }

var (
	building sync.Mutex
	built    = map[string][]byte{}
)

// Go builds a small program for Linux on an architecture with the real compiler and linker.
func Go(t testing.TB, arch string) []byte {
	t.Helper()
	building.Lock()
	defer building.Unlock()
	if b, ok := built[arch]; ok {
		return b
	}
	folder := t.TempDir()
	for name, text := range map[string]string{"go.mod": "module hello\n", "main.go": "package main\n\nfunc main() { println(\"hello\") }\n"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("go", "build", "-ldflags=-s -w", "-o", "hello", ".")
	cmd.Dir = folder
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=", "GOOS=linux", "GOARCH="+arch)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build for %s: %v\n%s", arch, err, bytes.TrimSpace(out))
	}
	b, err := os.ReadFile(filepath.Join(folder, "hello"))
	if err != nil {
		t.Fatal(err)
	}
	built[arch] = b
	return b
}

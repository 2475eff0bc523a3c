package executable_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"archway/lambda/internal/fixture/layertest"
	"archway/lambda/internal/image/executable"
)

// The loader is found wherever it stands in a file.
func TestLoader(t *testing.T) {
	const musl = "/lib/ld-musl-x86_64.so.1"
	for _, test := range []struct {
		name string
		elf  layertest.ELF
		want string
	}{
		{"glibc", layertest.ELF{Loader: "/lib64/ld-linux-x86-64.so.2"}, "/lib64/ld-linux-x86-64.so.2"},
		{"musl", layertest.ELF{Loader: musl}, musl},
		{"32 bits", layertest.ELF{Arch: "arm", Loader: "/lib/ld-linux-armhf.so.3"}, "/lib/ld-linux-armhf.so.3"},
		{"big endian", layertest.ELF{Arch: "s390x", Loader: "/lib/ld64.so.1"}, "/lib/ld64.so.1"},
		{"relative", layertest.ELF{Loader: "lib/ld.so"}, "lib/ld.so"},
		{"static", layertest.ELF{}, ""},
		{"within the first page, as Go's linker puts it", layertest.ELF{Loader: musl, LoaderAt: 0xfe4}, musl},
		{"across what is kept", layertest.ELF{Loader: musl, LoaderAt: 8<<10 - 5}, musl},
		{"right behind what is kept", layertest.ELF{Loader: musl, LoaderAt: 8 << 10}, musl},
		{"far behind", layertest.ELF{Loader: musl, LoaderAt: 3 << 20}, musl},
		{"program headers at the end, as patchelf puts them",
			layertest.ELF{Loader: musl, HeadersAt: 100_000, LoaderAt: 0x318}, musl},
		{"program headers and loader at the end", layertest.ELF{Loader: musl, HeadersAt: 100_000, LoaderAt: 100_500},
			musl},
		{"program headers across what is kept", layertest.ELF{Loader: musl, HeadersAt: 8<<10 - 30}, musl},
		{"a Nix store path",
			layertest.ELF{Loader: "/nix/store/" + strings.Repeat("a", 32) + "-glibc-2.40/lib/ld-linux-x86-64.so.2"},
			"/nix/store/" + strings.Repeat("a", 32) + "-glibc-2.40/lib/ld-linux-x86-64.so.2"},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.elf.Size = max(test.elf.HeadersAt, test.elf.LoaderAt) + 1000
			p := scan(t, test.elf.Bytes())
			if p.Loader != test.want || p.Fault != "" || p.LoaderUnseen {
				t.Errorf("%+v, want the loader %q", p, test.want)
			}
		})
	}
}

// A file without a first instruction is a library, unless the address 0 has a segment of its own.
func TestFirstInstruction(t *testing.T) {
	for name, test := range map[string]struct {
		elf  layertest.ELF
		none bool
	}{
		"a program":               {layertest.ELF{}, false},
		"a program of 32 bits":    {layertest.ELF{Arch: "arm"}, false},
		"big endian":              {layertest.ELF{Arch: "s390x"}, false},
		"a library":               {layertest.ELF{NoEntry: true}, true},
		"a library of 32 bits":    {layertest.ELF{Arch: "386", NoEntry: true}, true},
		"a library with a loader": {layertest.ELF{NoEntry: true, Loader: "/lib/ld.so"}, true},
		"code at the address 0": {layertest.ELF{NoEntry: true, Raw: func(b []byte) { b[64+9], b[64+17] = 1, 0 },
			Size: 300}, false},
		"a loader that is not seen": {layertest.ELF{NoEntry: true, Loader: "/lib/ld.so", LoaderAt: 50_000,
			HeadersAt: 100_000}, true},
	} {
		if p := scan(t, test.elf.Bytes()); p.NoEntry != test.none || p.Kind != executable.ELF {
			t.Errorf("%s: %+v, want none %v", name, p, test.none)
		}
	}
}

// Nobody is known to make such files; what can't be read of a stream is said and not guessed.
func TestALoaderTooFarBackIsNotGuessed(t *testing.T) {
	p := scan(t, layertest.ELF{Loader: "/lib/ld.so", LoaderAt: 50_000, HeadersAt: 100_000}.Bytes())
	if !p.LoaderUnseen || p.Loader != "" {
		t.Errorf("%+v", p)
	}
}

// Files that the kernel refuses have a fault.
func TestFaultyFiles(t *testing.T) {
	good := func(change func([]byte)) []byte {
		return layertest.ELF{Loader: "/lib/ld.so", Raw: change}.Bytes()
	}
	for name, b := range map[string][]byte{
		"magic alone":                  []byte("\x7fELF"),
		"cut in the header":            layertest.Static("amd64")[:40],
		"cut before program headers":   layertest.Static("amd64")[:64],
		"cut in a segment":             layertest.ELF{Size: 5000}.Bytes()[:3000],
		"no class":                     good(func(b []byte) { b[4] = 0 }),
		"no byte order":                good(func(b []byte) { b[5] = 3 }),
		"no program headers":           good(func(b []byte) { b[56], b[57] = 0, 0 }),
		"program headers of odd size":  good(func(b []byte) { b[54] = 57 }),
		"too many program headers":     good(func(b []byte) { b[56], b[57] = 0xff, 0xff }),
		"program headers far outside":  good(func(b []byte) { b[39] = 0x7f }),
		"loader without a zero":        good(func(b []byte) { b[len(b)-1] = 'x' }),
		"loader far outside":           good(func(b []byte) { b[64+56+15] = 0x7f }),
		"loader of an impossible size": good(func(b []byte) { b[64+56+38] = 0xff }),
		"loader without a name":        good(func(b []byte) { b[64+112] = 0 }),
	} {
		if p := scan(t, b); p.Kind != executable.ELF || p.Fault == "" {
			t.Errorf("%s: %+v", name, p)
		}
	}
	if p := scan(t, layertest.ELF{Type: 1}.Bytes()); p.Fault != "" || p.Loadable() {
		t.Errorf("an object file: %+v", p)
	}
}

// A file's beginning is all that is read of it, and of a shell's script as much as it takes to see
// what it does with its arguments.
func TestLittleIsReadOfAFile(t *testing.T) {
	limits := map[string]int{"shell script": 64 << 10}
	for name, b := range map[string][]byte{
		"static":  append(layertest.Static("amd64"), make([]byte, 1<<20)...),
		"dynamic": layertest.ELF{Loader: "/lib/ld.so", Size: 1 << 20}.Bytes(),
		"script":  append([]byte("#!/usr/bin/python3\n"), bytes.Repeat([]byte("pass\n"), 1<<18)...),
		"data":    make([]byte, 1<<20),

		"shell script": append([]byte("#!/bin/sh\n"), bytes.Repeat([]byte("echo\n"), 1<<18)...),
	} {
		r := bytes.NewReader(b)
		if _, err := new(executable.Scanner).Scan(r, int64(len(b)), 1<<40); err != nil {
			t.Fatal(err)
		}
		if read := len(b) - r.Len(); read > max(limits[name], 8<<10) {
			t.Errorf("%s: %d bytes were read", name, read)
		}
	}
}

// Scripts that execute their arguments are known.
func TestScriptsExecutingArguments(t *testing.T) {
	padding := strings.Repeat("# a comment\n", 1500)
	for text, want := range map[string]bool{
		"exec \"$@\"":                                true,
		"set -e\n\nexec \"$@\" # start":              true,
		"\texec $@":                                  true,
		"exec \"${@}\"":                              true,
		"if [ $# -gt 0 ]; then exec \"$@\"; fi":      true,
		"main() {exec \"$@\"; }":                     true,
		"exec -a name \"$@\"":                        true,
		"exec gosu postgres \"$@\"":                  true,
		"exec su-exec \"$USER\" \"$@\"":              true,
		"exec /usr/bin/tini -s -- \"$@\"":            true,
		"exec env A=b \"$@\"":                        true,
		"  \"$@\"  ":                                 true,
		"\"$@\" &":                                   true,
		"set -x; \"$@\" 2>&1 | tee log":              true,
		"eval \"$@\"":                                true,
		"if ! \"$@\"; then exit 1; fi":               true,
		"exec sh -c \"$*\"":                          true,
		"exec doppler run -- \"$@\"":                 true,
		"exec bundle exec \"$@\"":                    true,
		"cmd=\"$1\"; shift; exec \"$1\" \"$@\"":      true,
		"case \"$1\" in":                             false,
		"wc \"$1\"":                                  false,
		"set -- \"$@\"":                              false,
		"case \"$@\" in":                             false,
		"[ \"$@\" = x ]":                             false,
		"while read x; do echo \"$@\"; done":         false,
		"grep -c \"$@\"":                             false,
		padding + "exec \"$@\"":                      true,
		"exec qemu-system-arm -kernel \"$@\"":        false,
		"exec qemu-system-arm -kernel \"$1\"":        false,
		"objdump -d \"$@\"":                          false,
		"exec":                                       false,
		"# exec \"$@\"":                              false,
		"sleep 1 # exec \"$@\"":                      false,
		"execute \"$@\"":                             false,
		"exec gosu postgres postgres; echo \"$@\"":   false,
		"for file in \"$@\"; do cat \"$file\"; done": false,
		strings.Repeat(padding, 4) + "exec \"$@\"":   false, // too far away to be looked for
		"mail me@example.com":                        false,
		"exec \"$@":                                  true,
	} {
		for _, interpreter := range []string{"/bin/sh", "/usr/bin/env bash", "/bin/busybox sh"} {
			if p := scan(t, []byte("#!"+interpreter+"\n"+text+"\n")); p.HandsOn != want {
				t.Errorf("%s: %.60q: %v", interpreter, text, p.HandsOn)
			}
		}
	}
	if p := scan(t, []byte("#!/usr/bin/perl\nexec \"$@\"\n")); p.HandsOn {
		t.Error("a text that no shell reads")
	}
}

// Other portable executables are told from those of Windows.
func TestPortableExecutables(t *testing.T) {
	for text, want := range map[string]executable.Kind{
		"MZqFpD='\n\x00": executable.Portable, "jartsr='\n\x00": executable.Portable,
		"APEDBG='\n\x00": executable.Portable,
		"MZ\x90\x00":     executable.Windows, "MZqFpD=\"": executable.Windows, "jartsr\n": executable.Text,
	} {
		if p := scan(t, []byte(text)); p.Kind != want {
			t.Errorf("%q is %v", text, p.Kind)
		}
	}
}

func TestOneScannerReadsManyFiles(t *testing.T) {
	var s executable.Scanner
	for range 3 {
		for _, arch := range []string{"amd64", "s390x", "arm"} {
			b := layertest.ELF{Arch: arch, Loader: "/lib/ld-" + arch, LoaderAt: 20_000}.Bytes()
			p, err := s.Scan(bytes.NewReader(b), int64(len(b)), 1<<40)
			if err != nil || p.Machine.String() != arch || p.Loader != "/lib/ld-"+arch {
				t.Errorf("%s: %+v, %v", arch, p, err)
			}
		}
	}
}

var errCut = errors.New("cut")

type cut struct{ left int }

func (c *cut) Read(p []byte) (int, error) {
	if c.left == 0 {
		return 0, errCut
	}
	n := min(len(p), c.left)
	c.left -= n
	return n, nil
}

// A stream that breaks off is an error, and no fault of the file.
func TestBrokenStream(t *testing.T) {
	b := layertest.ELF{Loader: "/lib/ld.so", HeadersAt: 30_000, LoaderAt: 60_000}.Bytes()
	for _, after := range []int{0, 100, 5000, 20_000, 30_100, 50_000, 60_005} {
		r := io.MultiReader(bytes.NewReader(b[:after]), &cut{})
		if _, err := new(executable.Scanner).Scan(r, int64(len(b)), 1<<40); !errors.Is(err, errCut) {
			t.Errorf("after %d bytes: %v", after, err)
		}
	}
}

func FuzzELF(f *testing.F) {
	for _, arch := range []string{"amd64", "386", "s390x", "arm"} {
		f.Add(layertest.Static(arch))
		f.Add(layertest.Dynamic(arch, "/lib/ld.so"))
	}
	f.Add(layertest.ELF{Loader: "/lib/ld.so", HeadersAt: 9000, LoaderAt: 9500}.Bytes())
	f.Add(layertest.ELF{Loader: "/lib/ld.so", HeadersAt: 9000, LoaderAt: 8900}.Bytes())
	f.Add([]byte("\x7fELF"))
	f.Add([]byte("#!/bin/sh\r\n"))
	f.Add([]byte("\xca\xfe\xba\xbe\x00\x00\x00\x02"))
	f.Add([]byte("#!/bin/sh\nif true; then exec gosu \"$USER\" \"${@}\"; fi # exec $@\n"))
	f.Add([]byte("#!/usr/bin/env bash\n" + strings.Repeat("# ", 10_000) + "\nexec -a x \"$@\""))
	f.Add([]byte("MZqFpD='\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, size := range []int64{int64(len(b)), int64(len(b)) * 3, 1 << 40} {
			p, err := new(executable.Scanner).Scan(bytes.NewReader(b), size, 1<<40)
			if err != nil {
				t.Fatal(err)
			}
			if len(p.Loader) > 4096 || len(p.Line) > 256 || p.Machine.String() == "" {
				t.Errorf("%+v", p)
			}
			if p.HandsOn && (p.Kind != executable.Script || !bytes.Contains(b, []byte("$"))) {
				t.Errorf("%+v executes its arguments", p)
			}
			p.Shebang()
		}
	})
}

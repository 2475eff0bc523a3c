package executable_test

import (
	"bytes"
	"os"
	"runtime"
	"testing"
	"testing/iotest"

	"archway/lambda/internal/fixture/layertest"
	"archway/lambda/internal/image/executable"
)

// whole scans a file that is read to its end.
func whole(t *testing.T, b []byte) executable.Program {
	t.Helper()
	s := executable.Scanner{Whole: true}
	p, err := s.Scan(iotest.HalfReader(bytes.NewReader(b)), int64(len(b)), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestGoLevel(t *testing.T) {
	links := &layertest.Links{Needed: []string{"libc.so.6"}, Level: 1}
	for _, test := range []struct {
		name string
		elf  layertest.ELF
		want int
	}{
		{"static", layertest.ELF{GoLevel: "v3"}, 3},
		{"dynamic", layertest.ELF{GoLevel: "v2", Loader: "/lib/ld.so", Links: links}, 2},
		{"every processor's", layertest.ELF{GoLevel: "v1"}, 0},
		{"of the future", layertest.ELF{GoLevel: "v9"}, 0},
		{"another machine's", layertest.ELF{GoLevel: "v3", Arch: "arm64"}, 0},
		{"not Go's", layertest.ELF{}, 0},
	} {
		b := test.elf.Bytes()
		if got := whole(t, b).Linkage().GoLevel; got != test.want {
			t.Errorf("%s: %d, want %d", test.name, got, test.want)
		}
		if got := scan(t, b).Linkage().GoLevel; got != 0 {
			t.Errorf("%s, not read whole: %d", test.name, got)
		}
	}
}

// This test is a program of Go, as its linker writes them. Its record is made to name other levels.
func TestGoLevelOfThisProgram(t *testing.T) {
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		t.Skip("NOT CHECKED: this program isn't for linux/amd64")
	}
	name, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	const setting = "\nbuild\tGOAMD64=v"
	at := bytes.LastIndex(b, []byte(setting))
	if at < 0 {
		t.Fatal("this program has no record of how it was built")
	}
	for level, want := range map[byte]int{'1': 0, '2': 2, '3': 3, '4': 4} {
		b[at+len(setting)] = level
		if got := whole(t, b).Linkage().GoLevel; got != want {
			t.Errorf("v%c: %d, want %d", level, got, want)
		}
	}
}

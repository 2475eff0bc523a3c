package loading_test

import (
	"encoding/binary"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	lt "archway/lambda/internal/fixture/layertest"
	"archway/lambda/internal/image/loading"
)

func TestParseCache(t *testing.T) {
	made := lt.Cache("liba.so.1", "/opt/liba.so.1", "libb.so", "/usr/lib/libb.so", "liba.so.1", "/opt/32/liba.so.1")
	want := loading.Cache{Paths: map[string][]string{"liba.so.1": {"/opt/liba.so.1", "/opt/32/liba.so.1"},
		"libb.so": {"/usr/lib/libb.so"}}, Special: map[string]bool{}}
	old := append([]byte("ld.so-1.7.0\x00\x01\x00\x00\x00"), make([]byte, 12)...) // 28 bytes, then to the next 8
	for name, b := range map[string][]byte{
		"new":                      made,
		"behind the old form":      append(append(old, 0, 0, 0, 0), made...),
		"for a machine of 32 bits": append(old, made...),
	} {
		got, ok := loading.ParseCache(string(b), binary.LittleEndian)
		if diff := cmp.Diff(want, got); diff != "" || !ok {
			t.Errorf("%s: %t (-want +got):\n%s", name, ok, diff)
		}
	}
	for name, b := range map[string][]byte{
		"empty": nil, "text": []byte("/usr/lib"), "cut": made[:60], "cut in its names": made[:len(made)-1],
		"old alone": old, "old, cut": old[:14],
		"names beyond its end": append(made[:52:52], append([]byte{255, 255, 255, 127}, made[56:]...)...),
	} {
		if got, ok := loading.ParseCache(string(b), binary.LittleEndian); ok {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if b, err := os.ReadFile("/etc/ld.so.cache"); err == nil {
		c, ok := loading.ParseCache(string(b), binary.NativeEndian)
		if !ok || len(c.Paths) < 3 {
			t.Errorf("this machine's: %d, %t", len(c.Paths), ok)
		}
	}
}

func FuzzParseCache(f *testing.F) {
	made := lt.Cache("liba.so.1", "/opt/liba.so.1", "libb.so", "/usr/lib/libb.so")
	f.Add(made)
	f.Add(append([]byte("ld.so-1.7.0\x00\x00\x00\x00\x00\x00\x00\x00\x00"), made...))
	if b, err := os.ReadFile("/etc/ld.so.cache"); err == nil {
		f.Add(b[:min(len(b), 64<<10)])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
			c, ok := loading.ParseCache(string(b), order)
			if !ok && (c.Paths != nil || c.Special != nil) {
				t.Errorf("refused, and %+v", c)
			}
		}
	})
}

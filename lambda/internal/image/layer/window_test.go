package layer_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	lt "archway/lambda/internal/fixture/layertest"
	"archway/lambda/internal/image/layer"
)

// Only one layer at a time may take the memory of a large window.
func TestLargeWindowsWaitForEachOther(t *testing.T) {
	b := lt.Zstd(archive, zstd.WithWindowSize(32<<20), zstd.WithSingleSegment(false))
	o := options(b)
	first, err := layer.Open(t.Context(), bytes.NewReader(b), o)
	if err != nil || first.Memory() <= layer.OrdinaryMemory {
		t.Fatalf("memory: %v, %v", first.Memory(), err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := layer.Open(ctx, bytes.NewReader(b), o); !errors.Is(err, context.Canceled) {
		t.Errorf("second: %v", err)
	}
	first.Close()
	second, err := layer.Open(t.Context(), bytes.NewReader(b), o)
	if err != nil {
		t.Fatal(err)
	}
	second.Close()
	second.Close()
}

// A compressor that knows the size writes one segment, whose window is all of it: "zstd --ultra -22
// FILE" does, up to 128 MiB.
func TestAnnouncedWindows(t *testing.T) {
	large := lt.Tar(lt.Plain("z", make([]byte, 20<<20)))
	segment := func(b []byte) []byte {
		z, err := zstd.NewWriter(nil, zstd.WithSingleSegment(true))
		if err != nil {
			t.Fatal(err)
		}
		return z.EncodeAll(b, nil)
	}
	skipped := func(size int) []byte { // as pzstd writes it before each frame
		return append([]byte{0x50, 0x2a, 0x4d, 0x18, byte(size), byte(size >> 8), 0, 0}, make([]byte, size)...)
	}
	for name, test := range map[string]struct {
		layer []byte
		large bool
	}{
		"one small segment":           {segment(archive), false},
		"one segment":                 {segment(large), true},
		"behind what is skipped":      {slices.Concat(skipped(4), segment(large)), true},
		"behind much that is skipped": {slices.Concat(skipped(30_000), skipped(30_000), segment(large)), true},
		"a window":                    {windowed(128 << 20), true},
		"nothing but what is skipped": {skipped(4), false},
	} {
		r, err := layer.Open(t.Context(), bytes.NewReader(test.layer), options(test.layer))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got := r.Memory() > layer.OrdinaryMemory; got != test.large {
			t.Errorf("%s: %d MiB", name, r.Memory()>>20)
		}
		for err == nil {
			_, err = r.Next()
		}
		if err != io.EOF {
			t.Errorf("%s: %v", name, err)
		}
		r.Close()
	}
}

// A large window neither counts against the memory that the program allows itself, nor leaves room
// when it is gone.
func TestLargeWindowsGetRoom(t *testing.T) {
	const limit = 1 << 40
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(limit))
	for size, want := range map[int]int64{8 << 20: 0, 32 << 20: 0, 128 << 20: 96 << 20, 256 << 20: 96 << 20} {
		b := windowed(size)
		r, err := layer.Open(t.Context(), bytes.NewReader(b), options(b))
		if err != nil {
			t.Fatal(err)
		}
		if got := debug.SetMemoryLimit(-1) - limit; got != want {
			t.Errorf("a window of %d MiB: %d bytes more, want %d", size>>20, got, want)
		}
		r.Close()
		r.Close()
		if got := debug.SetMemoryLimit(-1); got != limit {
			t.Errorf("a window of %d MiB left a limit of %d", size>>20, got)
		}
	}
}

// What begins with ordinary frames is given no more than those get.
func TestLaterFramesWithLargerWindows(t *testing.T) {
	b := append(lt.Zstd(archive), windowed(32<<20)...)
	_, _, err := read(bytes.NewReader(b), options(b))
	var limit *layer.Limit
	if err != nil && !errors.As(err, &limit) {
		t.Fatal(err)
	}
	if limit == nil || !strings.Contains(err.Error(), "more than 8 MiB") {
		t.Errorf("%v", err)
	}
}

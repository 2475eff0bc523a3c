package layer_test

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"
	"github.com/opencontainers/go-digest"

	lt "archway/lambda/internal/fixture/layertest"
	"archway/lambda/internal/image/executable"
	"archway/lambda/internal/image/layer"
)

func options(b []byte) layer.Options {
	return layer.Options{Digest: digest.FromBytes(b), Size: int64(len(b)), Large: make(chan struct{}, 1)}
}

// read reads a whole layer.
func read(r io.Reader, o layer.Options) (entries []layer.Entry, sums *layer.Sums, err error) {
	l, err := layer.Open(context.Background(), r, o)
	if err != nil {
		return nil, nil, err
	}
	defer l.Close()
	for {
		e, err := l.Next()
		if err == io.EOF {
			return entries, l.Sums(), nil
		}
		if err != nil {
			return entries, l.Sums(), err
		}
		entries = append(entries, e)
	}
}

var archive = lt.Tar(
	lt.Dir("."), lt.Dir("usr"), lt.Exe("./usr/app", lt.Dynamic("arm64", "/lib/ld.so")), lt.Link("/bin", "usr/bin"),
	lt.Hard("usr/again", "./usr/app"), lt.Plain("usr/data", lt.Static("arm64")), lt.Script("run", "#!/bin/sh -e\n"),
	lt.Gone("etc/old"), lt.Opaque("var"), lt.Opaque(""), lt.Gone("top"),
	lt.Entry{Header: tar.Header{Typeflag: tar.TypeChar, Name: "dev/null"}}, lt.Plain("a/../b//c/.", []byte("x")),
	lt.Plain("usr/libx.so.1", lt.Static("arm64")), lt.Plain("etc/passwd", []byte("root:x:0:0::/:/bin/sh\n")),
)

// Every compression gives the same entries.
func TestCompressions(t *testing.T) {
	dynamic := executable.Program{Kind: executable.ELF, Machine: executable.Machine{Bits: 64, ID: 183},
		Type: executable.Shared, Loader: "/lib/ld.so"}
	library := executable.Program{Kind: executable.ELF, Machine: dynamic.Machine, Type: executable.Executable}
	passwd := "root:x:0:0::/:/bin/sh\n"
	mode := func(bits uint16) layer.Access { return layer.Access{Known: true, Mode: bits} }
	want := []layer.Entry{
		{Path: "usr", Kind: layer.Dir, Access: mode(0o755)},
		{Path: "usr/app", Kind: layer.File, Exec: true, Program: dynamic, Access: mode(0o755)},
		{Path: "bin", Kind: layer.Symlink, Target: "usr/bin"},
		{Path: "usr/again", Kind: layer.Hardlink, Target: "usr/app"},
		{Path: "usr/data", Kind: layer.File, Access: mode(0o644)},
		{Path: "run", Kind: layer.File, Exec: true,
			Program: executable.Program{Kind: executable.Script, Line: "/bin/sh -e"}, Access: mode(0o755)},
		{Path: "etc/old", Kind: layer.Whiteout},
		{Path: "var", Kind: layer.Opaque},
		{Path: "", Kind: layer.Opaque},
		{Path: "top", Kind: layer.Whiteout},
		{Path: "dev/null", Kind: layer.Other},
		{Path: "b/c", Kind: layer.File, Access: mode(0o644)},
		{Path: "usr/libx.so.1", Kind: layer.File, Program: library, Access: mode(0o644)},
		{Path: "etc/passwd", Kind: layer.File, Program: executable.Program{Kind: executable.Text}, Access: mode(0o644),
			Content: &passwd},
	}
	for name, b := range map[string][]byte{
		"plain":          archive,
		"gzip":           lt.Gzip(archive),
		"eStargz":        lt.EStargz(archive),
		"zstd":           lt.Zstd(archive),
		"zstd, strong":   lt.Zstd(archive, zstd.WithEncoderLevel(zstd.SpeedBestCompression)),
		"zstd, large":    lt.Zstd(archive, zstd.WithWindowSize(32<<20), zstd.WithSingleSegment(false)),
		"zstd, ultra":    lt.Zstd(archive, zstd.WithWindowSize(128<<20), zstd.WithSingleSegment(false)),
		"zstd, two":      append(lt.Zstd(archive[:1024]), lt.Zstd(archive[1024:])...),
		"zstd, skipping": append([]byte{0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3}, lt.Zstd(archive)...),
	} {
		t.Run(name, func(t *testing.T) {
			o := options(b)
			o.Keep = func(path string) int64 {
				if path == "etc/passwd" {
					return 100
				}
				return -1
			}
			got, sums, err := read(iotest.OneByteReader(bytes.NewReader(b)), o)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("entries (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(&layer.Sums{Digest: digest.FromBytes(b), Size: int64(len(b)),
				DiffID: digest.FromBytes(archive)}, sums); diff != "" {
				t.Errorf("sums (-want +got):\n%s", diff)
			}
		})
	}
}

func TestLibrariesAreReadIfAsked(t *testing.T) {
	o := options(archive)
	o.AllFiles = true
	entries, _, err := read(bytes.NewReader(archive), o)
	if err != nil || entries[4].Program.Kind != executable.ELF {
		t.Errorf("%+v, %v", entries[4], err)
	}
}

// The digest is of the algorithm that is named.
func TestDigestAlgorithms(t *testing.T) {
	o := options(archive)
	o.Digest = digest.SHA512.FromBytes(archive)
	_, sums, err := read(bytes.NewReader(archive), o)
	if err != nil || sums.Digest != o.Digest {
		t.Errorf("%+v, %v", sums, err)
	}
}

func TestRecordsOfAUFSAreNoFiles(t *testing.T) {
	b := lt.Tar(lt.Dir(".wh..wh.orph"), lt.Plain(".wh..wh.aufs", nil), lt.Plain(".wh..wh.plnk/12.3", []byte("x")),
		lt.Hard("bin/a", ".wh..wh.plnk/12.3"), lt.Plain("x/.wh..wh.else", nil), lt.Plain("x/.wh.", nil))
	got, _, err := read(bytes.NewReader(b), options(b))
	plain := layer.Access{Known: true, Mode: 0o644}
	want := []layer.Entry{
		{Path: ".wh..wh.plnk/12.3", Kind: layer.File, Access: plain},
		{Path: "bin/a", Kind: layer.Hardlink, Target: ".wh..wh.plnk/12.3"},
		{Path: "x/.wh.", Kind: layer.File, Access: plain},
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("entries (-want +got):\n%s%v", diff, err)
	}
}

func TestArchivesOfOddTools(t *testing.T) {
	global := lt.Entry{Header: tar.Header{Typeflag: tar.TypeXGlobalHeader,
		PAXRecords: map[string]string{"comment": "commit"}}}
	for name, b := range map[string][]byte{
		"git archive":         lt.Tar(global, lt.Plain("a", []byte("x"))),
		"no end marker":       lt.Tar(lt.Plain("a", []byte("x")))[:1024],
		"padded":              append(lt.Tar(lt.Plain("a", []byte("x"))), make([]byte, 9<<10)...),
		"something behind it": append(lt.Tar(lt.Plain("a", []byte("x"))), lt.Tar(lt.Plain("b", nil))...),
	} {
		entries, sums, err := read(bytes.NewReader(b), options(b))
		if err != nil || len(entries) != 1 || entries[0].Path != "a" || sums.DiffID != digest.FromBytes(b) {
			t.Errorf("%s: %+v, %+v, %v", name, entries, sums, err)
		}
	}
	for name, b := range map[string][]byte{
		"nothing":            nil,
		"an empty archive":   lt.Tar(),
		"one block of zeros": make([]byte, 512),
	} {
		if entries, _, err := read(bytes.NewReader(b), options(b)); err != nil || entries != nil {
			t.Errorf("%s: %+v, %v", name, entries, err)
		}
	}
}

func TestDamageIsToldFromACutStream(t *testing.T) {
	whole := lt.Gzip(archive)
	flipped := bytes.Clone(whole)
	flipped[len(flipped)-6] ^= 1
	broken := lt.Zstd(archive)
	broken[len(broken)/2] ^= 0xff
	other := bytes.Clone(archive)
	other[3] ^= 1
	for name, b := range map[string][]byte{
		"checksum": flipped, "cut gzip": whole[:len(whole)/2], "cut magic": whole[:3], "zstd": broken, "header": other,
		"no archive": bytes.Repeat([]byte("text "), 200), "xz": []byte("\xfd7zXZ\x00 and so on"),
		"cut archive": archive[:700], "garbage behind": append(bytes.Clone(whole), "more"...),
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := read(bytes.NewReader(b), options(b))
			var damage *layer.Damage
			if !errors.As(err, &damage) || strings.Contains(err.Error(), "\n") {
				t.Errorf("error %v", err)
			}
			cut := io.MultiReader(bytes.NewReader(b[:len(b)-1]), iotest.ErrReader(io.ErrClosedPipe))
			if _, _, err := read(cut, options(b)); !errors.Is(err, io.ErrClosedPipe) {
				t.Errorf("error %v of a cut stream", err)
			}
		})
	}
}

// A layer that doesn't unpack is hashed all the same: that tells a registry's fault from a
// builder's.
func TestDigestOfBrokenLayer(t *testing.T) {
	b := append([]byte("no archive"), make([]byte, 200_000)...)
	l, err := layer.Open(t.Context(), bytes.NewReader(b), options(b))
	if err != nil {
		t.Fatal(err)
	}
	if _, err = l.Next(); err == nil || l.Sums() == nil || l.Sums().Digest != digest.FromBytes(b) ||
		l.Sums().DiffID != "" {
		t.Errorf("error %v, sums %+v", err, l.Sums())
	}
	if _, again := l.Next(); again != err {
		t.Errorf("then %v", again)
	}
}

// No more is read than the manifest says.
func TestReadsOnlyTheSize(t *testing.T) {
	o := options(archive)
	endless := io.MultiReader(bytes.NewReader(archive), zeros{})
	_, sums, err := read(endless, o)
	if err != nil || sums.Size != o.Size+1 || sums.Digest == o.Digest {
		t.Errorf("%+v, %v", sums, err)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestLimits(t *testing.T) {
	deep := strings.Repeat("d/", 300) + "f"
	for name, test := range map[string]struct {
		layer     []byte
		say, cure string
	}{
		"path":   {lt.Tar(lt.Plain(strings.Repeat("x", 5000), nil)), "4096 bytes", "without paths of that length"},
		"link":   {lt.Tar(lt.Link("a", strings.Repeat("x", 5000))), "4096 bytes", "without paths of that length"},
		"depth":  {lt.Tar(lt.Plain(deep, nil)), "256 names", "without paths of that length"},
		"window": {windowed(256 << 20), "128 MiB", ""},
	} {
		_, _, err := read(bytes.NewReader(test.layer), options(test.layer))
		var limit *layer.Limit
		if !errors.As(err, &limit) || !strings.Contains(err.Error(), test.say) ||
			!strings.Contains(limit.Cure, test.cure) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// windowed compresses with a window that its header names.
func windowed(size int) []byte {
	return lt.Zstd(bytes.Repeat(archive, 20), zstd.WithWindowSize(size), zstd.WithSingleSegment(false))
}

func TestBombsAreLeftAlone(t *testing.T) {
	const piece = 64 << 20
	header := lt.Tar(lt.Entry{Header: tar.Header{Typeflag: tar.TypeReg, Name: "bomb", Size: 0}})[:512]
	copy(header[124:], fmt.Sprintf("%011o", int64(40*piece)))
	checksum(header)
	b := append(lt.Zstd(header), bytes.Repeat(lt.Zstd(make([]byte, piece)), 40)...)
	_, _, err := read(bytes.NewReader(b), options(b))
	var limit *layer.Limit
	if !errors.As(err, &limit) || !strings.Contains(err.Error(), "300 times") ||
		!strings.Contains(limit.Cure, "full of zeros") {
		t.Errorf("%v", err)
	}
}

// A header that claims megabytes for itself is refused, as by every runtime in Go.
func TestHugeHeadersAreRefused(t *testing.T) {
	size := 64 << 20
	header := make([]byte, 512)
	copy(header, "PaxHeaders.0/a")
	copy(header[100:], "0000644\x000000000\x000000000\x00"+fmt.Sprintf("%011o", size)+"\x0000000000000\x00")
	header[156] = 'x'
	copy(header[257:], "ustar\x0000")
	checksum(header)
	b := append(header, bytes.Repeat([]byte("a"), 3<<20)...)
	_, _, err := read(bytes.NewReader(b), options(b))
	var damage *layer.Damage
	if !errors.As(err, &damage) {
		t.Errorf("%v", err)
	}
}

func checksum(header []byte) {
	copy(header[148:], "        ")
	sum := 0
	for _, c := range header {
		sum += int(c)
	}
	copy(header[148:], fmt.Sprintf("%06o\x00 ", sum))
}

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

func FuzzLayer(f *testing.F) {
	f.Add(archive)
	f.Add(lt.Gzip(archive))
	f.Add(lt.EStargz(archive[:3000]))
	f.Add(lt.Zstd(archive))
	f.Add(lt.Tar(lt.Plain(strings.Repeat("x/", 200)+"y", []byte("z"))))
	f.Add([]byte("\x1f\x8b\x08"))
	f.Add([]byte("\x28\xb5\x2f\xfd"))
	f.Add([]byte{0x50, 0x2a, 0x4d, 0x18, 0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, b []byte) {
		entries, sums, err := read(bytes.NewReader(b), options(b))
		var damage *layer.Damage
		var limit *layer.Limit
		if err != nil && !errors.As(err, &damage) && !errors.As(err, &limit) {
			t.Fatalf("error %v", err)
		}
		if err == nil && sums.Digest != digest.FromBytes(b) {
			t.Errorf("digest %s", sums.Digest)
		}
		for _, e := range entries {
			if e.Kind == 0 || strings.HasPrefix(e.Path, "/") || strings.HasSuffix(e.Path, "/") ||
				e.Path != layer.Clean(e.Path) {
				t.Errorf("%+v", e)
			}
		}
	})
}

// Sizes beyond every measure are refused.
func TestOversizedEntries(t *testing.T) {
	for _, size := range []int64{math.MaxInt64, layer.MaxStored + 1} {
		o := options(archive)
		o.Size = size
		_, _, err := read(bytes.NewReader(archive), o)
		var limit *layer.Limit
		if !errors.As(err, &limit) || !strings.Contains(err.Error(), "more than 256 GiB") {
			t.Errorf("%d: %v", size, err)
		}
	}
	for _, size := range []int64{-1, math.MinInt64} {
		o := options(archive)
		o.Size = size
		if _, sums, err := read(bytes.NewReader(archive), o); err == nil && sums.Digest == o.Digest {
			t.Errorf("%d: %v", size, sums)
		}
	}
}

func TestReadingEndsWithTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	l, err := layer.Open(ctx, bytes.NewReader(archive), options(archive))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if _, err := l.Next(); err != nil {
		t.Fatal(err)
	}
	cancel()
	for err == nil {
		_, err = l.Next()
	}
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

// sparse is an archive with files that are nothing but holes of so many bytes, in GNU's old format.
func sparse(sizes ...int64) []byte {
	var b []byte
	for _, size := range sizes {
		header := make([]byte, 512)
		copy(header, "holes")
		copy(header[100:], "0000755\x000000000\x000000000\x0000000000000\x0000000000000\x00")
		header[156] = tar.TypeGNUSparse
		copy(header[257:], "ustar  \x00")
		header[483] = 0x80 // a number in binary
		binary.BigEndian.PutUint64(header[483+4:], uint64(size))
		checksum(header)
		b = append(b, header...)
	}
	return append(b, make([]byte, 1024)...)
}

// Such a file costs the archive nothing, and fills the disk of whoever unpacks it.
func TestHolesCount(t *testing.T) {
	for name, test := range map[string]struct {
		sizes   []int64
		refused bool
	}{
		"4 EiB":         {[]int64{4 << 60}, true},
		"the largest":   {[]int64{math.MaxInt64}, true},
		"many together": {[]int64{100 << 30, 100 << 30, 100 << 30}, true},
		"some":          {[]int64{100 << 30, 100 << 30}, false},
	} {
		b := sparse(test.sizes...)
		entries, _, err := read(bytes.NewReader(b), options(b))
		var limit *layer.Limit
		if errors.As(err, &limit) != test.refused || err == nil && len(entries) != len(test.sizes) {
			t.Errorf("%s: %d entries, %v", name, len(entries), err)
		}
	}
}

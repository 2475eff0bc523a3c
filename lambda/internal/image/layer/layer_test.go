package layer_test

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"io"
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

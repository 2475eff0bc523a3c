package layer_test

import (
	"archive/tar"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	lt "archway/lambda/internal/fixture/layertest"
	"archway/lambda/internal/image/layer"
)

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// No more is read than the manifest says.
func TestReadsOnlyTheSize(t *testing.T) {
	o := options(archive)
	endless := io.MultiReader(bytes.NewReader(archive), zeros{})
	_, sums, err := read(endless, o)
	if err != nil || sums.Size != o.Size+1 || sums.Digest == o.Digest {
		t.Errorf("%+v, %v", sums, err)
	}
}

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

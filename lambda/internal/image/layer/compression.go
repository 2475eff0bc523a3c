package layer

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"

	"github.com/klauspost/compress/gzip"
)

// Compression is how a layer's archive is compressed.
type Compression string

// The compressions that runtimes unpack, and none.
const (
	Plain Compression = ""
	Gzip  Compression = "gzip"
	Zstd  Compression = "zstd"
)

// compressionOf recognizes a compression by the first bytes.
func compressionOf(magic []byte) Compression {
	switch {
	case bytes.HasPrefix(magic, []byte{0x1f, 0x8b}):
		return Gzip
	case isZstd(magic):
		return Zstd
	default:
		return Plain
	}
}

// magicSize is how many bytes it takes to recognize a compression.
const magicSize = 4

// Begins tells how the layer is compressed whose first bytes the stream gives.
func Begins(stream io.Reader) (Compression, error) {
	magic := make([]byte, magicSize)
	n, err := io.ReadFull(stream, magic)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		err = nil
	}
	return compressionOf(magic[:n]), err
}

// decompress recognizes the compression by its first bytes, as runtimes do, whatever the media type
// says. The one type that containerd takes at its word is for a check to compare with Compression.
func (r *Reader) decompress(ctx context.Context) (io.Reader, error) {
	in := r.stored.reading
	magic, err := in.Peek(magicSize)
	if err != nil && err != io.EOF {
		return nil, err
	}
	r.compression = compressionOf(magic)
	switch {
	case r.compression == Gzip:
		z, err := gzip.NewReader(in)
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return nil, err
		}
		return z, nil
	case r.compression == Zstd:
		return r.zstd(ctx)
	case bytes.HasPrefix(magic, []byte("BZh")), bytes.HasPrefix(magic, []byte("\xfd7zX")):
		return nil, errors.New("it is compressed with bzip2 or xz, which runtimes don't unpack")
	default:
		return in, nil
	}
}

// isZstd reports whether a stream begins with a frame of zstd, or with one that zstd:chunked and
// others put before it to be skipped.
func isZstd(magic []byte) bool {
	if len(magic) < 4 {
		return false
	}
	n := binary.LittleEndian.Uint32(magic)
	return n == 0xfd2fb528 || n&0xfffffff0 == 0x184d2a50
}

package layer

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"

	"github.com/klauspost/compress/gzip"
)

// decompress recognizes the compression by its first bytes, as containerd does, whatever the media type says.
func (r *Reader) decompress(ctx context.Context) (io.Reader, error) {
	in := r.stored.reading
	magic, err := in.Peek(4)
	if err != nil && err != io.EOF {
		return nil, err
	}
	switch {
	case bytes.HasPrefix(magic, []byte{0x1f, 0x8b}):
		z, err := gzip.NewReader(in)
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return nil, err
		}
		return z, nil
	case isZstd(magic):
		return r.zstd(ctx)
	case bytes.HasPrefix(magic, []byte("BZh")), bytes.HasPrefix(magic, []byte("\xfd7zX")):
		return nil, errors.New("it is compressed with bzip2 or xz, which runtimes don't unpack")
	default:
		return in, nil
	}
}

// isZstd recognizes a frame of zstd, or one that zstd:chunked and others put before it to be skipped.
func isZstd(magic []byte) bool {
	if len(magic) < 4 {
		return false
	}
	n := binary.LittleEndian.Uint32(magic)
	return n == 0xfd2fb528 || n&0xfffffff0 == 0x184d2a50
}

package layer

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"sync"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

const (
	// Every zstd decoder has to take a window of 8 MiB (RFC 8878, 3.1.1.1.2), and its ordinary levels, also BuildKit's, need
	// no more.
	ordinaryWindow = 8 << 20
	// largeWindow is what "zstd --ultra -20" uses. One such layer is read at a time, or memory would not stay flat.
	largeWindow = 32 << 20
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

func (r *Reader) zstd(ctx context.Context) (io.Reader, error) {
	window := uint64(ordinaryWindow)
	if first, err := r.stored.reading.Peek(zstd.HeaderMaxSize); err == nil || err == io.EOF {
		var header zstd.Header
		if header.Decode(first) == nil && header.WindowSize > window {
			window = largeWindow
		}
	}
	if window > ordinaryWindow {
		select {
		case r.options.Large <- struct{}{}:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	unlock := func() {
		if window > ordinaryWindow {
			<-r.options.Large
		}
	}
	z, err := zstd.NewReader(r.stored.reading, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(window))
	if err != nil {
		unlock()
		return nil, err
	}
	r.memory = int(window)
	r.close = sync.OnceFunc(func() { z.Close(); unlock() })
	return windowed{z}, nil
}

// windowed names the limit that a decoder reports.
type windowed struct{ z io.Reader }

func (w windowed) Read(p []byte) (int, error) {
	n, err := w.z.Read(p)
	if errors.Is(err, zstd.ErrWindowSizeExceeded) || errors.Is(err, zstd.ErrDecoderSizeExceeded) {
		err = limit("its zstd compression needs more than %d MiB of memory", largeWindow>>20)
	}
	return n, err
}

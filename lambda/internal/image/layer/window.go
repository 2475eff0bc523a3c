package layer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"runtime/debug"
	"sync"

	"github.com/klauspost/compress/zstd"
)

const (
	// Every zstd decoder has to take a window of 8 MiB (RFC 8878, 3.1.1.1.2), and its ordinary
	// levels, also BuildKit's, need no more. One layer above this is read at a time, or memory
	// would not stay flat.
	ordinaryWindow = 8 << 20
	// usualWindow is what "zstd --ultra -20" uses. The program's memory has room for it.
	usualWindow = 32 << 20
	// largestWindow is what "zstd --ultra -22" and "zstd --long" use, and the most that the zstd
	// program itself unpacks unless it is told to take more. (containerd and Podman unpack with the
	// library that is used here, which takes 512 MiB by default.)
	largestWindow = 128 << 20
)

func (r *Reader) zstd(ctx context.Context) (io.Reader, error) {
	window, free := uint64(ordinaryWindow), func() {}
	if asked := r.announced(); asked > ordinaryWindow {
		select {
		case r.options.Large <- struct{}{}:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		window = min(max(asked, usualWindow), largestWindow)
		room(int64(window) - usualWindow)
		free = func() { room(usualWindow - int64(window)); <-r.options.Large }
	}
	z, err := zstd.NewReader(r.stored.reading, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxWindow(window))
	if err != nil {
		free()
		return nil, err
	}
	r.memory = int(window)
	r.close = sync.OnceFunc(func() { z.Close(); free() })
	return windowed{z, window}, nil
}

var roomMutex sync.Mutex

// room moves the limit that the program has set to its memory, if it has set one: a large window
// must neither be taken for garbage all the time, nor leave room for garbage when it is gone.
func room(bytes int64) {
	roomMutex.Lock()
	defer roomMutex.Unlock()
	if limit := debug.SetMemoryLimit(-1); limit != math.MaxInt64 && bytes != 0 {
		debug.SetMemoryLimit(limit + bytes)
	}
}

// announced is the window that the first frame asks for, behind those that are to be skipped; 0 if
// there is none.
func (r *Reader) announced() uint64 {
	for at := 0; at+zstd.HeaderMaxSize <= buffer; {
		ahead, err := r.stored.reading.Peek(at + zstd.HeaderMaxSize)
		if err != nil && err != io.EOF || len(ahead) < at {
			return 0
		}
		var header zstd.Header
		switch err := header.Decode(ahead[at:]); {
		case err != nil:
			return 0
		case header.Skippable:
			at += header.HeaderSize + int(header.SkippableSize)
		case header.SingleSegment: // then the window is all of it
			return header.FrameContentSize
		default:
			return header.WindowSize
		}
	}
	return 0
}

// windowed names the limit that a decoder reports.
type windowed struct {
	z      io.Reader
	window uint64
}

func (w windowed) Read(p []byte) (int, error) {
	n, err := w.z.Read(p)
	if errors.Is(err, zstd.ErrWindowSizeExceeded) || errors.Is(err, zstd.ErrDecoderSizeExceeded) {
		beyond := limit("", "its zstd compression needs more than %d MiB of memory", w.window>>20)
		beyond.Cure = fmt.Sprintf(
			"compress the layer with a window of at most %d MiB: zstd without --long=28 and above",
			largestWindow>>20)
		err = beyond
	}
	return n, err
}

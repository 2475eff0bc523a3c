package rootfs

import (
	"context"

	"github.com/opencontainers/go-digest"

	"archway/lambda/internal/image/layer"
)

// ReadCompressed looks at the first bytes of layers. Those that are compressed it reads to their
// ends, so that it is proven that these are the layer's bytes, and no proxy's.
func (f *FS) ReadCompressed(ctx context.Context, which func(digest.Digest) bool) error {
	for _, l := range f.layers {
		if !which(l.digest) {
			continue
		}
		l.mu.Lock()
		err := l.begin(ctx)
		if err == nil && l.compression != layer.Plain {
			err = l.finish(ctx)
		}
		l.mu.Unlock()
		if err != nil {
			return err
		}
	}
	return nil
}

// begin takes the first bytes of a layer that was not begun. The lock is held.
func (l *stacked) begin(ctx context.Context) error {
	if l.begun {
		return nil
	}
	if l.err != nil {
		return l.err
	}
	stream, err := l.store.source(ctx, l.digest)
	if err != nil {
		return err
	}
	defer stream.Close()
	l.compression, err = layer.Begins(counted{stream, l.store})
	l.begun = err == nil
	return err
}

package rootfs_test

import (
	"bytes"
	"context"
	"io"
	"sync"

	"github.com/opencontainers/go-digest"
	specs "github.com/opencontainers/image-spec/specs-go/v1"
)

// stack serves layers and counts what is read of them.
type stack struct {
	mu    sync.Mutex
	blobs map[digest.Digest][]byte
	opens map[digest.Digest]int
	bytes map[digest.Digest]int
	// fail is an error in the middle of every stream.
	fail error
	// garbled is what comes first in place of a blob.
	garbled map[digest.Digest][]byte
}

func newStack() *stack {
	return &stack{blobs: map[digest.Digest][]byte{}, opens: map[digest.Digest]int{}, bytes: map[digest.Digest]int{}}
}

func (s *stack) put(b []byte) specs.Descriptor {
	d := digest.FromBytes(b)
	s.blobs[d] = b
	return specs.Descriptor{Digest: d, Size: int64(len(b))}
}

func (s *stack) open(_ context.Context, d digest.Digest) (io.ReadCloser, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.opens[d]++
	if s.fail != nil {
		b := s.blobs[d]
		return io.NopCloser(io.MultiReader(bytes.NewReader(b[:len(b)/2]), failing{s.fail})), nil
	}
	if b := s.garbled[d]; b != nil && s.opens[d] == 1 {
		return io.NopCloser(bytes.NewReader(b)), nil
	}
	return &counter{s, d, bytes.NewReader(s.blobs[d])}, nil
}

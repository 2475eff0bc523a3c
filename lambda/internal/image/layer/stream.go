package layer

import (
	"bufio"
	"context"
	"hash"
	"io"

	"github.com/opencontainers/go-digest"
)

// stored is the layer as the registry serves it: counted, hashed, and bounded by the size that the
// manifest gives.
type stored struct {
	stream  io.Reader
	limit   int64
	size    int64
	hash    digest.Digester
	err     error // of the stream itself
	reading *bufio.Reader
}

// buffer is how much is asked of the registry's stream at a time.
const buffer = 64 << 10

func newStored(stream io.Reader, o Options) *stored {
	algorithm := digest.Canonical
	if o.Digest.Validate() == nil {
		algorithm = o.Digest.Algorithm()
	}
	// One byte more than there should be is enough to know that there are too many.
	s := &stored{stream: stream, limit: max(o.Size, 0) + 1, hash: algorithm.Digester()}
	s.reading = bufio.NewReaderSize(reader(s.read), buffer)
	return s
}

type reader func([]byte) (int, error)

func (r reader) Read(p []byte) (int, error) { return r(p) }

func (s *stored) read(p []byte) (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	if left := s.limit - s.size; int64(len(p)) > left {
		p = p[:left]
	}
	if len(p) == 0 {
		return 0, io.EOF
	}
	n, err := s.stream.Read(p)
	s.size += int64(n)
	_, _ = s.hash.Hash().Write(p[:n])
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}

// drain takes the rest of the stream.
func (s *stored) drain() error {
	_, err := io.Copy(io.Discard, s.reading)
	return err
}

func (s *stored) digest() digest.Digest { return s.hash.Digest() }

// plain is the uncompressed archive: counted against its compressed size, and hashed.
type plain struct {
	ctx    context.Context
	r      io.Reader
	stored *stored
	size   int64
	hash   hash.Hash
}

const (
	// A layer may grow as it likes up to this size. Then it may have grown by at most maxRatio:
	// files full of zeros compress 1,000 times, but nobody ships gigabytes of them. A bomb costs a
	// second or two.
	freeSize = 1 << 30
	maxRatio = 300
	// maxPlain bounds the size of what hardly compresses.
	maxPlain = 256 << 30
	// MaxStored bounds the size of a layer as it is stored. Registries take much less: ECR 52 GB.
	MaxStored = 256 << 30
)

func newPlain(ctx context.Context, r io.Reader, s *stored) *plain {
	return &plain{ctx: ctx, r: r, stored: s, hash: digest.SHA256.Hash()}
}

func (p *plain) Read(b []byte) (int, error) {
	// The stream may end with the context too, but a few of its bytes can unpack to gigabytes.
	if err := p.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := p.r.Read(b)
	p.size += int64(n)
	_, _ = p.hash.Write(b[:n])
	switch {
	case p.size > freeSize && p.size/maxRatio > p.stored.size:
		return n, limit(emptier, "it expands to more than %d times its size", maxRatio)
	case p.size > maxPlain:
		return n, limit(emptier, "it expands to more than %d GiB", maxPlain>>30)
	}
	return n, err
}

func (p *plain) digest() digest.Digest { return digest.NewDigest(digest.SHA256, p.hash) }

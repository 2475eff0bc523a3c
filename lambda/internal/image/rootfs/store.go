// Package rootfs looks up files in an image's root file system without unpacking it: it reads the
// layers as streams, the top one first, and each only as far as a question needs. It sees what a
// container would see: whiteouts and opaque folders of upper layers, symlinks of every kind, hard
// links. A layer that several images share is read once for all of them.
package rootfs

import (
	"context"
	"fmt"
	"io"
	"sync"
	"sync/atomic"

	"github.com/opencontainers/go-digest"
	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/lambda/internal/image/layer"
)

const (
	// maxPaused is how many layers may stand half read at a time, over all images: each keeps a
	// connection.
	maxPaused = 4
	// maxHeavy is how many of them may be compressed with zstd, whose decompressor keeps 8 MiB and
	// more.
	maxHeavy = 1
	// memory is what the records of all layers may take together: one and a half million entries.
	memory = 18 << 20
)

// Source opens a layer's bytes.
type Source func(context.Context, digest.Digest) (io.ReadCloser, error)

// Options say how much to read.
type Options struct {
	// Deep looks at every program and library of every layer.
	Deep bool
	// Keep says up to which size to keep the content of the file at a path. Nil keeps nothing.
	Keep func(path string) int64
	// Memory bounds what is kept of all layers, in bytes. 0 means 18 MiB, enough for one and a half
	// million files.
	Memory int64
}

// Store holds the layers that are being read.
type Store struct {
	source  Source
	options Options
	budget  *Budget
	large   chan struct{}
	paused  atomic.Int64
	heavy   atomic.Int64
	bytes   atomic.Int64
	// restarts counts the layers that were read again from their beginnings.
	restarts atomic.Int64

	mu     sync.Mutex
	layers map[digest.Digest]*stacked
}

// NewStore makes a store of layers that come from a source.
func NewStore(source Source, o Options) *Store {
	if o.Memory == 0 {
		o.Memory = memory
	}
	return &Store{source: source, options: o, budget: NewBudget(o.Memory), large: make(chan struct{}, 1),
		layers: map[digest.Digest]*stacked{}}
}

// Restarts counts the layers that were read again because other bytes came than their digests name.
// What was followed meanwhile may have been made of those, and is to be followed again.
func (s *Store) Restarts() int64 { return s.restarts.Load() }

// Bytes is how much was read from the source.
func (s *Store) Bytes() int64 { return s.bytes.Load() }

// FS is one image's root file system.
type FS struct {
	store *Store
	// layers are the top one first.
	layers []*stacked
	known  map[string]Node
	// as is the number of restarts up to which the known nodes hold.
	as int64
	// spend is what may still be read, where that is bounded.
	spend *int64
	// spent is what was read of that kind.
	spent int64
}

// FS makes the file system of an image whose layers are given from the bottom up, as in a manifest.
// It reads nothing yet. All images that may share layers are to be made before the first is asked;
// each must be closed.
func (s *Store) FS(layers []specs.Descriptor) *FS {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := &FS{store: s, known: map[string]Node{}}
	for i := len(layers) - 1; i >= 0; i-- {
		d := layers[i]
		l := s.layers[d.Digest]
		if l == nil {
			l = &stacked{store: s, digest: d.Digest, size: d.Size}
			l.record.budget = s.budget
			s.layers[d.Digest] = l
		}
		l.size = max(l.size, d.Size)
		l.users++
		f.layers = append(f.layers, l)
	}
	return f
}

// Close lets go of layers that no other image needs. What is known of their bytes stays.
func (f *FS) Close() {
	for _, l := range f.layers {
		l.mu.Lock()
		if l.users--; l.users == 0 {
			l.end()
			l.record.free()
			l.tally = nil
		}
		l.mu.Unlock()
	}
}

// Reading is how far a layer was read.
type Reading struct {
	Digest digest.Digest
	// Bytes are those read, of Size.
	Bytes, Size int64
	// Sums are known if the layer was read to its end.
	Sums *layer.Sums
	// Damage says why the layer can't be unpacked.
	Damage string
	// Compression is how the layer is compressed.
	Compression layer.Compression
}

// Readings tells how far each layer was read, from the bottom up.
func (f *FS) Readings() []Reading {
	var all []Reading
	for i := len(f.layers) - 1; i >= 0; i-- {
		l := f.layers[i]
		l.mu.Lock()
		r := Reading{Digest: l.digest, Bytes: l.read, Size: l.size, Sums: l.sums, Compression: l.compression}
		if damage, ok := l.err.(*Damage); ok {
			r.Damage = damage.Reason
		}
		l.mu.Unlock()
		all = append(all, r)
	}
	return all
}

// Limit says that a layer goes beyond a limit, so that it was not read to its end.
type Limit struct {
	// Layer is empty where it is not about one layer.
	Layer  digest.Digest
	Reason string
	// Cure says what to do. Empty where only less of everything helps.
	Cure string
}

func (l *Limit) Error() string { return fmt.Sprintf("layer %s: %s", l.Layer, l.Reason) }

// Damage says that a layer can't be unpacked.
type Damage struct {
	Layer  digest.Digest
	Reason string
}

func (d *Damage) Error() string { return fmt.Sprintf("layer %s: %s", d.Layer, d.Reason) }

// SourceError says that the source did not give all of a layer. Its text is that of the source.
type SourceError struct {
	Layer digest.Digest
	Err   error
}

func (e *SourceError) Error() string { return e.Err.Error() }

// Unwrap returns the source's error.
func (e *SourceError) Unwrap() error { return e.Err }

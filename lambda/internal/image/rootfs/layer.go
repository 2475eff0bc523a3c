package rootfs

import (
	"context"
	"errors"
	"io"
	"sync"
	"sync/atomic"

	"github.com/opencontainers/go-digest"

	"archway/lambda/internal/image/layer"
)

// stacked is one layer, read as far as was needed so far. Images that share it share its stream and
// its record.
type stacked struct {
	store  *Store
	digest digest.Digest
	size   int64

	mu     sync.Mutex
	users  int
	stream io.ReadCloser
	reader *layer.Reader
	order  order
	record record
	paused bool
	// again says that the layer is read a second time.
	again bool
	// marker says that the latest entry takes something away.
	marker bool
	// done says that the layer was read to its end.
	done bool
	// err says why it can't be read any further.
	err  error
	sums *layer.Sums
	read int64
	// begun says that the first bytes were seen, and compression what they tell.
	begun       bool
	compression layer.Compression
	// tally counts the programs where all of them are looked at.
	tally tally
}

// query asks for a path, with everything above it that may hide it in a layer.
type query struct {
	path string
	// entries, whiteouts and opaques are the hashes of the path and the folders above it, from the
	// root down: entries[i] and whiteouts[i] of the first i+1 names, opaques[i] of the first i.
	entries, whiteouts, opaques []uint64
	// bits lets nearly all of a layer's records be passed over by one look.
	bits uint64
}

func newQuery(p string) query {
	q := query{path: p}
	for i := range len(p) + 1 {
		if i < len(p) && p[i] != '/' {
			continue
		}
		q.entries = append(q.entries, hashOf(p[:i]))
		q.whiteouts = append(q.whiteouts, whiteoutOf(p[:i]))
		if i < len(p) {
			q.opaques = append(q.opaques, opaqueOf(p[:i]))
		}
	}
	q.opaques = append([]uint64{opaqueOf("")}, q.opaques...)
	for _, hashes := range [][]uint64{q.entries, q.whiteouts, q.opaques} {
		for _, h := range hashes {
			q.bits |= 1 << (h & 63)
		}
	}
	return q
}

// answer is what a layer says about a path.
type answer struct {
	// found says that the path is in the layer.
	found bool
	node  Node
	// hidden says that the layer hides it in the layers below.
	hidden bool
	// exact says that the path has an entry of its own, so that it is no folder implied by what is
	// in it.
	exact bool
}

// look reads the layer as far as is needed to know what it says about a path, and not beyond what
// may be spent, if that is bounded.
func (l *stacked) look(ctx context.Context, q query, spend *int64) (answer, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	before := l.read
	for !l.decided(q.path) {
		if spend != nil && !l.affordable(*spend-(l.read-before)) {
			*spend -= l.read - before
			return answer{}, ErrUnread
		}
		if err := l.advance(ctx); err != nil {
			return answer{}, err
		}
	}
	if spend != nil {
		*spend -= l.read - before
	}
	if err := l.judge(); err != nil {
		return answer{}, err
	}
	a := l.scan(q)
	return a, l.pause(ctx)
}

// worthSkipping is how large the rest of a layer must be, in bytes of the registry's, for it to be
// left unread.
const worthSkipping = 2 << 20

// decided reports whether the rest of the layer can't say anything about the path any more.
func (l *stacked) decided(path string) bool {
	switch {
	case l.done:
		return true
	case !l.order.holds(), l.size-l.read < worthSkipping:
		return false
	case l.order.passed(path):
		return true
	default:
		// A whiteout may be followed by a new entry of the same name; an entry is final.
		return path != "" && l.order.last == path && l.record.latest == path && !l.marker
	}
}

// advance reads one entry. The lock is held.
func (l *stacked) advance(ctx context.Context) error {
	if l.err != nil {
		return l.err
	}
	if err := l.start(ctx); err != nil {
		return l.stop(err)
	}
	e, err := l.reader.Next()
	l.read = l.reader.Read()
	if err != nil {
		if sums := l.reader.Sums(); sums != nil && sums.Digest != l.digest && !l.again {
			l.restart()
			return nil
		}
		if err == io.EOF {
			if err := l.judge(); err != nil {
				return err
			}
			l.done = true
			l.end()
			return nil
		}
		return l.stop(err)
	}
	l.order.see(e.Path)
	l.marker = e.Kind == layer.Whiteout || e.Kind == layer.Opaque
	if err := l.record.add(e); err != nil {
		return l.stop(err)
	}
	if l.store.options.Deep && e.Program.Loadable() {
		if err := l.count(e); err != nil {
			return l.stop(l.unkept(err))
		}
	}
	return nil
}

// unkept is the limit on what is noted of a layer.
func (l *stacked) unkept(err error) *Limit {
	cure := "make the image of fewer files, such as by leaving caches and sources out"
	if errors.Is(err, errLoop) {
		cure = "build the image again without the symbolic links that point at each other"
	}
	return &Limit{Layer: l.digest, Reason: err.Error(), Cure: cure}
}

// judge judges what was read so far and depends on what stands before it.
func (l *stacked) judge() error {
	if err := l.record.resolve(); err != nil {
		return l.stop(err)
	}
	return nil
}

// restart begins again, once, after other bytes came than the digest names: a proxy may have
// garbled one answer. What is stored wrongly comes back the same.
func (l *stacked) restart() {
	l.again = true
	l.end()
	l.record.free()
	l.tally, l.marker, l.sums, l.read = nil, false, nil, 0
	l.store.restarts.Add(1)
}

func (l *stacked) start(ctx context.Context) error {
	l.wake()
	if l.reader != nil {
		return nil
	}
	stream, err := l.store.source(ctx, l.digest)
	if err != nil {
		return err
	}
	l.stream = stream
	l.order, l.record.budget = newOrder(), l.store.budget
	l.reader, err = layer.Open(ctx, counted{stream, l.store}, layer.Options{
		Digest: l.digest, Size: l.size, AllFiles: l.store.options.Deep, Keep: l.store.options.Keep,
		Large: l.store.large,
	})
	if err == nil {
		l.begun, l.compression = true, l.reader.Compression()
	}
	return err
}

// stop ends the reading for good.
func (l *stacked) stop(err error) error {
	var limit *layer.Limit
	var damage *layer.Damage
	var cant *cantUnpack
	switch {
	case errors.As(err, &cant):
		err = &Damage{Layer: l.digest, Reason: cant.reason}
	case err == errBudget, err == errLoop:
		err = l.unkept(err)
	case errors.As(err, &limit):
		err = &Limit{Layer: l.digest, Reason: limit.Error(), Cure: limit.Cure}
	case errors.As(err, &damage):
		err = &Damage{Layer: l.digest, Reason: damage.Error()}
	case !errors.As(err, new(*Limit)):
		err = &SourceError{Layer: l.digest, Err: err}
	}
	l.err = err
	l.end()
	return err
}

func (l *stacked) end() {
	l.wake()
	if l.reader != nil {
		l.sums, l.read = l.reader.Sums(), l.reader.Read()
		l.reader.Close()
	}
	if l.stream != nil {
		_ = l.stream.Close() // it was only read
	}
	l.reader, l.stream = nil, nil
}

// pause keeps the stream for the next question, unless too many are kept already, or it holds much
// memory: then it is read to its end.
func (l *stacked) pause(ctx context.Context) error {
	if l.reader == nil || l.paused {
		return nil
	}
	count, most := l.waiting()
	if l.reader.Memory() <= layer.OrdinaryMemory && count.Add(1) <= most {
		l.paused = true
		return nil
	}
	if l.reader.Memory() <= layer.OrdinaryMemory {
		count.Add(-1)
	}
	return l.finish(ctx)
}

// wake ends a pause.
func (l *stacked) wake() {
	if l.paused {
		l.paused = false
		count, _ := l.waiting()
		count.Add(-1)
	}
}

// waiting is the count of paused layers that this one belongs to, and how many there may be.
func (l *stacked) waiting() (*atomic.Int64, int64) {
	if l.reader.Memory() > 0 {
		return &l.store.heavy, maxHeavy
	}
	return &l.store.paused, maxPaused
}

// finish reads the layer to its end.
func (l *stacked) finish(ctx context.Context) error {
	for !l.done {
		if err := l.advance(ctx); err != nil {
			return err
		}
	}
	return nil
}

// scan looks through what was read so far. A later entry of one name takes the place of an earlier
// one.
func (l *stacked) scan(q query) answer {
	last := len(q.entries) - 1
	var seen [layer.MaxDepth/64 + 1]uint64 // folders of which the latest entry is known
	var a answer
	left := l.record.n
	for c := len(l.record.chunks) - 1; c >= 0; c-- {
		chunk := l.record.chunks[c]
		for i := (left - 1) % chunkSize; i >= 0; i-- {
			h := chunk.hashes[i]
			if q.bits&(1<<(h&63)) == 0 {
				continue
			}
			value := chunk.values[i]
			switch kind := layer.Kind(value & (1<<kindBits - 1)); kind {
			case layer.Whiteout:
				// What a layer takes away and then makes again as a folder shows what the layers
				// below have in it: overlayfs merges folders, and the mark is gone. The image
				// specification would hide it.
				n := position(q.whiteouts, h)
				a.hidden = a.hidden || n >= 0 && (n == last || seen[n/64]&(1<<(n%64)) == 0)
			case layer.Opaque:
				a.hidden = a.hidden || contains(q.opaques, h)
			default:
				if h == q.entries[last] {
					if !a.found || !a.exact && kind != implied {
						wasImplied := a.found
						a.node, a.exact, a.found = l.record.node(value), kind != implied, true
						if wasImplied && a.node.Kind != layer.Dir {
							// What is below came after what stood there: it is a folder by now.
							a.node, a.exact = Node{Kind: layer.Dir}, false
						}
					}
					continue
				}
				if n := position(q.entries[:last], h); n >= 0 && seen[n/64]&(1<<(n%64)) == 0 {
					seen[n/64] |= 1 << (n % 64)
					a.hidden = a.hidden || kind != layer.Dir && kind != implied
				}
			}
		}
		left = c * chunkSize
	}
	return a
}

func contains(hashes []uint64, h uint64) bool { return position(hashes, h) >= 0 }

func position(hashes []uint64, h uint64) int {
	for i, other := range hashes {
		if h == other {
			return i
		}
	}
	return -1
}

// counted adds what is read to the store's total.
type counted struct {
	r     io.Reader
	store *Store
}

func (c counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.store.bytes.Add(int64(n))
	return n, err
}

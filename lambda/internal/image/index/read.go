// Package index reads an image index with everything that it names except the layers' bytes, and
// judges nothing: what is missing, too large or not what its digest says is recorded, for the
// checks to report together.
package index

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/opencontainers/go-digest"
	specs "github.com/opencontainers/image-spec/specs-go/v1"
	"golang.org/x/sync/errgroup"

	"archway/lambda/internal/guard"
	"archway/lambda/internal/image/layer"
	"archway/lambda/internal/image/registry"
)

// Source serves manifests and blobs by digest. *registry.Repository is one.
type Source interface {
	Manifest(context.Context, digest.Digest) (registry.Document, error)
	Blob(ctx context.Context, d digest.Digest, limit int64) (registry.Document, error)
	Stat(context.Context, digest.Digest) (size int64, err error)
	// Layer opens a blob of any size. The stream ends with the context.
	Layer(context.Context, digest.Digest) (io.ReadCloser, error)
}

// parallel bounds the documents that are in memory at one time.
const parallel = 8

// Get reads the image at a digest, and the builds' results by platform key. It fails only if the
// source could not be asked.
func Get(ctx context.Context, source Source, root digest.Digest, builds map[string]digest.Digest) (*Image, error) {
	r := &reader{source: source, image: &Image{Digest: root}}
	if err := r.root(ctx); err != nil {
		return nil, err
	}
	if err := r.contents(ctx); err != nil {
		return nil, err
	}
	if err := r.builds(ctx, builds); err != nil {
		return nil, err
	}
	return r.image, nil
}

type reader struct {
	source Source
	image  *Image
	// entries and values count what was read so far, against MaxEntries and maxTotal.
	entries int
	values  atomic.Int64
	mu      sync.Mutex
}

// affords reports whether the document may be kept.
func (r *reader) affords(b []byte) bool {
	values, _ := weigh(b)
	if r.values.Add(int64(values)) <= maxTotal {
		return true
	}
	r.limit(Limit{
		Text: fmt.Sprintf("its documents hold more than %d JSON values together; the rest was not read", maxTotal),
		Cure: "make the manifests and configs smaller, such as by fewer annotations and labels",
	})
	return false
}

// outcome sorts a read's error: into a state that is a finding, or into an error because the source
// could not be asked.
func outcome(err error) (State, error) {
	switch {
	case err == nil:
		return Read, nil
	case errors.Is(err, registry.ErrNotFound):
		return Missing, nil
	case errors.Is(err, registry.ErrOtherBytes):
		return OtherBytes, nil
	case errors.Is(err, registry.ErrTooLarge):
		return TooLarge, nil
	default:
		return NotRead, err
	}
}

func (r *reader) manifest(ctx context.Context, d digest.Digest) (*Manifest, State, error) {
	doc, err := r.source.Manifest(ctx, d)
	state, err := outcome(err)
	if err != nil || state != Read && state != OtherBytes {
		return nil, state, err
	}
	if !r.affords(doc.Bytes) {
		return nil, TooLarge, nil
	}
	m := ParseManifest(doc.Bytes)
	m.Digest, m.ContentType = doc.Digest, doc.MediaType
	return m, state, nil
}

func (r *reader) root(ctx context.Context) error {
	i := r.image
	var err error
	if i.Root, i.State, err = r.manifest(ctx, i.Digest); err != nil || i.Root == nil {
		return err
	}
	if shape := i.Root.Shape(); shape != ShapeIndex && shape != ShapeAmbiguous {
		i.Single = shape == ShapeManifest
		if i.Single {
			i.Entries = []*Entry{{
				Manifest: i.Root, State: i.State,
				Descriptor: specs.Descriptor{MediaType: i.Root.Body.MediaType, Digest: i.Digest, Size: i.Root.Size},
			}}
		}
		return nil
	}
	i.Entries, err = r.children(ctx, i.Root, "", 1, []digest.Digest{i.Digest})
	return err
}

// children reads the entries of an index, and those of the indexes among them.
func (r *reader) children(ctx context.Context, parent *Manifest, prefix string, depth int,
	path []digest.Digest) ([]*Entry, error) {
	var entries []*Entry
	for n, d := range parent.Body.Manifests {
		if r.entries++; r.entries > MaxEntries {
			r.limit(Limit{
				Text: fmt.Sprintf("it has more than %d entries; only the first %d were read", MaxEntries, MaxEntries),
				Cure: "leave entries out that no node pulls, and give artifacts a repository of their own",
			})
			break
		}
		entries = append(entries,
			&Entry{Where: fmt.Sprintf("%smanifests[%d]", prefix, n), Depth: depth, Parent: parent, Descriptor: d})
	}
	if err := r.manifests(ctx, entries, path); err != nil {
		return nil, err
	}
	order(entries)

	var all []*Entry
	for _, e := range entries {
		all = append(all, e)
		if e.Manifest == nil || e.Loop || e.Manifest.Shape() != ShapeIndex {
			continue
		}
		if depth >= MaxDepth {
			r.limit(Limit{
				Text: fmt.Sprintf("its indexes are nested more than %d levels deep; what is below was not read",
					MaxDepth),
				Cure: "make one flat index of the images",
			})
			continue
		}
		below, err := r.children(ctx, e.Manifest, e.Where+".", depth+1, append(slices.Clone(path), e.Descriptor.Digest))
		if err != nil {
			return nil, err
		}
		all = append(all, below...)
	}
	return all, nil
}

func (r *reader) limit(l Limit) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !slices.Contains(r.image.Limits, l) {
		r.image.Limits = append(r.image.Limits, l)
	}
}

// manifests reads each digest among the entries once.
func (r *reader) manifests(ctx context.Context, entries []*Entry, path []digest.Digest) error {
	byDigest := map[digest.Digest][]*Entry{}
	for _, e := range entries {
		d := e.Descriptor.Digest
		if slices.Contains(path, d) {
			e.Loop = true
			continue
		}
		if d.Validate() == nil && e.Role() != RoleBlob {
			byDigest[d] = append(byDigest[d], e)
		}
	}
	return each(ctx, byDigest, func(ctx context.Context, d digest.Digest, same []*Entry) error {
		m, state, err := r.manifest(ctx, d)
		for _, e := range same {
			e.Manifest, e.State = m, state
		}
		return err
	})
}

// contents reads the configs of images, and asks whether all other blobs are there.
func (r *reader) contents(ctx context.Context) error {
	configs := map[digest.Digest][]*Entry{}
	blobs := map[digest.Digest][]*Blob{}
	for _, e := range r.image.Entries {
		if e.Manifest == nil || e.Manifest.Shape() != ShapeManifest {
			continue
		}
		layers := e.Manifest.Body.Layers
		if len(layers) > MaxLayers {
			r.limit(Limit{
				Text: fmt.Sprintf("the manifest %s has %d layers; only the first %d were looked for",
					e.Descriptor.Digest, len(layers), MaxLayers),
				Cure: "build it with fewer layers: runtimes stack 500 at most, Docker 127",
			})
			layers = layers[:MaxLayers]
		}
		for _, d := range layers {
			e.Blobs = append(e.Blobs, &Blob{Descriptor: d})
		}
		if c := e.Manifest.Body.Config; c != nil {
			if e.Role() == RoleImage && IsConfigType(c.MediaType) {
				if c.Digest.Validate() == nil {
					configs[c.Digest] = append(configs[c.Digest], e)
				}
			} else {
				e.Blobs = append(e.Blobs, &Blob{Descriptor: *c})
			}
		}
		for _, b := range e.Blobs {
			// A foreign layer's bytes may be kept elsewhere, which is for the check of layer types
			// to say.
			if d := b.Descriptor.Digest; d.Validate() == nil && !IsForeignLayer(b.Descriptor.MediaType) {
				blobs[d] = append(blobs[d], b)
			}
		}
	}
	if err := each(ctx, configs, r.config); err != nil {
		return err
	}
	if err := each(ctx, blobs, r.stat); err != nil {
		return err
	}
	for _, same := range blobs {
		for _, b := range same {
			if b.huge() {
				r.limit(Limit{
					Text: fmt.Sprintf("the layer %s has %d bytes; no layer of more than %d GiB is read",
						b.Descriptor.Digest, b.size(), layer.MaxStored>>30),
					Cure: "spread its files over several layers",
				})
			}
		}
	}
	return nil
}

func (r *reader) config(ctx context.Context, d digest.Digest, entries []*Entry) error {
	doc, err := r.source.Blob(ctx, d, registry.MaxConfig)
	state, err := outcome(err)
	if err != nil {
		return err
	}
	var config *Config
	var decodeErr error
	if (state == Read || state == OtherBytes) && !r.affords(doc.Bytes) {
		state = TooLarge
	}
	if state == Read || state == OtherBytes {
		config, decodeErr = ParseConfig(doc.Bytes)
	}
	for _, e := range entries {
		e.Config, e.ConfigState, e.ConfigSize, e.ConfigErr = config, state, int64(len(doc.Bytes)), decodeErr
	}
	return nil
}

func (r *reader) stat(ctx context.Context, d digest.Digest, blobs []*Blob) error {
	size, err := r.source.Stat(ctx, d)
	state, err := outcome(err)
	for _, b := range blobs {
		b.State, b.Stored = state, size
	}
	return err
}

// builds reads what the builds reported where the index doesn't hold it directly.
func (r *reader) builds(ctx context.Context, reported map[string]digest.Digest) error {
	if len(reported) == 0 {
		return nil
	}
	r.image.Builds = map[string]*Build{}
	byDigest := map[digest.Digest][]*Build{}
	for platform, d := range reported {
		b := &Build{Digest: d}
		r.image.Builds[platform] = b
		if slices.ContainsFunc(r.image.Entries, func(e *Entry) bool { return e.Descriptor.Digest == d }) {
			b.State = Read
			continue
		}
		byDigest[d] = append(byDigest[d], b)
	}
	return each(ctx, byDigest, func(ctx context.Context, d digest.Digest, same []*Build) error {
		m, state, err := r.manifest(ctx, d)
		for _, b := range same {
			b.State = state
			if m != nil {
				b.Entries = m.Body.Manifests
			}
		}
		return err
	})
}

// each runs a function for every key, some at the same time, and returns the first error.
func each[V any](ctx context.Context, work map[digest.Digest]V,
	do func(context.Context, digest.Digest, V) error) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(parallel)
	for d, v := range work {
		g.Go(func() error { return guard.Do(func() error { return do(ctx, d, v) }) })
	}
	return g.Wait()
}

// Package layout reads images from an OCI image layout: a folder with an index.json, as buildx,
// Skopeo, Buildah, ko and crane write it
// (https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md). It asks no registry.
package layout

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"

	"github.com/opencontainers/go-digest"
	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/lambda/internal/image/index"
	"archway/lambda/internal/image/registry"
)

// ErrNoLayout says that a folder is no OCI image layout.
var ErrNoLayout = errors.New("no OCI image layout")

// Layout is an OCI image layout. It is an index.Source.
type Layout struct {
	// root keeps what a layout from elsewhere may hold, such as symbolic links, from leading out of
	// the folder.
	root *os.Root
	// top is index.json.
	top *index.Manifest
	raw []byte
}

// Open opens a folder. The caller closes it.
func Open(folder string) (*Layout, error) {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoLayout, err)
	}
	l := &Layout{root: root}
	if l.raw, err = l.read("index.json", registry.MaxManifest); errors.Is(err, registry.ErrNotFound) {
		root.Close()
		return nil, fmt.Errorf("%w: %s holds no index.json", ErrNoLayout, folder)
	} else if err != nil {
		root.Close()
		return nil, fmt.Errorf("%w: %s: %w", ErrNoLayout, folder, err)
	}
	l.top = index.ParseManifest(l.raw)
	if l.top.Err != nil {
		root.Close()
		return nil, fmt.Errorf("%w: %s: index.json can't be read: %w", ErrNoLayout, folder, l.top.Err)
	}
	return l, nil
}

// Close closes the folder.
func (l *Layout) Close() error { return l.root.Close() }

// Manifest implements index.Source. A layout has no header that declares a type, so it is what the
// document itself says, or else what index.json lists it as, or else what OCI's documents of its
// form are.
func (l *Layout) Manifest(ctx context.Context, d digest.Digest) (registry.Document, error) {
	b, err := l.blob(ctx, d, registry.MaxManifest)
	if err != nil {
		return registry.Document{}, err
	}
	m := index.ParseManifest(b)
	mediaType := cmp.Or(m.Body.MediaType, l.listed(d), formed(m.Shape()))
	return same(registry.Document{Digest: d.Algorithm().FromBytes(b), Bytes: b, MediaType: mediaType}, d)
}

// Blob implements index.Source.
func (l *Layout) Blob(ctx context.Context, d digest.Digest, limit int64) (registry.Document, error) {
	b, err := l.blob(ctx, d, limit)
	if err != nil {
		return registry.Document{}, err
	}
	return same(registry.Document{Digest: d.Algorithm().FromBytes(b), Bytes: b}, d)
}

// Stat implements index.Source.
func (l *Layout) Stat(ctx context.Context, d digest.Digest) (int64, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	f, err := l.open(d)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return 0, fmt.Errorf("%w: %w", registry.ErrUnavailable, err)
	}
	return info.Size(), nil
}

// Layer opens a blob of any size. The stream ends with the context: a sparse file costs nobody
// anything and reading it hours.
func (l *Layout) Layer(ctx context.Context, d digest.Digest) (io.ReadCloser, error) {
	f, err := l.open(d)
	if err != nil {
		return nil, err
	}
	return bound{f, ctx}, nil
}

// bound is a file that can be read as long as the context holds.
type bound struct {
	*os.File
	ctx context.Context
}

// Read implements io.Reader.
func (b bound) Read(p []byte) (int, error) {
	if err := b.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := b.File.Read(p)
	if err != nil && err != io.EOF {
		err = fmt.Errorf("%w: %w", registry.ErrUnavailable, err)
	}
	return n, err
}

func same(doc registry.Document, d digest.Digest) (registry.Document, error) {
	if doc.Digest != d {
		return doc, fmt.Errorf("%s: %w: they have the digest %s", d, registry.ErrOtherBytes, doc.Digest)
	}
	return doc, nil
}

// listed is the type under which index.json lists a manifest. For index.json itself it is what the
// specification makes it.
func (l *Layout) listed(d digest.Digest) string {
	for _, e := range l.top.Body.Manifests {
		if e.Digest == d {
			return e.MediaType
		}
	}
	if d == digest.FromBytes(l.raw) {
		return specs.MediaTypeImageIndex
	}
	return ""
}

// formed is the type of a document that doesn't declare one, which only OCI's own may leave out.
func formed(shape index.Shape) string {
	switch shape {
	case index.ShapeIndex:
		return specs.MediaTypeImageIndex
	case index.ShapeManifest:
		return specs.MediaTypeImageManifest
	default:
		return ""
	}
}

func (l *Layout) blob(ctx context.Context, d digest.Digest, limit int64) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if d == digest.FromBytes(l.raw) {
		return l.raw, nil
	}
	f, err := l.open(d)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return whole(f, limit)
}

func (l *Layout) open(d digest.Digest) (*os.File, error) {
	if err := d.Validate(); err != nil {
		return nil, fmt.Errorf("%q is not a digest: %w", d, err)
	}
	return l.file(path.Join(specs.ImageBlobsDir, d.Algorithm().String(), d.Encoded()))
}

// file opens a file, and nothing that would wait for another program, such as a pipe.
func (l *Layout) file(name string) (*os.File, error) {
	info, err := l.root.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%s: %w", name, registry.ErrNotFound)
	case err != nil:
		return nil, fmt.Errorf("%w: %w", registry.ErrUnavailable, err)
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%w: %s is no file", registry.ErrUnavailable, name)
	}
	f, err := l.root.Open(name)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", registry.ErrUnavailable, err)
	}
	return f, nil
}

func (l *Layout) read(name string, limit int64) ([]byte, error) {
	f, err := l.file(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return whole(f, limit)
}

func whole(f *os.File, limit int64) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(f, limit+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: %w", registry.ErrUnavailable, err)
	case int64(len(b)) > limit:
		return nil, fmt.Errorf("%s: %w: more than %d bytes", f.Name(), registry.ErrTooLarge, limit)
	}
	return b, nil
}

package main

import (
	"archive/tar"
	"bufio"
	"encoding/json"
	"io"
	"os"
	"path/filepath"

	"github.com/klauspost/compress/gzip"
	"github.com/opencontainers/go-digest"
	"github.com/opencontainers/image-spec/specs-go"
	v1 "github.com/opencontainers/image-spec/specs-go/v1"
)

// folder holds the blobs of images, each under its digest, and tags as links to them. The first
// error ends all work on it.
type folder struct {
	path string
	err  error
}

func newFolder(path string) *folder { return &folder{path, os.MkdirAll(path, 0o755)} }

func (f *folder) file(d digest.Digest) string { return filepath.Join(f.path, d.Encoded()) }

func (f *folder) note(err error) {
	if f.err == nil {
		f.err = err
	}
}

// document stores a document as JSON.
func (f *folder) document(mediaType string, document any) v1.Descriptor {
	b, err := json.Marshal(document)
	f.note(err)
	return f.blob(mediaType, b)
}

func (f *folder) blob(mediaType string, b []byte) v1.Descriptor {
	d := digest.FromBytes(b)
	if f.err == nil {
		f.note(os.WriteFile(f.file(d), b, 0o644))
	}
	return v1.Descriptor{MediaType: mediaType, Digest: d, Size: int64(len(b))}
}

// layer is a stored layer, with the digest of its archive.
type layer struct {
	v1.Descriptor
	diffID digest.Digest
}

func (f *folder) layer(write func(*tar.Writer) error, compress func(io.Writer) (io.WriteCloser, error)) layer {
	if f.err != nil {
		return layer{}
	}
	l, err := writeLayer(f.path, write, compress)
	f.note(err)
	return l
}

func writeLayer(folder string, write func(*tar.Writer) error, compress func(io.Writer) (io.WriteCloser, error)) (layer,
	error) {
	file, err := os.CreateTemp(folder, "layer-")
	if err != nil {
		return layer{}, err
	}
	defer file.Close()
	stored, plain := digest.SHA256.Digester(), digest.SHA256.Digester()
	buffered := bufio.NewWriterSize(io.MultiWriter(file, stored.Hash()), 1<<20)
	z, err := compress(buffered)
	if err != nil {
		return layer{}, err
	}
	archive := tar.NewWriter(io.MultiWriter(z, plain.Hash()))
	for _, step := range []func() error{func() error { return write(archive) }, archive.Close, z.Close,
		buffered.Flush} {
		if err := step(); err != nil {
			return layer{}, err
		}
	}
	info, err := file.Stat()
	if err != nil {
		return layer{}, err
	}
	mediaType := v1.MediaTypeImageLayerZstd
	if _, ok := z.(*gzip.Writer); ok {
		mediaType = v1.MediaTypeImageLayerGzip
	}
	d := v1.Descriptor{MediaType: mediaType, Digest: stored.Digest(), Size: info.Size()}
	return layer{d, plain.Digest()}, os.Rename(file.Name(), filepath.Join(folder, d.Digest.Encoded()))
}

// image stores an image's config and manifest, and gives its entry in an index.
func (f *folder) image(platform v1.Platform, run v1.ImageConfig, layers ...layer) v1.Descriptor {
	config := v1.Image{Platform: platform, Config: run, RootFS: v1.RootFS{Type: "layers"}}
	manifest := v1.Manifest{Versioned: specs.Versioned{SchemaVersion: 2}, MediaType: v1.MediaTypeImageManifest}
	for _, l := range layers {
		config.RootFS.DiffIDs = append(config.RootFS.DiffIDs, l.diffID)
		manifest.Layers = append(manifest.Layers, l.Descriptor)
	}
	manifest.Config = f.document(v1.MediaTypeImageConfig, config)
	entry := f.document(v1.MediaTypeImageManifest, manifest)
	entry.Platform = &platform
	return entry
}

// index stores an index of the entries under a tag.
func (f *folder) index(tag string, entries ...v1.Descriptor) {
	root := f.document(v1.MediaTypeImageIndex,
		v1.Index{Versioned: specs.Versioned{SchemaVersion: 2}, MediaType: v1.MediaTypeImageIndex, Manifests: entries})
	if f.err == nil {
		f.note(os.Symlink(root.Digest.Encoded(), filepath.Join(f.path, tag)))
	}
}

// remove takes a blob away.
func (f *folder) remove(d digest.Digest) {
	if f.err == nil {
		f.note(os.Remove(f.file(d)))
	}
}

// linux is a platform of it.
func linux(arch string) v1.Platform { return v1.Platform{OS: "linux", Architecture: arch} }

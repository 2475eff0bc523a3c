package oracle

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/opencontainers/go-digest"
	specs "github.com/opencontainers/image-spec/specs-go/v1"
)

// entry is one entry of a layer.
type entry struct {
	tar.Header
	body []byte
}

func file(name string, mode int64, body []byte) entry {
	return entry{tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: mode, Size: int64(len(body))}, body}
}

func exe(name string, body []byte) entry { return file(name, 0o755, body) }

func script(name, text string) entry { return exe(name, []byte(text)) }

func folder(name string) entry {
	return entry{Header: tar.Header{Typeflag: tar.TypeDir, Name: name + "/", Mode: 0o755}}
}

func link(name, target string) entry {
	return entry{Header: tar.Header{Typeflag: tar.TypeSymlink, Name: name, Linkname: target, Mode: 0o777}}
}

func hard(name, target string) entry {
	return entry{Header: tar.Header{Typeflag: tar.TypeLink, Name: name, Linkname: target, Mode: 0o755}}
}

func gone(name string) entry {
	return file(filepath.Join(filepath.Dir(name), ".wh."+filepath.Base(name)), 0o644, nil)
}

func opaque(folder string) entry { return file(folder+"/.wh..wh..opq", 0o644, nil) }

// layout is a folder with images as the image specification has it, each under a name.
type layout struct {
	folder string
	index  specs.Index
}

func newLayout(folder string) (*layout, error) {
	l := &layout{folder: folder}
	l.index.SchemaVersion, l.index.MediaType = 2, specs.MediaTypeImageIndex
	if err := os.MkdirAll(filepath.Join(folder, "blobs", "sha256"), 0o755); err != nil {
		return nil, err
	}
	return l, os.WriteFile(filepath.Join(folder, "oci-layout"), []byte(`{"imageLayoutVersion":"1.0.0"}`), 0o644)
}

func (l *layout) put(mediaType string, b []byte) (specs.Descriptor, error) {
	d := specs.Descriptor{MediaType: mediaType, Digest: digest.FromBytes(b), Size: int64(len(b))}
	return d, os.WriteFile(filepath.Join(l.folder, "blobs", "sha256", d.Digest.Encoded()), b, 0o644)
}

func (l *layout) document(mediaType string, v any) (specs.Descriptor, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return specs.Descriptor{}, err
	}
	return l.put(mediaType, b)
}

// layer makes a layer. It is not compressed, so that its two digests are one.
func (l *layout) layer(entries []entry) (specs.Descriptor, error) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, e := range entries {
		e.ModTime = time.Unix(1_700_000_000, 0)
		if err := w.WriteHeader(&e.Header); err != nil {
			return specs.Descriptor{}, err
		}
		if _, err := w.Write(e.body); err != nil {
			return specs.Descriptor{}, err
		}
	}
	if err := w.Close(); err != nil {
		return specs.Descriptor{}, err
	}
	return l.put(specs.MediaTypeImageLayer, b.Bytes())
}

// add makes an index of one image for linux/amd64.
func (l *layout) add(name string, config specs.ImageConfig, layers []specs.Descriptor) error {
	amd64 := specs.Platform{OS: "linux", Architecture: "amd64"}
	image := specs.Image{Platform: amd64, Config: config, RootFS: specs.RootFS{Type: "layers"}}
	for _, layer := range layers {
		image.RootFS.DiffIDs = append(image.RootFS.DiffIDs, layer.Digest)
	}
	c, err := l.document(specs.MediaTypeImageConfig, image)
	if err != nil {
		return err
	}
	manifest := specs.Manifest{MediaType: specs.MediaTypeImageManifest, Config: c, Layers: layers}
	manifest.SchemaVersion = 2
	m, err := l.document(specs.MediaTypeImageManifest, manifest)
	if err != nil {
		return err
	}
	m.Platform = &amd64
	index := specs.Index{MediaType: specs.MediaTypeImageIndex, Manifests: []specs.Descriptor{m}}
	index.SchemaVersion = 2
	i, err := l.document(specs.MediaTypeImageIndex, index)
	if err != nil {
		return err
	}
	i.Annotations = map[string]string{specs.AnnotationRefName: name, "io.containerd.image.name": name}
	l.index.Manifests = append(l.index.Manifests, i)
	return nil
}

// finish writes what lists the images.
func (l *layout) finish() error {
	b, err := json.Marshal(l.index)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(l.folder, "index.json"), b, 0o644)
}

// archive writes the layout as one archive, as containerd imports it.
func (l *layout) archive(to io.Writer) error {
	w := tar.NewWriter(to)
	if err := w.AddFS(os.DirFS(l.folder)); err != nil {
		return err
	}
	return w.Close()
}

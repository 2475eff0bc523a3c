package standin

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"syscall"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// store is an OCI image layout, with a folder more that says which layer was made
// from which key.
type store struct{ dir string }

func openStore(dir string) (*store, error) {
	s := &store{dir}
	for _, sub := range []string{"blobs/sha256", "layers"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o755); err != nil {
			return nil, err
		}
	}
	return s, s.write("oci-layout", []byte(`{"imageLayoutVersion":"1.0.0"}`))
}

// lock keeps other processes from making the same at the same time.
func (s *store) lock() (unlock func() error, err error) {
	f, err := os.OpenFile(filepath.Join(s.dir, "lock"), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f.Close, nil
}

func (s *store) blobPath(digest v1.Hash) string {
	return filepath.Join(s.dir, "blobs", digest.Algorithm, digest.Hex)
}

// write makes or replaces a file in one step.
func (s *store) write(name string, data []byte) error {
	path := filepath.Join(s.dir, name)
	if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, data) {
		return nil
	}
	temp, err := os.CreateTemp(s.dir, "part-*")
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name())
	_, err = temp.Write(data)
	if err := errors.Join(err, temp.Chmod(0o644), temp.Close()); err != nil {
		return err
	}
	return os.Rename(temp.Name(), path)
}

func (s *store) writeJSON(name string, value any) error {
	data, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return s.write(name, data)
}

// blob stores some JSON and returns its descriptor.
func (s *store) blob(mediaType types.MediaType, value any) (v1.Descriptor, error) {
	data, err := json.Marshal(value)
	if err != nil {
		return v1.Descriptor{}, err
	}
	digest, size, err := v1.SHA256(bytes.NewReader(data))
	if err != nil {
		return v1.Descriptor{}, err
	}
	return v1.Descriptor{MediaType: mediaType, Digest: digest, Size: size},
		s.write(filepath.Join("blobs", digest.Algorithm, digest.Hex), data)
}

// layer is one that the store has.
type layer struct {
	Digest v1.Hash `json:"digest"`
	DiffID v1.Hash `json:"diffID"`
	Size   int64   `json:"size"`
}

// layer returns the layer that was made from key, and makes it if there is none.
func (s *store) layer(key string, make func(w io.Writer) error) (layer, error) {
	if l, ok := s.cached(key); ok {
		return l, nil
	}
	temp, err := os.CreateTemp(s.dir, "part-*")
	if err != nil {
		return layer{}, err
	}
	defer os.Remove(temp.Name())
	l, err := compress(temp, make)
	if err := errors.Join(err, temp.Chmod(0o644), temp.Close()); err != nil {
		return layer{}, fmt.Errorf("make layer %s: %w", key, err)
	}
	if err := os.Rename(temp.Name(), s.blobPath(l.Digest)); err != nil {
		return layer{}, err
	}
	return l, s.writeJSON(filepath.Join("layers", key+".json"), l)
}

// cached returns a layer if both its record and its blob are whole.
func (s *store) cached(key string) (layer, bool) {
	var l layer
	data, err := os.ReadFile(filepath.Join(s.dir, "layers", key+".json"))
	if err != nil || json.Unmarshal(data, &l) != nil {
		return layer{}, false
	}
	info, err := os.Stat(s.blobPath(l.Digest))
	return l, err == nil && info.Size() == l.Size
}

// open reads a layer's archive.
func (s *store) open(l layer) (io.ReadCloser, error) {
	f, err := os.Open(s.blobPath(l.Digest))
	if err != nil {
		return nil, err
	}
	unzipped, err := gzip.NewReader(f)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return struct {
		io.Reader
		io.Closer
	}{unzipped, f}, nil
}

// compress writes what make writes as gzip, and digests both.
func compress(w io.Writer, make func(w io.Writer) error) (layer, error) {
	outer := &digester{hash: sha256.New()}
	inner := sha256.New()
	// It is read from the disk of the same machine, often: fast rather than small.
	zipped, err := gzip.NewWriterLevel(io.MultiWriter(w, outer), gzip.BestSpeed)
	if err != nil {
		return layer{}, err
	}
	if err := errors.Join(make(io.MultiWriter(zipped, inner)), zipped.Close()); err != nil {
		return layer{}, err
	}
	return layer{Digest: outer.sum(), DiffID: sum(inner), Size: outer.size}, nil
}

type digester struct {
	hash hash.Hash
	size int64
}

func (d *digester) Write(p []byte) (int, error) {
	d.size += int64(len(p))
	return d.hash.Write(p)
}

func (d *digester) sum() v1.Hash { return sum(d.hash) }

func sum(h hash.Hash) v1.Hash {
	return v1.Hash{Algorithm: "sha256", Hex: fmt.Sprintf("%x", h.Sum(nil))}
}

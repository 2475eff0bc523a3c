package main

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"

	"github.com/opencontainers/go-digest"
	v1 "github.com/opencontainers/image-spec/specs-go/v1"
)

// stored is an image in a registry.
type stored struct {
	digest           digest.Digest
	blobs, manifests int
	// all are the manifests, children first, and the blobs.
	all []v1.Descriptor
}

// fill pushes a tag's image of a folder to the repository "staging/app".
func (r *copyRegistry) fill(f *folder, tag string) (stored, error) {
	var s stored
	link, err := os.Readlink(filepath.Join(f.path, tag))
	if err != nil {
		return s, err
	}
	s.digest = digest.NewDigestFromEncoded(digest.SHA256, link)
	var index v1.Index
	if err := f.read(s.digest, &index); err != nil {
		return s, err
	}
	seen := map[digest.Digest]bool{}
	for _, entry := range index.Manifests {
		var m v1.Manifest
		if err := f.read(entry.Digest, &m); err != nil {
			return s, err
		}
		for _, b := range append(m.Layers, m.Config) {
			if seen[b.Digest] {
				continue
			}
			seen[b.Digest] = true
			if err := r.pushBlob(f, b.Digest); err != nil {
				return s, err
			}
			s.blobs++
			s.all = append(s.all, b)
		}
		if err := r.pushManifest(f, entry.Digest, v1.MediaTypeImageManifest); err != nil {
			return s, err
		}
		s.manifests++
		s.all = append(s.all, entry)
	}
	s.manifests++
	s.all = append(s.all, v1.Descriptor{MediaType: v1.MediaTypeImageIndex, Digest: s.digest})
	return s, r.pushManifest(f, s.digest, v1.MediaTypeImageIndex)
}

func (f *folder) read(d digest.Digest, into any) error {
	b, err := os.ReadFile(f.file(d))
	if err != nil {
		return err
	}
	return json.Unmarshal(b, into)
}

func (r *copyRegistry) pushBlob(f *folder, d digest.Digest) error {
	content, err := os.Open(f.file(d))
	if err != nil {
		return err
	}
	defer content.Close()
	header, err := r.ask(http.MethodPost, r.url("staging/app", "blobs", "uploads/"), "", nil)
	if err != nil {
		return err
	}
	_, err = r.ask(http.MethodPut, header.Get("Location")+"&digest="+d.String(), "application/octet-stream", content)
	return err
}

func (r *copyRegistry) pushManifest(f *folder, d digest.Digest, mediaType string) error {
	content, err := os.Open(f.file(d))
	if err != nil {
		return err
	}
	defer content.Close()
	_, err = r.ask(http.MethodPut, r.url("staging/app", "manifests", d), mediaType, content)
	return err
}

// same asks whether all of an image is in another repository. The registry compared each digest
// when it came.
func (r *copyRegistry) same(image stored, repository string) error {
	for _, d := range image.all {
		kind := "blobs"
		if d.MediaType == v1.MediaTypeImageManifest || d.MediaType == v1.MediaTypeImageIndex {
			kind = "manifests"
		}
		if _, err := r.ask(http.MethodHead, r.url(repository, kind, d.Digest), d.MediaType, nil); err != nil {
			return err
		}
	}
	return nil
}

package ecr_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/klauspost/compress/zstd"
)

func layerWith(t *testing.T, name string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	if err := w.WriteHeader(&tar.Header{Name: name, Size: 1, Mode: 0o644}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// A scan knows images with a distribution.
func TestScan(t *testing.T) {
	f := start(t, nil)
	app := layerWith(t, "app")
	zipped := func(content []byte) []byte {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		if _, err := w.Write(content); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	encoder, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	release := layerWith(t, "./etc/os-release")
	tests := map[string]struct {
		layers      [][]byte
		description string
	}{
		"from scratch": {[][]byte{app},
			"UnsupportedImageError: The operating system and/or package manager are not supported."},
		"from scratch, two layers": {[][]byte{zipped(app), layerWith(t, "home/etc/os-release")},
			"UnsupportedImageError: The operating system and/or package manager are not supported."},
		"no archive at all": {[][]byte{[]byte("text")},
			"UnsupportedImageError: The operating system and/or package manager are not supported."},
		"with a distribution":       {[][]byte{release, app}, ""},
		"in the second layer":       {[][]byte{app, zipped(release)}, ""},
		"compressed with zstandard": {[][]byte{encoder.EncodeAll(release, nil)}, ""},
		"where it really is":        {[][]byte{layerWith(t, "usr/lib/os-release")}, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			image := mutate.MediaType(empty.Image, types.OCIManifestSchema1)
			for _, layer := range test.layers {
				if image, err = mutate.AppendLayers(image, static.NewLayer(layer, types.OCILayer)); err != nil {
					t.Fatal(err)
				}
			}
			f.mustPush("mutable:scanned", image)
			status := "COMPLETE"
			if test.description != "" {
				status = "FAILED"
			}
			for range 2 { // what was found once is remembered
				got, err := f.Scan("mutable", digestOf(t, image))
				if err != nil || got.Status != status || got.Description != test.description {
					t.Errorf("got %+v, %v", got, err)
				}
			}
		})
	}
	var index v1.ImageIndex = empty.Index
	image := newImage(t)
	f.mustPush("mutable@"+digestOf(t, image), image)
	index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: image})
	manifest, err := index.RawManifest()
	if err != nil {
		t.Fatal(err)
	}
	wantAPI(t, f.PutImage("mutable", "", manifest, "", "index"), "")
	if got, err := f.Scan("mutable", digestOf(t, index)); err != nil || got.Status != "" {
		t.Errorf("an index is not scanned: got %+v, %v", got, err)
	}
	_, err = f.Scan("mutable", digestOf(t, empty.Image))
	wantAPI(t, err, "ImageNotFoundException")
}

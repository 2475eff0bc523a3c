package ecr

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"path"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// Scan is what ECR's basic scanning would say about an image: its status, and the text that
// explains it. The status is empty for what is not scanned, such as an index.
type Scan struct{ Status, Description string }

// The words were recorded of an image without a distribution.
var (
	complete    = Scan{Status: "COMPLETE"}
	unscannable = Scan{"FAILED",
		"UnsupportedImageError: The operating system and/or package manager are not supported."}
)

// distributions are files by which scanners know what an image is made of.
// https://www.freedesktop.org/software/systemd/man/latest/os-release.html
var distributions = []string{"etc/os-release", "usr/lib/os-release"}

// Scan looks for a distribution in an image. Vulnerabilities are not looked for.
func (r *Registry) Scan(repository, digest string) (Scan, error) {
	manifest, _, err := r.Manifest(repository, digest)
	if err != nil {
		return Scan{}, err
	}
	r.mu.Lock()
	known, ok := r.scanned[digest]
	r.mu.Unlock()
	if ok {
		return known, nil
	}
	var body struct {
		Layers []descriptor `json:"layers"`
	}
	if err := json.Unmarshal(manifest, &body); err != nil || len(body.Layers) == 0 {
		return Scan{}, err
	}
	result := unscannable
	has := func(layer descriptor) bool { return r.hasDistribution(repository, layer.Digest) }
	if slices.ContainsFunc(body.Layers, has) {
		result = complete
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.scanned[digest] = result
	return result, nil
}

// hasDistribution reports whether a layer holds a file that names a distribution. What is no
// archive holds nothing.
func (r *Registry) hasDistribution(repository, digest string) bool {
	reader, writer := io.Pipe()
	defer reader.Close() // ends the request below
	go func() {
		answer := &streamed{ResponseWriter: httptest.NewRecorder(), to: writer}
		r.backend.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/v2/"+repository+"/blobs/"+digest, nil))
		writer.Close()
	}()
	archive, err := unpacked(reader)
	if err != nil {
		return false
	}
	files := tar.NewReader(archive)
	for {
		header, err := files.Next()
		if err != nil {
			return false
		}
		if slices.Contains(distributions, strings.TrimPrefix(path.Clean("/"+header.Name), "/")) {
			return true
		}
	}
}

// unpacked reads what may be compressed, by its first bytes.
func unpacked(r io.Reader) (io.Reader, error) {
	buffered := bufio.NewReader(r)
	start, _ := buffered.Peek(4)
	switch {
	case bytes.HasPrefix(start, []byte{0x1f, 0x8b}):
		return gzip.NewReader(buffered)
	case string(start) == "\x28\xb5\x2f\xfd":
		return zstd.NewReader(buffered, zstd.WithDecoderConcurrency(1)) // it has nothing to close
	}
	return buffered, nil
}

// streamed is a response whose body goes elsewhere.
type streamed struct {
	http.ResponseWriter
	to io.Writer
}

func (s *streamed) Write(p []byte) (int, error) { return s.to.Write(p) }

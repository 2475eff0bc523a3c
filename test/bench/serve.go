package main

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/opencontainers/go-digest"
)

// served is a registry of one folder, on this machine and over plain HTTP.
type served struct {
	counter
	// repository is what the folder's tags are tags of.
	repository string
	server     *http.Server
}

func serve(folder string) (*served, error) { return serveHandler(serveBlobs(folder)) }

func serveHandler(h http.Handler) (*served, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &served{repository: fmt.Sprintf("%s/app", listener.Addr())}
	s.server = &http.Server{Handler: s.count(h), ReadHeaderTimeout: time.Minute, ConnState: smallBuffer}
	go func() { _ = s.server.Serve(listener) }() // ends with the listener
	return s, nil
}

// smallBuffer keeps what was written to a new connection and that nobody takes any more below what
// would count: sockets of this machine hold 4 MB, which is twenty times what validate reads of an
// image whose program is in the last layer, and differs from run to run.
func smallBuffer(c net.Conn, state http.ConnState) {
	if tcp, ok := c.(*net.TCPConn); ok && state == http.StateNew {
		_ = tcp.SetWriteBuffer(64 << 10) // the system's own is as good, but for the figure
	}
}

func (s *served) close() { _ = s.server.Close() } // nothing is on its way any more

// serveBlobs is as much of a registry as reading takes.
func serveBlobs(folder string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v2/" {
			return
		}
		name := filepath.Base(r.URL.Path) // a tag, or a digest
		if _, encoded, ok := strings.Cut(name, ":"); ok {
			name = encoded
		}
		file := filepath.Join(folder, name)
		if !strings.Contains(r.URL.Path, "/manifests/") {
			w.Header().Set("Content-Type", "application/octet-stream")
			http.ServeFile(w, r, file)
			return
		}
		b, err := os.ReadFile(file)
		if err != nil {
			http.NotFound(w, r)
			return
		}
		var document struct {
			MediaType string `json:"mediaType"`
		}
		if err := json.Unmarshal(b, &document); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", document.MediaType)
		w.Header().Set("Docker-Content-Digest", digest.FromBytes(b).String())
		http.ServeFile(w, r, file)
	})
}

package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"time"

	"github.com/opencontainers/go-digest"
	"golang.org/x/term"

	"archway/lambda/internal/guard"
	"archway/lambda/internal/image/registry"
	"archway/lambda/internal/plain"
)

const (
	// quiet is how long nothing is shown: most images are read by then.
	quiet = time.Second
	// often is how often a line is written anew.
	often = 200 * time.Millisecond
)

// progress shows a person how far the reading of an image is. It writes to terminals only.
type progress struct {
	documents, bytes atomic.Int64
	ended, gone      chan struct{}
}

func startProgress(w io.Writer, image string) *progress {
	p := &progress{}
	if f, ok := w.(*os.File); !ok || !term.IsTerminal(int(f.Fd())) {
		return p
	}
	p.run(w, image, quiet)
	return p
}

func (p *progress) run(w io.Writer, image string, quiet time.Duration) {
	p.ended, p.gone = make(chan struct{}), make(chan struct{})
	go func() {
		defer close(p.gone)
		_ = guard.Do(func() error { // what it shows decides nothing
			p.show(w, image, quiet)
			return nil
		})
	}()
}

func (p *progress) show(w io.Writer, image string, quiet time.Duration) {
	select {
	case <-time.After(quiet):
	case <-p.ended:
		return
	}
	defer fmt.Fprint(w, clearLine)
	for {
		fmt.Fprintf(w, "%s%s: read %d documents, %.1f MB …", clearLine, plain.Cut(image, 80), p.documents.Load(),
			float64(p.bytes.Load())/1e6)
		select {
		case <-time.After(often):
		case <-p.ended:
			return
		}
	}
}

// clearLine goes to the beginning of the terminal's line and empties it.
const clearLine = "\r\x1b[K"

func (p *progress) stop() {
	if p.ended != nil {
		close(p.ended)
		<-p.gone
	}
}

// watched is a source whose reads are counted.
type watched struct {
	source
	progress *progress
}

func (w watched) Manifest(ctx context.Context, d digest.Digest) (registry.Document, error) {
	return w.count(w.source.Manifest(ctx, d))
}

func (w watched) Blob(ctx context.Context, d digest.Digest, limit int64) (registry.Document, error) {
	return w.count(w.source.Blob(ctx, d, limit))
}

func (w watched) count(doc registry.Document, err error) (registry.Document, error) {
	w.progress.documents.Add(1)
	w.progress.bytes.Add(int64(len(doc.Bytes)))
	return doc, err
}

func (w watched) Layer(ctx context.Context, d digest.Digest) (io.ReadCloser, error) {
	r, err := w.source.Layer(ctx, d)
	if err != nil {
		return nil, err
	}
	w.progress.documents.Add(1)
	return counted{r, w.progress}, nil
}

type counted struct {
	io.ReadCloser
	progress *progress
}

func (c counted) Read(b []byte) (int, error) {
	n, err := c.ReadCloser.Read(b)
	c.progress.bytes.Add(int64(n))
	return n, err
}

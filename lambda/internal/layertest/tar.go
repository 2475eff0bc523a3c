package layertest

import (
	"archive/tar"
	"bytes"
	"io"
	"strings"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// Entry is one entry of an archive.
type Entry struct {
	tar.Header
	Body []byte
}

// Exe is a file that may be executed.
func Exe(name string, body []byte) Entry { return file(name, body, 0o755) }

// Script is a text that may be executed.
func Script(name, text string) Entry { return Exe(name, []byte(text)) }

// Plain is a file that may not be executed.
func Plain(name string, body []byte) Entry { return file(name, body, 0o644) }

func file(name string, body []byte, mode int64) Entry {
	return Entry{tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: mode, Size: int64(len(body))}, body}
}

// Dir is a folder.
func Dir(name string) Entry {
	return Entry{Header: tar.Header{Typeflag: tar.TypeDir, Name: name + "/", Mode: 0o755}}
}

// Link is a symlink.
func Link(name, target string) Entry {
	return Entry{Header: tar.Header{Typeflag: tar.TypeSymlink, Name: name, Linkname: target, Mode: 0o777}}
}

// Hard is a hard link.
func Hard(name, target string) Entry {
	return Entry{Header: tar.Header{Typeflag: tar.TypeLink, Name: name, Linkname: target, Mode: 0o755}}
}

// Gone is a whiteout.
func Gone(name string) Entry {
	i := strings.LastIndexByte(name, '/') + 1
	return Plain(name[:i]+".wh."+name[i:], nil)
}

// Opaque hides what the layers below have in a folder.
func Opaque(folder string) Entry { return Plain(strings.TrimPrefix(folder+"/.wh..wh..opq", "/"), nil) }

// Tar makes an archive.
func Tar(entries ...Entry) []byte {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, e := range entries {
		if e.Typeflag != tar.TypeXGlobalHeader {
			e.ModTime = time.Unix(1_700_000_000, 0)
		}
		if err := w.WriteHeader(&e.Header); err != nil {
			panic(err)
		}
		if _, err := w.Write(e.Body); err != nil {
			panic(err)
		}
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// Gzip compresses.
func Gzip(b []byte) []byte {
	return compress(b, func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) })
}

// Zstd compresses with options of the encoder.
func Zstd(b []byte, options ...zstd.EOption) []byte {
	return compress(b, func(w io.Writer) io.WriteCloser {
		z, err := zstd.NewWriter(w, options...)
		if err != nil {
			panic(err)
		}
		return z
	})
}

// EStargz compresses as eStargz does: every piece is a gzip member of its own.
func EStargz(b []byte) []byte {
	var out bytes.Buffer
	for len(b) > 0 {
		n := min(len(b), 700)
		out.Write(Gzip(b[:n]))
		b = b[n:]
	}
	return out.Bytes()
}

func compress(b []byte, writer func(io.Writer) io.WriteCloser) []byte {
	var out bytes.Buffer
	w := writer(&out)
	// As a stream: a compressor that is given everything at once adapts to its size.
	for _, part := range [][]byte{b[:len(b)/2], b[len(b)/2:]} {
		if _, err := w.Write(part); err != nil {
			panic(err)
		}
		if f, ok := w.(interface{ Flush() error }); ok {
			if err := f.Flush(); err != nil {
				panic(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return out.Bytes()
}

// Package layer reads one layer of an image as a stream, entry by entry, whatever its compression:
// gzip (also in the many pieces of eStargz), zstd, or none. It keeps nothing of the files, so that
// memory doesn't grow with a layer, and it stops at limits that no honest layer reaches, so that a
// hostile one can't exhaust it. Where a layer is read to its end, its digests are known for free.
package layer

import (
	"archive/tar"
	"context"
	_ "crypto/sha256" // digests of layers
	_ "crypto/sha512" // allowed by the image specification too
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/opencontainers/go-digest"

	"archway/lambda/internal/image/executable"
)

// Kind is what an entry is.
type Kind uint8

// The kinds of entries.
const (
	Dir Kind = iota + 1
	File
	Symlink
	Hardlink
	// Other is a device, pipe or socket.
	Other
	// Whiteout says that a path of the layers below is gone.
	Whiteout
	// Opaque says that everything in a folder of the layers below is gone.
	Opaque
)

// Entry is one entry of a layer.
type Entry struct {
	// Path has no leading or trailing slash and no dots; it is "" for the root. A whiteout has the
	// path of what is gone, an opaque marker that of the folder.
	Path string
	Kind Kind
	// Target is that of a symlink, as it is written, or of a hard link, as a path like Path.
	Target string
	// Exec says that somebody may execute the file, as far as its mode tells.
	Exec bool
	// Program is what the file is. It is read of files that may be executed and of libraries, or of
	// all if the options say so.
	Program executable.Program
	// Access is who may do what with a file or folder.
	Access Access
	// Content is all of a file, if it was to be kept.
	Content *string
}

// Options say how to read.
type Options struct {
	// Digest and Size are those that the manifest gives.
	Digest digest.Digest
	Size   int64
	// AllFiles looks into files that nobody may execute too: libraries.
	AllFiles bool
	// Keep says up to which size to keep the content of the file at a path. Nil keeps nothing.
	Keep func(path string) int64
	// Large is a lock for memory-hungry compressions, of capacity 1, shared by all layers that are
	// read at one time.
	Large chan struct{}
}

// Sums are what is known of a layer that was read to its end.
type Sums struct {
	// Digest and Size are those of the bytes that the registry serves.
	Digest digest.Digest
	Size   int64
	// DiffID is the digest of the uncompressed archive. Empty if the archive can't be unpacked.
	DiffID digest.Digest
}

// Reader reads one layer.
type Reader struct {
	options Options
	stored  *stored
	plain   *plain
	tar     *tar.Reader
	scanner executable.Scanner
	close   func()
	memory  int
	// compression is the one that the first bytes told.
	compression Compression
	entries     int
	// files is the size of all files, once they are unpacked.
	files int64
	// following is where in the archive the entry after the latest stands, at least.
	following int64
	sums      *Sums
	err       error
}

// Open begins to read a layer. Errors are those of the stream itself, a *Damage or a *Limit, here
// as with Next.
func Open(ctx context.Context, stream io.Reader, o Options) (*Reader, error) {
	if o.Size > MaxStored {
		return nil, limit(smaller, "it has %d bytes, more than %d GiB", o.Size, MaxStored>>30)
	}
	r := &Reader{options: o, stored: newStored(stream, o), close: func() {}}
	decompressed, err := r.decompress(ctx)
	if err != nil {
		return nil, r.fail(err)
	}
	r.plain = newPlain(ctx, decompressed, r.stored)
	r.tar = tar.NewReader(r.plain)
	r.scanner.Whole = o.AllFiles
	return r, nil
}

// Next gives the next entry. After the last one the error is io.EOF, and the sums are known.
func (r *Reader) Next() (Entry, error) {
	if r.err != nil {
		return Entry{}, r.err
	}
	for {
		e, skip, err := r.next()
		if err != nil {
			r.err = r.fail(err)
			return Entry{}, r.err
		}
		if !skip {
			return e, nil
		}
	}
}

// Read is how many bytes of the layer have been taken from the registry.
func (r *Reader) Read() int64 { return r.stored.size }

// Pending is about how many bytes of the registry's it takes to come to the next entry, if the rest
// compresses like what came so far.
func (r *Reader) Pending() int64 {
	ahead := r.following - r.plain.size
	if r.plain.size == 0 || ahead <= 0 {
		return 0
	}
	// At the beginning more was taken from the registry than was unpacked.
	return int64(float64(ahead) * min(1, float64(r.stored.size)/float64(r.plain.size)))
}

// OrdinaryMemory is what a decompressor keeps at most, unless it holds the lock for larger ones.
const OrdinaryMemory = ordinaryWindow

// Memory is what the decompressor keeps, in bytes. 0 means next to nothing.
func (r *Reader) Memory() int { return r.memory }

// Compression is how the layer is compressed.
func (r *Reader) Compression() Compression { return r.compression }

// Sums are the layer's digests, or nil if it wasn't read to its end.
func (r *Reader) Sums() *Sums { return r.sums }

// Close frees what the reader holds, but not the stream.
func (r *Reader) Close() { r.close() }

// MaxDepth is far above the number of names in any real path. Without it, a few deep paths would
// cost as much as many short ones.
const MaxDepth = 256

const (
	maxEntries = 4_000_000
	// maxPath is the longest path that Linux takes (PATH_MAX).
	maxPath = 4096

	whiteoutPrefix = ".wh."
	whiteoutMeta   = ".wh..wh."
	opaqueMarker   = ".wh..wh..opq"
	// auxiliaryLinks is where AUFS kept files that hard links point at.
	auxiliaryLinks = ".wh..wh.plnk/"
)

func (r *Reader) next() (e Entry, skip bool, err error) {
	h, err := r.tar.Next()
	if err == io.EOF {
		return e, false, r.end()
	}
	if err != nil {
		return e, false, err
	}
	if r.entries++; r.entries > maxEntries {
		return e, false, limit(smaller, "it has more than %d entries", maxEntries)
	}
	if len(h.Name) > maxPath || len(h.Linkname) > maxPath {
		return e, false, limit(shorter, "it has a path of more than %d bytes", maxPath)
	}
	r.following = r.plain.size + h.Size
	e.Path = Clean(h.Name)
	if strings.Count(e.Path, "/") >= MaxDepth {
		return e, false, limit(shorter, "it has a path of more than %d names", MaxDepth)
	}
	if marker, of := whiteout(e.Path); marker != 0 {
		e.Path, e.Kind = of, marker
		return e, false, nil
	} else if marked(e.Path) {
		return e, true, nil
	}
	switch h.Typeflag {
	case tar.TypeDir:
		e.Kind, e.Access = Dir, access(h)
	case tar.TypeReg, '\x00', tar.TypeCont, tar.TypeGNUSparse:
		e.Kind, e.Exec, e.Access = File, h.Mode&0o111 != 0, access(h)
		// The holes of a sparse file cost the archive nothing, and a runtime writes them as zeros.
		if h.Size > maxPlain-r.files {
			return e, false,
				limit(emptier, "its files have more than %d GiB, the holes of sparse ones counted in", maxPlain>>30)
		}
		r.files += h.Size
		switch {
		case r.options.Keep != nil && h.Size <= r.options.Keep(e.Path):
			err = r.keep(&e, h.Size)
		case e.Exec || r.options.AllFiles || library(e.Path):
			e.Program, err = r.scanner.Scan(r.tar, h.Size, reach(h))
		}
	case tar.TypeSymlink:
		e.Kind, e.Target = Symlink, h.Linkname
	case tar.TypeLink:
		e.Kind, e.Target = Hardlink, Clean(h.Linkname)
	case tar.TypeChar, tar.TypeBlock, tar.TypeFifo:
		e.Kind, e.Exec = Other, h.Mode&0o111 != 0
	default: // such as pax headers for the whole archive, as "git archive" writes
		return e, true, err
	}
	return e, e.Path == "", err
}

// keep reads a small file whole.
func (r *Reader) keep(e *Entry, size int64) error {
	b := make([]byte, size)
	if _, err := io.ReadFull(r.tar, b); err != nil {
		return err
	}
	text := string(b)
	e.Content = &text
	var err error
	e.Program, err = r.scanner.Scan(strings.NewReader(text), size, size)
	return err
}

// library reports whether a file's name is that of a shared library, which needs no permission to
// be executed.
func library(p string) bool {
	base := path.Base(p)
	return strings.HasSuffix(base, ".so") || strings.Contains(base, ".so.")
}

// reach is how far into a file to look for what an ELF header leads to. The holes of a sparse file
// cost the archive nothing and this program time.
func reach(h *tar.Header) int64 {
	if h.Typeflag == tar.TypeGNUSparse {
		return 1 << 20
	}
	for name := range h.PAXRecords {
		if strings.HasPrefix(name, "GNU.sparse.") {
			return 1 << 20
		}
	}
	return 1 << 40
}

// Clean gives a path in a layer the one form in which paths are compared: from the root, without
// leading slash and dots.
func Clean(name string) string { return path.Clean("/" + name)[1:] }

// whiteout recognizes the markers for what is gone.
func whiteout(p string) (Kind, string) {
	folder, base := path.Split(p)
	switch {
	case base == opaqueMarker:
		return Opaque, strings.TrimSuffix(folder, "/")
	case strings.HasPrefix(base, whiteoutMeta), !strings.HasPrefix(base, whiteoutPrefix), base == whiteoutPrefix:
		return 0, ""
	default:
		return Whiteout, folder + base[len(whiteoutPrefix):]
	}
}

// marked reports whether a path is one of AUFS's own records, which runtimes leave out, except for
// the files that hard links point at.
func marked(p string) bool {
	return strings.HasPrefix(path.Base(p), whiteoutMeta) || strings.HasPrefix(p, whiteoutMeta) &&
		!strings.HasPrefix(p, auxiliaryLinks)
}

// end reads what follows the archive's end, so that the sums are those of everything.
func (r *Reader) end() error {
	if _, err := io.Copy(io.Discard, r.plain); err != nil {
		return err
	}
	if err := r.stored.drain(); err != nil {
		return err
	}
	r.sums = &Sums{Digest: r.stored.digest(), Size: r.stored.size, DiffID: r.plain.digest()}
	return io.EOF
}

// fail tells a stream that broke off from one whose contents are wrong. Of a wrong one it takes the
// rest, so that it is known whether the registry serves other bytes than were pushed.
func (r *Reader) fail(err error) error {
	var beyond *Limit
	switch {
	case err == io.EOF:
		return err
	case r.stored.err != nil:
		return r.stored.err
	case errors.As(err, &beyond):
		return err
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	}
	if drained := r.stored.drain(); drained != nil {
		return drained
	}
	r.sums = &Sums{Digest: r.stored.digest(), Size: r.stored.size}
	return &Damage{cause: err}
}

// Damage says that a layer's contents can't be unpacked.
type Damage struct{ cause error }

func (d *Damage) Error() string {
	switch {
	case errors.Is(d.cause, io.ErrUnexpectedEOF):
		return "it breaks off in the middle"
	case errors.Is(d.cause, tar.ErrHeader):
		return "it is no tar archive"
	default:
		return d.cause.Error()
	}
}

func (d *Damage) Unwrap() error { return d.cause }

// Limit says that a layer goes beyond a limit, so that it was not read to its end.
type Limit struct {
	what string
	// Cure says what to do. Empty where only less of everything helps.
	Cure string
}

func (l *Limit) Error() string { return l.what }

func limit(cure, format string, args ...any) *Limit {
	return &Limit{what: fmt.Sprintf(format, args...), Cure: cure}
}

// Cures of the limits.
const (
	smaller = "make the layer smaller, or spread its files over several"
	shorter = "build the image again without paths of that length"
	emptier = "build the image again without files that are full of zeros, such as disk images and sparse files"
)

package executable

import (
	"bytes"
	"encoding/binary"
	"io"
)

// goInfo looks through what passes by for the record of how Go's linker was told to build: a mark,
// and behind it, since Go 1.18, the settings as text (debug/buildinfo, and cmd/link/internal/ld).
// It lies in the data, behind all of the code, so that it is looked for only where files are read
// whole.
type goInfo struct {
	r io.Reader
	// at is where the reader stands in the file, and from where the data begin.
	at, from int64
	// last are the latest bytes, in case that what is searched goes on in the next.
	last []byte
	// left is how many bytes behind the mark are still looked through; 0 before it was seen.
	left  int
	level int
}

const (
	goMark    = "\xff Go buildinf:"
	goSetting = "\nbuild\tGOAMD64=v"
	// goRecord is how much of the record is looked through. It lists all modules; Kubernetes' has
	// 30 KB.
	goRecord = 1 << 20
)

func (g *goInfo) Read(p []byte) (int, error) {
	n, err := g.r.Read(p)
	if begin := g.from - g.at; begin < int64(n) && g.level == 0 {
		g.see(p[max(0, begin):n])
	}
	g.at += int64(n)
	return n, err
}

func (g *goInfo) see(b []byte) {
	b = append(g.last, b...)
	if g.left == 0 {
		at := bytes.Index(b, []byte(goMark))
		if at < 0 {
			g.keep(b, len(goMark)-1)
			return
		}
		b, g.left = b[at:], goRecord
	}
	at := bytes.Index(b, []byte(goSetting))
	if end := at + len(goSetting); at >= 0 && end < len(b) {
		if n := b[end] - '0'; n >= 2 && n <= 4 {
			g.level = int(n)
		}
		g.left = 0
		g.from = 1 << 62 // one record is enough
		return
	}
	g.left = max(1, g.left-len(b)+len(g.last))
	if g.left == 1 {
		g.from = 1 << 62
	}
	g.keep(b, len(goSetting))
}

func (g *goInfo) keep(b []byte, n int) { g.last = append(g.last[:0], b[max(0, len(b)-n):]...) }

// drain reads to a place in the file, if that lies ahead.
func (g *goInfo) drain(end int64) error {
	if g.from >= end || g.at >= end {
		return nil
	}
	_, err := io.CopyN(io.Discard, g, end-g.at)
	if err == io.EOF {
		return nil
	}
	return err
}

// hasGoNote reports whether Go's linker has left its note among these.
func hasGoNote(b []byte, order binary.ByteOrder) bool {
	const goBuildID = 4
	name := []byte("Go\x00\x00")
	return len(b) >= 16 && order.Uint32(b) == uint32(len(name)) && order.Uint32(b[8:]) == goBuildID &&
		bytes.Equal(b[12:16], name)
}

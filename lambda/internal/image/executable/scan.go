package executable

import (
	"bytes"
	"errors"
	"io"
	"unicode/utf8"
)

// near is how much of a file's beginning is kept while it passes by. Linkers put the program
// headers and the loader's name there; patchelf may move either to the end, which is read then too.
const near = 8 << 10

// Scanner reads beginnings of files. It keeps its buffers, so that hundreds of thousands of files
// cost nothing.
type Scanner struct {
	head [near]byte
	have int
	pos  int64
	r    io.Reader
	far  []byte
	// reach is how far into the file this scan goes.
	reach int64
	// Whole says that the files are read to their ends anyway, so that what lies far into them may
	// be looked at too: what Go's linker notes.
	Whole bool
}

// Scan tells what a file of the given size is. It reads only as much of it as it needs, the first
// bytes of most files, and never beyond reach: an archive can pretend terabytes of zeros.
// The error is the reader's own; whatever is wrong with the file stands in the result.
func (s *Scanner) Scan(r io.Reader, size, reach int64) (Program, error) {
	s.r, s.have, s.pos, s.reach = r, 0, 0, max(reach, near)
	if size == 0 {
		return Program{Kind: Empty}, nil
	}
	first, err := s.at(0, min(int(min(size, 512)), len(s.head)))
	if err != nil {
		return Program{}, err
	}
	switch {
	case bytes.HasPrefix(first, []byte("\x7fELF")):
		return s.elf(first, size)
	case bytes.HasPrefix(first, []byte("#!")):
		p := script(first)
		if !shells.MatchString(p.Line) {
			return p, nil
		}
		text, err := s.at(0, int(min(size, scriptLimit)))
		if err == nil {
			p.HandsOn = handsOn(text)
		}
		return p, err
	default:
		return other(first), nil
	}
}

// errUnseen says that bytes are wanted that passed by and were not kept, or that lie beyond reach.
var errUnseen = errors.New("unseen")

// at gives n bytes at an offset, which stay valid until the next call. They are fewer than n where
// the file ends.
func (s *Scanner) at(offset int64, n int) ([]byte, error) {
	if offset+int64(n) <= int64(len(s.head)) {
		want := int(offset) + n
		if s.have < want && s.pos == int64(s.have) {
			got, err := io.ReadFull(s.r, s.head[s.have:want])
			s.have += got
			s.pos += int64(got)
			if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
				return nil, err
			}
		}
		if int(offset) > s.have {
			return nil, nil
		}
		return s.head[offset:min(want, s.have)], nil
	}
	if offset+int64(n) > s.reach {
		return nil, errUnseen
	}
	if s.pos == int64(s.have) && s.have < len(s.head) { // keep the whole beginning before going on
		if _, err := s.at(0, len(s.head)); err != nil {
			return nil, err
		}
	}
	if offset < int64(s.have) {
		// Across the border of what is kept: the rest follows directly.
		if s.pos != int64(s.have) {
			return nil, errUnseen
		}
		kept := s.head[offset:s.have]
		more, err := s.next(n-len(kept), len(kept))
		copy(more, kept)
		return more, err
	}
	if offset < s.pos {
		return nil, errUnseen
	}
	skipped, err := io.CopyN(io.Discard, s.r, offset-s.pos)
	s.pos += skipped
	if err == io.EOF {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return s.next(n, 0)
}

// next reads n bytes from where the reader stands, and leaves room before them.
func (s *Scanner) next(n, room int) ([]byte, error) {
	if cap(s.far) < n+room {
		s.far = make([]byte, n+room)
	}
	buffer := s.far[:n+room]
	got, err := io.ReadFull(s.r, buffer[room:])
	s.pos += int64(got)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		err = nil
	}
	return buffer[:room+got], err
}

func script(first []byte) Program {
	line := first[2:min(len(first), lineLimit)]
	if end := bytes.IndexByte(line, '\n'); end >= 0 {
		return Program{Kind: Script, Line: string(line[:end])}
	}
	return Program{Kind: Script, Line: string(line), Cut: len(first) > lineLimit}
}

func other(first []byte) Program {
	starts := func(magic ...string) bool {
		for _, m := range magic {
			if bytes.HasPrefix(first, []byte(m)) {
				return true
			}
		}
		return false
	}
	switch {
	case starts("MZqFpD='", "jartsr='", "APEDBG='"): // github.com/jart/cosmopolitan, ape/specification.md
		return Program{Kind: Portable}
	case starts("MZ"):
		return Program{Kind: Windows}
	case starts("\xce\xfa\xed\xfe", "\xcf\xfa\xed\xfe", "\xfe\xed\xfa\xce", "\xfe\xed\xfa\xcf"),
		// Java's classes begin as universal binaries do; the number that follows is a version there
		// (45 and more), and here how many architectures it holds.
		starts("\xca\xfe\xba\xbe") && len(first) >= 8 && first[4] == 0 && first[5] == 0 && first[6] == 0 &&
			first[7] < 40:
		return Program{Kind: MacOS}
	case starts("\x00asm"):
		return Program{Kind: Wasm}
	case starts("\xef\xbb\xbf#!"):
		return Program{Kind: Text,
			Fault: "begins with a byte order mark, so that the kernel doesn't see the #! behind it"}
	case isText(first):
		return Program{Kind: Text}
	}
	return Program{Kind: Data}
}

// isText reports whether the bytes are what people write.
func isText(b []byte) bool {
	for len(b) > 0 {
		r, size := utf8.DecodeRune(b)
		if r == utf8.RuneError && size == 1 && len(b) >= utf8.UTFMax {
			return false
		}
		if r == 0x7f || r < ' ' && r != '\n' && r != '\r' && r != '\t' && r != '\f' && r != '\v' && r != '\x1b' {
			return false
		}
		b = b[size:]
	}
	return true
}

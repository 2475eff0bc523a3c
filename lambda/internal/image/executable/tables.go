package executable

import (
	"io"
	"slices"
)

// window is a part of a file that was kept.
type window struct {
	at int64
	b  []byte
}

// bytes gives a part of the file that was kept.
func (l *linker) bytes(offset int64, n int) ([]byte, bool) {
	for _, w := range l.windows {
		if offset >= w.at && offset+int64(n) <= w.at+int64(len(w.b)) {
			return w.b[offset-w.at:][:n], true
		}
	}
	return nil, false
}

// fetch keeps a part of the file that hasn't passed by yet.
func (l *linker) fetch(offset int64, n int) error {
	if _, there := l.bytes(offset, n); there {
		return nil
	}
	s := l.s
	n = int(min(int64(n), l.size-offset))
	last := l.windows[len(l.windows)-1]
	end := last.at + int64(len(last.b))
	switch {
	case offset < 0 || n <= 0 || n > maxTable:
		return errOdd
	case offset+int64(n) > s.reach:
		return errUnseen
	case offset < end && s.pos == end && end-offset <= maxTable: // goes on where the last one ends
		kept := last.b[max(0, offset-last.at):]
		if offset < last.at {
			return errUnseen
		}
		more := make([]byte, n-len(kept))
		if err := s.take(more); err != nil {
			return err
		}
		l.windows = append(l.windows, window{offset, append(slices.Clone(kept), more...)})
		return nil
	case offset < s.pos:
		return errUnseen
	}
	skipped, err := io.CopyN(io.Discard, s.r, offset-s.pos)
	s.pos += skipped
	if err == io.EOF {
		return errOdd
	}
	if err != nil {
		return err
	}
	b := make([]byte, n)
	if err := s.take(b); err != nil {
		return err
	}
	l.windows = append(l.windows, window{offset, b})
	return nil
}

// begin keeps the first n bytes of a file, or a few more, of which nothing beyond them has passed
// by.
func (s *Scanner) begin(n int, buffer *[]byte) ([]byte, error) {
	if n <= s.have {
		return s.head[:s.have], nil
	}
	if s.pos != int64(s.have) || int64(n) > s.reach {
		return nil, errUnseen
	}
	if cap(*buffer) < n {
		*buffer = make([]byte, n)
	}
	b := (*buffer)[:n]
	copy(b, s.head[:s.have])
	got, err := io.ReadFull(s.r, b[s.have:])
	s.pos += int64(got)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return nil, errOdd
	}
	return b, err
}

func (s *Scanner) take(b []byte) error {
	n, err := io.ReadFull(s.r, b)
	s.pos += int64(n)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return errOdd
	}
	return err
}

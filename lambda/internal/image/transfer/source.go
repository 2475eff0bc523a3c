package transfer

import (
	"context"
	"encoding"
	"fmt"
	"hash"
	"io"

	"archway/lambda/internal/image/registry"
)

// source reads a blob from any offset on, and knows the digest of all that lies before. That is
// never taken from a token: an invocation that goes on in the middle reads the beginning again,
// which costs time and no trust.
type source struct {
	repository *registry.Repository
	blob       blob

	body io.ReadCloser
	hash hash.Hash
	pos  int64
	// mark is the state of the hash at the beginning of the last chunk.
	mark   []byte
	marked int64
}

// at goes to an offset.
func (s *source) at(ctx context.Context, offset int64) (io.Reader, error) {
	if s.body == nil || s.pos != offset {
		if err := s.rewind(ctx, offset); err != nil {
			return nil, err
		}
		if _, err := io.CopyN(io.Discard, s, offset-s.pos); err != nil {
			return nil, err
		}
	}
	mark, err := s.hash.(encoding.BinaryMarshaler).MarshalBinary()
	s.mark, s.marked = mark, offset
	return s, err
}

// rewind opens the blob at the mark, or at its beginning where the offset lies before that.
func (s *source) rewind(ctx context.Context, offset int64) error {
	s.close()
	s.hash, s.pos = s.blob.digest.Algorithm().Hash(), 0
	if s.mark != nil && s.marked <= offset {
		if err := s.hash.(encoding.BinaryUnmarshaler).UnmarshalBinary(s.mark); err != nil {
			return err
		}
		s.pos = s.marked
	}
	var err error
	s.body, err = s.repository.LayerFrom(ctx, s.blob.digest, s.pos)
	return err
}

// Read implements io.Reader.
func (s *source) Read(p []byte) (int, error) {
	n, err := s.body.Read(p)
	s.pos += int64(n)
	if s.pos > s.blob.size {
		return 0, s.other("it is longer")
	}
	s.hash.Write(p[:n])
	if err == io.EOF && s.pos < s.blob.size {
		return n, s.other(fmt.Sprintf("it ends after %d", s.pos))
	}
	return n, err
}

// verify compares all that was read with the digest.
func (s *source) verify(ctx context.Context) error {
	if s.body == nil || s.pos < s.blob.size {
		if err := s.rewind(ctx, s.blob.size); err != nil {
			return err
		}
	}
	if _, err := io.Copy(io.Discard, s); err != nil {
		return err
	}
	if s.sum() != s.blob.digest.Encoded() {
		return s.other("its digest is " + s.sum())
	}
	return nil
}

func (s *source) sum() string { return fmt.Sprintf("%x", s.hash.Sum(nil)) }

func (s *source) other(why string) error {
	return fmt.Errorf("the blob %s of %s: %w: expected %d bytes, but %s",
		s.blob.digest, s.repository.Name(), registry.ErrOtherBytes, s.blob.size, why)
}

func (s *source) close() {
	if s.body != nil {
		_ = s.body.Close() // what was read was read
		s.body = nil
	}
}

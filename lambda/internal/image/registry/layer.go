package registry

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"github.com/opencontainers/go-digest"

	"archway/lambda/internal/retry"
)

const (
	// silence is how long a stream may stay without a byte where the policy sets no bound for an
	// attempt.
	silence = 30 * time.Second
	// progress is how many bytes make up for an interruption, so that a large layer may suffer more
	// of them than a small one.
	progress = 16 << 20
)

// Layer opens a blob of any size for reading. The stream is bound to the context. An interruption
// is taken up where it was, as often as the policy allows attempts; bytes are not checked against
// the digest here. It may be closed at any point, and costs no more than what was read and what was
// on the way.
func (r *Repository) Layer(ctx context.Context, d digest.Digest) (io.ReadCloser, error) {
	return r.LayerFrom(ctx, d, 0)
}

// LayerFrom does the same, from an offset on that lies within the blob.
func (r *Repository) LayerFrom(ctx context.Context, d digest.Digest, offset int64) (io.ReadCloser, error) {
	if err := d.Validate(); err != nil {
		return nil, fmt.Errorf("%q is not a digest: %w", d, err)
	}
	s := &stream{
		repository: r, ctx: ctx, request: request{method: http.MethodGet, kind: "blobs", id: d.String(), missing: 2},
		silence: r.policy.Each, offset: offset, last: offset,
	}
	if s.silence == 0 {
		s.silence = silence
	}
	if err := s.open(); err != nil {
		return nil, err
	}
	return s, nil
}

// stream is a blob that is being read.
type stream struct {
	repository *Repository
	ctx        context.Context
	request    request
	silence    time.Duration

	body   io.ReadCloser
	cancel context.CancelFunc
	// offset is how much was read, and last where it was interrupted the last time.
	offset, last int64
	interrupted  int
	// whole says that the registry knows no ranges, or not this one.
	whole bool
	err   error
}

// Read implements io.Reader.
func (s *stream) Read(p []byte) (int, error) {
	for s.err == nil {
		watch := time.AfterFunc(s.silence, s.cancel)
		n, err := s.body.Read(p)
		silent := !watch.Stop()
		s.offset += int64(n)
		if n > 0 {
			return n, nil // the error comes again
		}
		switch {
		case err == nil:
		case err == io.EOF:
			s.err = io.EOF
		case s.ctx.Err() != nil:
			s.err = transportFailure(s.request.String(), s.ctx.Err())
		case silent:
			s.err = s.resume(fmt.Errorf("no byte came for %s", s.silence))
		default:
			s.err = s.resume(err)
		}
	}
	return 0, s.err
}

// resume goes on where the stream broke off.
func (s *stream) resume(cause error) error {
	s.drop()
	if s.offset-s.last >= progress {
		s.interrupted = 0
	}
	s.last = s.offset
	if s.interrupted++; s.interrupted >= max(s.repository.policy.Attempts, 1) {
		return bodyFailure(s.request.String(), cause)
	}
	select {
	case <-time.After(s.repository.policy.First):
	case <-s.ctx.Done():
		return transportFailure(s.request.String(), s.ctx.Err())
	}
	return s.open()
}

// Close implements io.Closer.
func (s *stream) Close() error {
	s.drop()
	if s.err == nil {
		s.err = http.ErrBodyReadAfterClose
	}
	return nil
}

func (s *stream) drop() {
	if s.cancel != nil {
		s.cancel()
	}
	if s.body != nil {
		_ = s.body.Close() // what was read was read
	}
}

// open asks for the rest of the blob.
func (s *stream) open() error {
	r := s.repository
	select {
	case r.slots <- struct{}{}:
		defer func() { <-r.slots }()
	case <-s.ctx.Done():
		return transportFailure(s.request.String(), s.ctx.Err())
	}
	policy := r.policy
	policy.Missing = min(policy.Missing, s.request.missing)
	return policy.Do(s.ctx, s.once)
}

// once makes one request. An attempt's context bounds the answer's beginning, the stream's own all
// of it.
func (s *stream) once(attempt context.Context) error {
	op := s.request.String()
	ctx, cancel := context.WithCancel(s.ctx)
	stop := context.AfterFunc(attempt, cancel)
	defer stop()
	fail := func(err error) error {
		cancel()
		return err
	}
	req, err := http.NewRequestWithContext(ctx, s.request.method, s.repository.url(s.request.kind, s.request.id), nil)
	if err != nil {
		return fail(transportFailure(op, err))
	}
	// The bytes as they are: net/http would unpack what a proxy declares to be compressed on the
	// way.
	req.Header.Set("Accept-Encoding", "identity")
	if s.offset > 0 && !s.whole {
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-", s.offset))
	}
	resp, err := s.repository.client.Do(req)
	if err != nil {
		if attempt.Err() != nil && s.ctx.Err() == nil {
			err = attempt.Err() // it took too long, nobody canceled it
		}
		return fail(transportFailure(op, err))
	}
	if s.offset > 0 && !s.whole && refusesRange(resp.StatusCode) {
		s.whole = true
		_ = resp.Body.Close() // it is asked again
		cancel()
		return s.once(attempt)
	}
	if err := s.accept(resp); err != nil {
		_ = resp.Body.Close() // the error tells more
		return fail(err)
	}
	s.body, s.cancel = resp.Body, cancel
	return nil
}

func refusesRange(status int) bool {
	return status == http.StatusRequestedRangeNotSatisfiable || status == http.StatusBadRequest ||
		status == http.StatusNotImplemented
}

// accept judges an answer, and brings its body to the offset where the registry sends all of it
// again.
func (s *stream) accept(resp *http.Response) error {
	op := s.request.String()
	if err := transport.CheckError(resp, http.StatusOK, http.StatusPartialContent); err != nil {
		if refused, ok := err.(*transport.Error); ok {
			return answerFailure(op, refused, resp.Header)
		}
		return bodyFailure(op, err)
	}
	if resp.StatusCode == http.StatusPartialContent {
		if from := fmt.Sprintf("bytes %d-", s.offset); !strings.HasPrefix(resp.Header.Get("Content-Range"), from) {
			return &failure{op: op, kind: ErrUnavailable, reason: retry.Final,
				cause: fmt.Errorf("asked for the bytes from %d on, it sent the range %q", s.offset,
					resp.Header.Get("Content-Range"))}
		}
		return nil
	}
	if _, err := io.CopyN(io.Discard, resp.Body, s.offset); err != nil {
		return bodyFailure(op, err)
	}
	return nil
}

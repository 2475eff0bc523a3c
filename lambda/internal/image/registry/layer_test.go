package registry_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"github.com/opencontainers/go-digest"

	"archway/lambda/internal/image/registry"
	"archway/lambda/internal/retry"
)

var patient = retry.Policy{Attempts: 3, Missing: 2, First: time.Millisecond, Each: 5 * time.Second,
	Longest: 10 * time.Millisecond}

// blobServer serves one blob's bytes as a handler sees fit, and counts the requests.
type blobServer struct {
	bytes    []byte
	requests atomic.Int32
	// answer serves the n-th request, from 1.
	answer func(n int, w http.ResponseWriter, r *http.Request)
}

func (s *blobServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/v2/" {
		return
	}
	n := int(s.requests.Add(1))
	if s.answer != nil {
		s.answer(n, w, r)
		return
	}
	s.serve(w, r)
}

// serve answers as registries do, ranges included.
func (s *blobServer) serve(w http.ResponseWriter, r *http.Request) {
	http.ServeContent(w, r, "", time.Time{}, strings.NewReader(string(s.bytes)))
}

// part sends n bytes of the whole and breaks off.
func (s *blobServer) part(w http.ResponseWriter, n int) {
	w.Header().Set("Content-Length", fmt.Sprint(len(s.bytes)))
	_, _ = w.Write(s.bytes[:n])
	w.(http.Flusher).Flush()
	panic(http.ErrAbortHandler)
}

func openBlob(t *testing.T, s *blobServer, policy retry.Policy) (*registry.Repository, digest.Digest) {
	t.Helper()
	if s.bytes == nil {
		s.bytes = make([]byte, 300_000)
		random := rand.NewChaCha8([32]byte{})
		_, _ = random.Read(s.bytes)
	}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	repository, err := name.NewRepository(strings.TrimPrefix(server.URL, "http://") + "/app")
	if err != nil {
		t.Fatal(err)
	}
	r, err := registry.Open(t.Context(), repository, authn.Anonymous, transport.PullScope, policy)
	if err != nil {
		t.Fatal(err)
	}
	return r, digest.FromBytes(s.bytes)
}

func readBlob(ctx context.Context, r *registry.Repository, d digest.Digest) ([]byte, error) {
	stream, err := r.Layer(ctx, d)
	if err != nil {
		return nil, err
	}
	defer stream.Close()
	return io.ReadAll(stream)
}

// A layer is read whole in spite of interruptions.
func TestInterruptedLayer(t *testing.T) {
	for name, answer := range map[string]func(*blobServer, int, http.ResponseWriter, *http.Request){
		"none": func(s *blobServer, _ int, w http.ResponseWriter, r *http.Request) { s.serve(w, r) },
		"cut once": func(s *blobServer, n int, w http.ResponseWriter, r *http.Request) {
			if n == 1 {
				s.part(w, 100_000)
			}
			s.serve(w, r)
		},
		"cut, and ranges unknown": func(s *blobServer, n int, w http.ResponseWriter, r *http.Request) {
			if n == 1 {
				s.part(w, 100_000)
			}
			_, _ = w.Write(s.bytes)
		},
		"cut, and ranges refused": func(s *blobServer, n int, w http.ResponseWriter, r *http.Request) {
			if n == 1 {
				s.part(w, 100_000)
			}
			if r.Header.Get("Range") != "" {
				w.WriteHeader(http.StatusRequestedRangeNotSatisfiable)
				return
			}
			s.serve(w, r)
		},
		"cut, then busy": func(s *blobServer, n int, w http.ResponseWriter, r *http.Request) {
			switch n {
			case 1:
				s.part(w, 100_000)
			case 2:
				w.WriteHeader(http.StatusServiceUnavailable)
			default:
				s.serve(w, r)
			}
		},
		"busy at first": func(s *blobServer, n int, w http.ResponseWriter, r *http.Request) {
			if n < 3 {
				w.WriteHeader(http.StatusTooManyRequests)
				return
			}
			s.serve(w, r)
		},
		"cut before the first byte": func(s *blobServer, n int, w http.ResponseWriter, r *http.Request) {
			if n == 1 {
				s.part(w, 0)
			}
			s.serve(w, r)
		},
		"cut twice": func(s *blobServer, n int, w http.ResponseWriter, r *http.Request) {
			if n == 1 {
				s.part(w, 100_000)
			}
			if n == 2 {
				w.Header().Set("Content-Range", fmt.Sprintf("bytes 100000-%d/%d", len(s.bytes)-1, len(s.bytes)))
				w.Header().Set("Content-Length", fmt.Sprint(len(s.bytes)-100_000))
				w.WriteHeader(http.StatusPartialContent)
				_, _ = w.Write(s.bytes[100_000:150_000])
				panic(http.ErrAbortHandler)
			}
			s.serve(w, r)
		},
		"compressed on the way only if asked": func(s *blobServer, n int, w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Accept-Encoding") != "identity" {
				w.Header().Set("Content-Encoding", "gzip")
			}
			s.serve(w, r)
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := new(blobServer)
			s.answer = func(n int, w http.ResponseWriter, r *http.Request) { answer(s, n, w, r) }
			r, d := openBlob(t, s, patient)
			b, err := readBlob(t.Context(), r, d)
			if err != nil || digest.FromBytes(b) != d {
				t.Errorf("%d bytes, %v", len(b), err)
			}
		})
	}
}

// A layer that can't be read is an error.
func TestUnreadableLayer(t *testing.T) {
	for name, test := range map[string]struct {
		answer func(*blobServer, int, http.ResponseWriter, *http.Request)
		kind   error
		most   int
	}{
		"gone": {func(_ *blobServer, _ int, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(404) },
			registry.ErrNotFound, 2},
		"refused": {func(_ *blobServer, _ int, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(403) },
			registry.ErrDenied, 1},
		"always busy": {func(_ *blobServer, _ int, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) },
			registry.ErrUnavailable, 3},
		"always cut": {func(s *blobServer, _ int, w http.ResponseWriter, _ *http.Request) { s.part(w, 50) },
			registry.ErrUnavailable, 3},
		"another range": {func(s *blobServer, n int, w http.ResponseWriter, r *http.Request) {
			if n == 1 {
				s.part(w, 100)
			}
			w.Header().Set("Content-Range", "bytes 7-9/300000")
			w.WriteHeader(http.StatusPartialContent)
		}, registry.ErrUnavailable, 2},
		"shorter the second time": {func(s *blobServer, n int, w http.ResponseWriter, r *http.Request) {
			if n == 1 {
				s.part(w, 100)
			}
			_, _ = w.Write(s.bytes[:50])
		}, registry.ErrUnavailable, 4},
	} {
		t.Run(name, func(t *testing.T) {
			s := new(blobServer)
			s.answer = func(n int, w http.ResponseWriter, r *http.Request) { test.answer(s, n, w, r) }
			r, d := openBlob(t, s, patient)
			if _, err := readBlob(t.Context(), r, d); !errors.Is(err, test.kind) || int(s.requests.Load()) > test.most {
				t.Errorf("error %v after %d requests, want %v after at most %d", err, int(s.requests.Load()), test.kind,
					test.most)
			}
		})
	}
	r, _ := openBlob(t, new(blobServer), patient)
	if _, err := r.Layer(t.Context(), "sha256:short"); err == nil {
		t.Error("a digest that is none was accepted")
	}
}

func TestASilentLayerIsGivenUp(t *testing.T) {
	s := new(blobServer)
	s.answer = func(_ int, w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(len(s.bytes)))
		_, _ = w.Write(s.bytes[:10])
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}
	policy := patient
	policy.Each = 30 * time.Millisecond
	r, d := openBlob(t, s, policy)
	if _, err := readBlob(t.Context(), r, d); !errors.Is(err, registry.ErrUnavailable) ||
		!strings.Contains(err.Error(), "no byte came for 30ms") {
		t.Errorf("error %v", err)
	}
}

// Between two reads any time may pass: a layer that is kept half read is not silent.
func TestAPauseOfTheReaderIsNoSilence(t *testing.T) {
	t.Parallel() // it waits
	policy := patient
	policy.Each = 2 * time.Second
	s := new(blobServer)
	r, d := openBlob(t, s, policy)
	stream, err := r.Layer(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Close()
	if _, err := io.ReadFull(stream, make([]byte, 100)); err != nil {
		t.Fatal(err)
	}
	time.Sleep(2500 * time.Millisecond)
	if n, err := io.Copy(io.Discard, stream); err != nil || n != int64(len(s.bytes)-100) ||
		int(s.requests.Load()) != 1 {
		t.Errorf("%d bytes in %d requests, %v", n, int(s.requests.Load()), err)
	}
}

func TestALayerEndsWithItsContext(t *testing.T) {
	s := new(blobServer)
	s.answer = func(_ int, w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write(s.bytes[:10])
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}
	r, d := openBlob(t, s, patient)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := readBlob(ctx, r, d); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
	if _, err := r.Layer(ctx, d); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
}

func TestAClosedLayerGivesNothing(t *testing.T) {
	r, d := openBlob(t, new(blobServer), patient)
	stream, err := r.Layer(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(stream.Close(), stream.Close()); err != nil {
		t.Fatal(err)
	}
	if n, err := stream.Read(make([]byte, 10)); n != 0 || err == nil {
		t.Errorf("%d bytes, %v", n, err)
	}
}

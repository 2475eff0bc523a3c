package transfer_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/opencontainers/go-digest"

	"archway/lambda/internal/fixture"
	"archway/lambda/internal/image/registry"
	"archway/lambda/internal/image/transfer"
)

func describe(mediaType string, d digest.Digest, size int64) string {
	return fmt.Sprintf(`{"mediaType":%q,"digest":%q,"size":%d}`, mediaType, d, size)
}

func TestCopies(t *testing.T) {
	for kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			w := start(t, kind, fixture.AMD64, fixture.ARM64)
			result := run(t.Context(), t, w.job(t, "release"))
			w.same(t, "release")
			blobs, manifests := len(w.store.Blobs), len(w.store.Manifests)
			if result.Blobs != blobs || result.Mounted+result.Copied != blobs || result.Manifests != manifests ||
				result.Next != "" {
				t.Errorf("%+v, want %d blobs and %d manifests", result, blobs, manifests)
			}
			if mounts := kind == "mounts" || kind == "ECR, mounts"; mounts != (result.Copied == 0) ||
				mounts != (result.Bytes == 0) {
				t.Errorf("%+v", result)
			}
			// Nothing is sent again.
			posts, puts := w.Count("POST"), w.Count("PUT")
			result = run(t.Context(), t, w.job(t, "release"))
			posts, puts = w.Count("POST")-posts, w.Count("PUT")-puts
			if result != (transfer.Result{}) || posts+puts > 0 {
				t.Errorf("again: %+v, %d POST, %d PUT", result, posts, puts)
			}
		})
	}
}

func TestMountTakesOneRequestABlob(t *testing.T) {
	w := start(t, "mounts", fixture.AMD64, fixture.ARM64)
	run(t.Context(), t, w.job(t, "release"))
	blobs := w.Count("POST /v2/release/blobs/") + w.Count("HEAD /v2/release/blobs/") +
		w.Count("GET /v2/staging/app/blobs/") + w.Count("PATCH")
	if blobs != len(w.store.Blobs) {
		t.Errorf("%d requests for %d blobs", blobs, len(w.store.Blobs))
	}
}

func TestOnlyWhatIsMissingIsSent(t *testing.T) {
	w := start(t, "no mounts", fixture.AMD64, fixture.ARM64)
	job := w.job(t, "release")
	all := job.Roots
	job.Roots = all[1:]
	run(t.Context(), t, job)
	job.Roots = all
	before := w.Count("PUT /v2/release/manifests/")
	if result := run(t.Context(), t, job); result.Copied != 6 || w.Count("PUT /v2/release/manifests/")-before != 3 {
		t.Errorf("%+v, want the six blobs and three manifests of the index", result)
	}
	w.same(t, "release")
}

// Blobs that came before a transfer broke off are not sent again, also where none can be mounted.
func TestBlobsThatAreThereAreNotSent(t *testing.T) {
	w := start(t, "no mounts", fixture.AMD64)
	w.Misbehave(func(out http.ResponseWriter, r *http.Request) bool {
		refuse := r.Method == http.MethodPut && strings.Contains(r.URL.Path, "/manifests/") &&
			w.Count("PUT /v2/release/manifests/") == 1
		if refuse {
			http.Error(out, "{}", http.StatusBadRequest)
		}
		return refuse
	})
	if _, err := transfer.Run(t.Context(), w.job(t, "release")); err == nil {
		t.Fatal("no error")
	}
	if result := run(t.Context(), t, w.job(t, "release")); result.Bytes != 0 || result.Blobs != len(w.store.Blobs) {
		t.Errorf("%+v, want no bytes", result)
	}
	w.same(t, "release")
}

// An index that is there doesn't prove that its children are.
func TestChildrenOfAnIndexThatIsThere(t *testing.T) {
	w := start(t, "mounts", fixture.AMD64, fixture.ARM64)
	index := w.roots[0]
	w.Misbehave(func(out http.ResponseWriter, r *http.Request) bool {
		there := r.Method == http.MethodHead && r.URL.Path == "/v2/release/manifests/"+index.String()
		if there {
			out.Header().Set("Content-Type", registry.OCIIndex)
		}
		return there
	})
	job := w.job(t, "release")
	job.Roots = w.roots[:1]
	if result := run(t.Context(), t, job); result.Manifests != 2 || result.Mounted != 6 {
		t.Errorf("%+v, want two manifests of three blobs each", result)
	}
}

// Whatever request is the last of a program that is killed, the next one brings about the same.
func TestKilledAtAnyRequest(t *testing.T) {
	for _, kind := range thorough {
		for name, done := range map[string]bool{"before": false, "after": true} {
			t.Run(kind+", "+name, func(t *testing.T) {
				t.Parallel()
				w := start(t, kind, fixture.AMD64)
				for n := 1; ; n++ {
					to := fmt.Sprintf("release-%d", n)
					job := w.job(t, to)
					ctx, cancel := context.WithCancel(t.Context())
					w.failAt(n, func(_ http.ResponseWriter, _ *http.Request, forward func()) {
						if done {
							forward()
						}
						cancel()
						panic(http.ErrAbortHandler)
					})
					_, err := transfer.Run(ctx, job)
					if !w.reached() {
						if err != nil || n < 10 {
							t.Errorf("%d requests, %v", n, err)
						}
						cancel()
						return
					}
					w.failAt(0, nil)
					if err == nil && ctx.Err() == nil {
						t.Errorf("request %d was lost, and nobody noticed", n)
					}
					run(t.Context(), t, w.job(t, to))
					w.same(t, to)
				}
			})
		}
	}
}

// One failed request is made up for, also where it was done and only the answer was lost.
func TestAnyRequestFailsOnce(t *testing.T) {
	for _, kind := range thorough {
		for name, fail := range map[string]func(http.ResponseWriter, *http.Request, func()){
			"cut": cut, "cut after": cutAfter,
			"503": func(w http.ResponseWriter, _ *http.Request,
				_ func()) {
				w.WriteHeader(http.StatusServiceUnavailable)
			},
			"halts": func(_ http.ResponseWriter, r *http.Request, _ func()) { halfway(r) },
		} {
			t.Run(kind+", "+name, func(t *testing.T) {
				t.Parallel()
				w := start(t, kind, fixture.AMD64)
				for n := 1; ; n++ {
					to := fmt.Sprintf("release-%d", n)
					job := w.job(t, to)
					w.failAt(n, fail)
					result := run(t.Context(), t, job)
					if !w.reached() {
						return
					}
					w.same(t, to)
					if result.Next != "" || result.Mounted == 0 && result.Bytes != w.bytes() {
						t.Errorf("request %d: %+v, want the %d bytes once", n, result, w.bytes())
					}
				}
			})
		}
	}
}

// halfway takes a part of a request's body and breaks off.
func halfway(r *http.Request) {
	_, _ = r.Body.Read(make([]byte, 1000)) // whatever comes
	panic(http.ErrAbortHandler)
}

// When the time is over, what was sent stays, and the next invocation goes on behind it.
func TestTimeIsOverAtAnyRequest(t *testing.T) {
	for _, kind := range thorough {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			w := start(t, kind, fixture.AMD64)
			for n := 1; ; n++ {
				to := fmt.Sprintf("release-%d", n)
				late := false
				ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
				job := transfer.At(w.job(t, to), func() time.Time {
					w.mu.Lock()
					defer w.mu.Unlock()
					if late {
						return time.Now().Add(time.Hour)
					}
					return time.Now()
				})
				w.failAt(n, func(out http.ResponseWriter, r *http.Request, _ func()) {
					w.mu.Lock()
					late = true
					w.mu.Unlock()
					w.inner.ServeHTTP(out, r)
				})
				first := run(ctx, t, job)
				if !w.reached() {
					cancel()
					return
				}
				w.failAt(0, nil)
				if w.broken > 0 {
					t.Errorf("request %d: %d chunks were broken off", n, w.broken)
				}
				if first.Next == "" {
					cancel()
					continue // it was the last request
				}
				if len(first.Next) > transfer.MaxToken {
					t.Errorf("the token has %d bytes", len(first.Next))
				}
				next := w.job(t, to)
				next.Token = first.Next
				second := run(ctx, t, next)
				cancel()
				w.same(t, to)
				if first.Mounted+second.Mounted == 0 && first.Bytes+second.Bytes != w.bytes() {
					t.Errorf("request %d: %d and %d bytes were sent, of %d", n, first.Bytes, second.Bytes, w.bytes())
				}
			}
		})
	}
}

// A chunk that is on its way when the deadline comes is broken off, early enough for an answer.
func TestDeadlineInAChunk(t *testing.T) {
	for _, kind := range thorough {
		if kind == "mounts" {
			continue
		}
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			w := start(t, kind, fixture.AMD64)
			job := w.job(t, "release")
			job.Margin = 2 * time.Second // half of it is for the answer, also of a busy machine
			var silent atomic.Bool
			w.Misbehave(func(out http.ResponseWriter, r *http.Request) bool {
				return r.Method == http.MethodPatch && r.ContentLength == chunk && !silent.Swap(true) &&
					fixture.Silent(out, r)
			})
			ctx, cancel := context.WithTimeout(t.Context(), 2200*time.Millisecond)
			defer cancel()
			first := run(ctx, t, job)
			if first.Next == "" || ctx.Err() != nil {
				t.Fatalf("%+v, %v", first, ctx.Err())
			}
			next := w.job(t, "release")
			next.Token = first.Next
			run(t.Context(), t, next)
			w.same(t, "release")
		})
	}
}

func TestLostUploadBeginsAgain(t *testing.T) {
	w := start(t, "no mounts", fixture.AMD64)
	job := w.job(t, "release")
	w.failAt(18, func(out http.ResponseWriter, _ *http.Request, _ func()) {
		http.Error(out, `{"errors":[{"code":"BLOB_UPLOAD_UNKNOWN"}]}`, http.StatusNotFound)
	})
	run(t.Context(), t, job)
	w.same(t, "release")
}

// So many manifests that they are not all kept until they are written.
func TestLargeManifests(t *testing.T) {
	store := fixture.New()
	var roots []digest.Digest
	for n := range 3 {
		roots = append(roots, store.PutManifest(registry.OCIManifest, fmt.Appendf(nil,
			`{"schemaVersion":2,"mediaType":%q,"config":%s,"layers":[],"annotations":{"%d":"%s"}}`,
			registry.OCIManifest,
			describe("application/vnd.oci.empty.v1+json", store.PutBlob([]byte("{}")), 2), n,
			strings.Repeat("x", 3<<20))))
	}
	to, job := across(t, store, roots...)
	run(t.Context(), t, job)
	to.same(t, "release")
}

// defective is a log that panics.
type defective struct{ slog.Handler }

func (defective) Handle(_ context.Context, r slog.Record) error {
	if r.Level == slog.LevelInfo {
		panic("a defect")
	}
	return nil
}

func TestDefectEndsInAnError(t *testing.T) {
	w := start(t, "403 to mount", fixture.AMD64)
	job := w.job(t, "release")
	job.Log = slog.New(defective{slog.NewTextHandler(io.Discard, nil)})
	if _, err := transfer.Run(t.Context(), job); err == nil ||
		!strings.Contains(err.Error(), "a defect of this program") {
		t.Errorf("error %v", err)
	}
}

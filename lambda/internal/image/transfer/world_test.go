package transfer_test

import (
	"bytes"
	"context"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"github.com/opencontainers/go-digest"
	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/lambda/internal/fixture"
	"archway/lambda/internal/fixture/distribution"
	"archway/lambda/internal/fixture/layertest"
	"archway/lambda/internal/image/registry"
	"archway/lambda/internal/image/transfer"
	"archway/lambda/internal/retry"
)

var quick = retry.Policy{Attempts: 4, Missing: 2, First: time.Millisecond, Longest: time.Second}

const (
	// chunk makes three requests of a large layer.
	chunk = 16 << 10
	large = 40 << 10
)

// world is a registry with an image in the repository "staging/app".
type world struct {
	*fixture.Server
	inner http.Handler
	store *fixture.Store
	roots []digest.Digest

	mu sync.Mutex
	// at is the request, counted from 1, that fail answers; 0 is none. forward lets the registry do
	// what was asked, and keeps its answer back.
	at, count int
	// broken counts the chunks whose sender went away.
	broken int
	fail   func(w http.ResponseWriter, r *http.Request, forward func())
}

// kinds are the registries that a transfer must get along with.
var kinds = map[string]func(http.Handler) http.Handler{
	"mounts":       func(h http.Handler) http.Handler { return h },
	"no mounts":    withoutMounts,
	"403 to mount": refusingMounts,
	"ECR":          func(h http.Handler) http.Handler { return &distribution.ECR{Registry: h} },
	"ECR, mounts":  func(h http.Handler) http.Handler { return &distribution.ECR{Registry: h, Mounts: true} },
}

// thorough are those that tests of every request run through, with an image of one platform: each
// takes its own ways.
var thorough = []string{"mounts", "no mounts", "ECR"}

func withoutMounts(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			r.URL.RawQuery = ""
		}
		h.ServeHTTP(w, r)
	})
}

func refusingMounts(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Has("mount") {
			const no = `{"errors":[{"code":"DENIED","message":"not authorized to perform ecr:GetDownloadUrlForLayer"}]}`
			http.Error(w, no, http.StatusForbidden)
			return
		}
		h.ServeHTTP(w, r)
	})
}

func start(t *testing.T, kind string, platforms ...specs.Platform) *world {
	t.Helper()
	real := distribution.New(t)
	w := &world{inner: kinds[kind](real), store: fixture.New()}
	var entries []specs.Descriptor
	for n, platform := range platforms {
		entries = append(entries, w.store.Image(fixture.ImageSpec{Platform: platform, Layers: [][]layertest.Entry{
			{layertest.Plain("base", noise(uint64(n), large))},
			{layertest.Exe("app", layertest.Static(platform.Architecture))},
		}}))
	}
	index := w.store.Index(entries...).Digest
	referrer := w.store.PutManifest(registry.OCIManifest,
		[]byte(`{"schemaVersion":2,"mediaType":"`+registry.OCIManifest+`",
		"artifactType":"application/spdx+json",
		"config":`+w.described([]byte("{}"))+`,"layers":[`+w.described([]byte("a bill"))+`],
		"subject":{"mediaType":"`+registry.OCIIndex+`","digest":"`+index.String()+`","size":1}}`))
	w.roots = []digest.Digest{index, referrer}
	distribution.Fill(t, real, "staging/app", w.store)
	w.Server = fixture.ServeHandler(t, http.HandlerFunc(w.serve))
	return w
}

func (w *world) described(b []byte) string {
	return describe("application/octet-stream", w.store.PutBlob(b), int64(len(b)))
}

// bytes is the size of all blobs.
func (w *world) bytes() (all int64) {
	for _, b := range w.store.Blobs {
		all += int64(len(b))
	}
	return all
}

func noise(seed uint64, size int) []byte {
	b := make([]byte, size)
	random := rand.NewChaCha8([32]byte{byte(seed), 1})
	_, _ = random.Read(b) // never fails
	return b
}

func (w *world) serve(out http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	w.count++
	hit := w.count == w.at
	w.mu.Unlock()
	if !hit {
		w.inner.ServeHTTP(out, r)
		if r.Method == http.MethodPatch && r.Context().Err() != nil {
			w.mu.Lock()
			w.broken++
			w.mu.Unlock()
		}
		return
	}
	w.fail(out, r, func() { w.inner.ServeHTTP(httptest.NewRecorder(), r) })
}

// failAt makes the n-th request from now on go wrong.
func (w *world) failAt(n int, fail func(out http.ResponseWriter, r *http.Request, forward func())) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.at, w.count, w.fail = n, 0, fail
}

// reached reports whether the request that goes wrong was made.
func (w *world) reached() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.count >= w.at
}

func (w *world) open(t *testing.T, path, access string) *registry.Repository {
	t.Helper()
	r, err := registry.Open(t.Context(), w.Repository(t, path), authn.Anonymous, access, quick)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// job copies the image into a repository.
func (w *world) job(t *testing.T, to string) transfer.Job {
	t.Helper()
	return transfer.InChunks(transfer.Job{
		From: w.open(t, "staging/app", transport.PullScope), To: w.open(t, to, transport.PushScope), Roots: w.roots,
	}, chunk)
}

// same compares all that the store has with what a repository has.
func (w *world) same(t *testing.T, repository string) {
	t.Helper()
	get := func(kind string, d digest.Digest) (string, []byte) {
		r := httptest.NewRequest(http.MethodGet, "/v2/"+repository+"/"+kind+"/"+d.String(), nil)
		r.Header.Set("Accept", strings.Join([]string{registry.OCIIndex, registry.OCIManifest}, ","))
		answer := httptest.NewRecorder()
		w.inner.ServeHTTP(answer, r)
		if answer.Code != http.StatusOK {
			t.Errorf("%s %s in %s: HTTP %d", kind, d, repository, answer.Code)
		}
		return answer.Header().Get("Content-Type"), answer.Body.Bytes()
	}
	for d, doc := range w.store.Manifests {
		if mediaType, b := get("manifests", d); mediaType != doc.MediaType || !bytes.Equal(b, doc.Bytes) {
			t.Errorf("the manifest %s is another, as %s", d, mediaType)
		}
	}
	for d, want := range w.store.Blobs {
		if _, b := get("blobs", d); !bytes.Equal(b, want) {
			t.Errorf("the blob %s is another", d)
		}
	}
}

func cut(http.ResponseWriter, *http.Request, func()) { panic(http.ErrAbortHandler) }

func cutAfter(_ http.ResponseWriter, _ *http.Request, forward func()) {
	forward()
	panic(http.ErrAbortHandler)
}

func run(ctx context.Context, t *testing.T, job transfer.Job) transfer.Result {
	t.Helper()
	result, err := transfer.Run(ctx, job)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

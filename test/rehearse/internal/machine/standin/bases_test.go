package standin

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/validate"
)

// world plays all registries that there are.
type world struct {
	t *testing.T
	// through leads to them.
	through http.RoundTripper
	asked   atomic.Int64
	// out, if set, fails all connections; status, if set, is what every request is answered with.
	out    error
	status int
}

func newWorld(t *testing.T) *world {
	t.Helper()
	t.Setenv("ARCHWAY_CACHE", t.TempDir())
	w := &world{t: t}
	inner := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	server := httptest.NewTLSServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.asked.Add(1)
		if w.status != 0 {
			http.Error(rw, "go away", w.status)
			return
		}
		inner.ServeHTTP(rw, r)
	}))
	t.Cleanup(server.Close)
	w.through = &http.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true,
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			if w.out != nil {
				return nil, w.out
			}
			return new(net.Dialer).DialContext(ctx, network, server.Listener.Addr().String())
		},
	}
	return w
}

// push puts an image for two platforms, and an attestation, into a registry.
func (w *world) push(reference string) v1.Hash {
	w.t.Helper()
	var index v1.ImageIndex = empty.Index
	for _, p := range []v1.Platform{{OS: "linux", Architecture: "amd64"}, {OS: "linux", Architecture: "arm64"},
		{OS: "linux", Architecture: "s390x"}} {
		image, err := random.Image(1000, 2)
		if err != nil {
			w.t.Fatal(err)
		}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: image, Descriptor: v1.Descriptor{Platform: &p}})
	}
	ref, err := name.ParseReference(reference)
	if err != nil {
		w.t.Fatal(err)
	}
	if err := remote.WriteIndex(ref, index, remote.WithTransport(w.through)); err != nil {
		w.t.Fatal(err)
	}
	digest, err := index.Digest()
	if err != nil {
		w.t.Fatal(err)
	}
	return digest
}

// serve serves the base images of one Dockerfile.
func (w *world) serve(dockerfile string, only bool) *Mirror {
	w.t.Helper()
	file := filepath.Join(w.t.TempDir(), "Dockerfile")
	if err := os.WriteFile(file, []byte(dockerfile), 0o644); err != nil {
		w.t.Fatal(err)
	}
	m, err := Serve(w.t.Context(), Options{Dockerfiles: []string{file}, OnlyStandIns: only, Transport: w.through,
		Progress: w.t.Output()})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { m.Close() })
	return m
}

// naming adds what clients of a mirror say: whose images they mean.
type naming string

func (n naming) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.URL.RawQuery = "ns=" + string(n)
	return http.DefaultTransport.RoundTrip(r)
}

// pull pulls one platform of an image from the mirror, and gives the digest of its index.
func pull(t *testing.T, m *Mirror, registry, image, arch string) (v1.Hash, error) {
	t.Helper()
	ref, err := name.ParseReference(m.Host+"/"+image, name.Insecure)
	if err != nil {
		t.Fatal(err)
	}
	through := remote.WithTransport(naming(registry))
	index, err := remote.Head(ref, through)
	if err != nil {
		return v1.Hash{}, err
	}
	got, err := remote.Image(ref.Context().Digest(index.Digest.String()), through,
		remote.WithPlatform(v1.Platform{OS: "linux", Architecture: arch}))
	if err == nil {
		err = validate.Image(got)
	}
	return index.Digest, err
}

// Where registries answer, the builds get the originals: by the digest that a tag had when the
// rehearsal began. What was pulled stays in the cache, and is what they get when no registry
// answers.
func TestOriginals(t *testing.T) {
	w := newWorld(t)
	golang, app := w.push("golang:1.26"), w.push("quay.io/org/app:2")
	const dockerfile = "FROM golang:1.26\nFROM quay.io/org/app:2\n"
	m := w.serve(dockerfile, false)
	want := []Base{
		{Image: "golang:1.26", From: Original, Digest: golang.String()},
		{Image: "quay.io/org/app:2", From: Original, Digest: app.String()},
	}
	if diff := cmp.Diff(want, m.Bases); diff != "" {
		t.Fatal(diff)
	}
	if diff := cmp.Diff([]string{"docker.io", "public.ecr.aws", "quay.io"}, m.Registries); diff != "" {
		t.Error(diff)
	}
	// A tag that moves meanwhile moves nothing here.
	w.push("golang:1.26")
	for _, arch := range []string{"amd64", "arm64"} {
		if got, err := pull(t, m, "docker.io", "library/golang:1.26", arch); err != nil || got != golang {
			t.Errorf("got %s (%v), expected %s", got, err, golang)
		}
	}
	if _, err := pull(t, m, "quay.io", "org/app:2", "amd64"); err != nil {
		t.Error(err)
	}
	// What no Dockerfile names is nobody's through this mirror.
	w.push("quay.io/org/other:1")
	if got, err := pull(t, m, "quay.io", "org/other:1", "amd64"); err == nil {
		t.Errorf("got %s of an image that no Dockerfile names", got)
	}
	if got, err := pull(t, m, "docker.io", "org/app:2", "amd64"); err == nil {
		t.Errorf("got %s of another registry", got)
	}

	// The one was pulled whole, for all platforms that pipelines build; the other was not.
	w.out = errors.New("no such host")
	later := w.serve(dockerfile, false)
	if got := later.Bases[0]; got.From != Cached || got.Digest != golang.String() ||
		!strings.Contains(got.Why, "docker.io does not answer: ") || !strings.Contains(got.Why, "no such host") {
		t.Errorf("got %+v, expected what was pulled", got)
	}
	if got := later.Bases[1]; got.From != Unknown || got.Digest != "" ||
		!strings.Contains(got.Why, "quay.io does not answer: ") || !strings.HasSuffix(got.Why, "; it has no stand-in") {
		t.Errorf("got %+v, expected that it is said", got)
	}
	if got, err := pull(t, later, "docker.io", "library/golang:1.26", "arm64"); err != nil || got != golang {
		t.Errorf("got %s (%v), expected %s", got, err, golang)
	}
}

// What a registry says of an image is no reason for another image; what is said in its place is.
func TestAnswers(t *testing.T) {
	w := newWorld(t)
	const image = "quay.io/org/none:1"
	got := w.serve("FROM "+image, false).Bases[0]
	if got.From != Unknown || !strings.HasPrefix(got.Why, "its registry says: ") {
		t.Errorf("got %+v, expected that there is no such image", got)
	}
	for _, status := range []int{http.StatusTooManyRequests, http.StatusForbidden, http.StatusBadGateway} {
		w.status = status
		if got := w.serve("FROM "+image, false).Bases[0]; !strings.HasPrefix(got.Why, "quay.io does not answer: ") {
			t.Errorf("HTTP %d: got %+v, expected that this is no registry", status, got)
		}
	}
}

// With --stand-ins no registry is asked.
func TestOnlyStandIns(t *testing.T) {
	w := newWorld(t)
	m := w.serve("FROM quay.io/org/app:2", true)
	want := []Base{{Image: "quay.io/org/app:2", From: Unknown, Why: "--stand-ins; it has no stand-in"}}
	if diff := cmp.Diff(want, m.Bases); diff != "" {
		t.Error(diff)
	}
	if n := w.asked.Load(); n != 0 {
		t.Errorf("registries were asked %d times", n)
	}
}

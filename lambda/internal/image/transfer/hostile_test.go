package transfer_test

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"github.com/opencontainers/go-digest"
	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/lambda/internal/fixture"
	"archway/lambda/internal/fixture/distribution"
	"archway/lambda/internal/image/index"
	"archway/lambda/internal/image/registry"
	"archway/lambda/internal/image/transfer"
)

// across copies from a registry that serves anything to another, strict one, which mounts nothing
// of it.
func across(t *testing.T, store *fixture.Store, roots ...digest.Digest) (*world, transfer.Job) {
	t.Helper()
	from := fixture.Serve(t)
	from.Push(t, "app", store)
	to := &world{inner: distribution.New(t), store: store}
	to.Server = fixture.ServeHandler(t, http.HandlerFunc(to.serve))
	source := &world{Server: from}
	return to, transfer.InChunks(transfer.Job{
		From: source.open(t, "app", transport.PullScope), To: to.open(t, "release", transport.PushScope),
		Roots: roots,
	}, chunk)
}

// refused expects an error with these words, and that nothing was written.
func refused(t *testing.T, to *world, err error, words string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), words) {
		t.Errorf("error %v, want %q", err, words)
	}
	if n := to.Count("PUT"); n > 0 {
		t.Errorf("%d writes were completed: %q", n, to.Requests())
	}
}

func TestHostileManifests(t *testing.T) {
	manifest := func(layers ...string) string {
		return fmt.Sprintf(`{"schemaVersion":2,"mediaType":%q,"config":%s,"layers":[%s]}`,
			registry.OCIManifest, describe(specs.MediaTypeImageConfig, digest.FromString("{}"), 2),
			strings.Join(layers, ","))
	}
	list := func(children ...string) string {
		return fmt.Sprintf(`{"schemaVersion":2,"mediaType":%q,"manifests":[%s]}`,
			registry.OCIIndex, strings.Join(children, ","))
	}
	layer := func(size int64) string { return describe(specs.MediaTypeImageLayer, digest.FromString("layer"), size) }
	many := make([]string, 501)
	for n := range many {
		many[n] = describe(specs.MediaTypeImageLayer, digest.FromString(fmt.Sprint(n)), 1)
	}
	for name, test := range map[string]struct{ document, want string }{
		"2^63-1 bytes": {manifest(layer(1<<63 - 1)), "9223372036854775807 bytes, expected 0 to"},
		"2^63 bytes": {manifest(strings.Replace(layer(7), `"size":7`, `"size":9223372036854775808`, 1)),
			"can't be read"},
		"negative":  {manifest(layer(-1)), "-1 bytes, expected 0 to"},
		"two sizes": {manifest(layer(5), layer(6)), "in one manifest and"},
		"no digest": {manifest(`{"mediaType":"a/b","size":1}`), `names "", which is no digest`},
		"path as digest": {manifest(`{"mediaType":"a/b","size":1,"digest":"sha256:../../../v2/other"}`),
			"which is no digest"},
		"thousands":        {manifest(slices.Concat(many, many, many)...), "1503 layers, expected at most 500"},
		"501 layers":       {manifest(many...), "501 layers, expected at most 500"},
		"4 MiB of nothing": {manifest("{}" + strings.Repeat(",{}", 1<<20)), "more than 100000 values"},
		"index and manifest": {strings.Replace(manifest(layer(5)), `"layers"`, `"manifests":[],"layers"`, 1),
			"mixture"},
		"a key twice": {strings.Replace(manifest(layer(5)), `"layers"`, `"layers":[],"layers"`, 1), "twice"},
		"schema 1":    {`{"schemaVersion":1,"fsLayers":[]}`, "schema 1"},
		"something":   {`{}`, "something else"},
		"no JSON":     {`nothing`, "can't be read"},
		"child's size": {list(describe(registry.OCIManifest, digest.FromString("child"), 6)),
			"has 5 bytes, but the index that names it says 6"},
		"child's digest": {list(`{"size":5,"digest":"sha256:1"}`), "is not a digest"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := fixture.New()
			store.PutBlob([]byte("{}"))
			store.PutBlob([]byte("layer"))
			store.PutManifest(registry.OCIManifest, []byte("child"))
			to, job := across(t, store, store.PutManifest(registry.OCIManifest, []byte(test.document)))
			_, err := transfer.Run(t.Context(), job)
			refused(t, to, err, test.want)
		})
	}
}

func TestDepthAndNumberAreBounded(t *testing.T) {
	t.Run("depth", func(t *testing.T) {
		store := fixture.New()
		d := store.Good()
		for range index.MaxDepth {
			d = store.Index(d)
		}
		to, job := across(t, store, d.Digest)
		_, err := transfer.Run(t.Context(), job)
		refused(t, to, err, "nested more than 4 levels deep")
	})
	t.Run("manifests", func(t *testing.T) {
		store := fixture.New()
		var roots []digest.Digest
		for n := range 1001 {
			roots = append(roots, store.PutManifest(registry.OCIManifest,
				fmt.Appendf(nil, `{"schemaVersion":2,"layers":[],"annotations":{"n":"%d"}}`, n)))
		}
		to, job := across(t, store, roots...)
		_, err := transfer.Run(t.Context(), job)
		refused(t, to, err, "more than 1000 manifests")
	})
}

func TestSourceSendsOtherBytes(t *testing.T) {
	for name, change := range map[string]func([]byte) []byte{
		"others":  func(b []byte) []byte { b = bytes.Clone(b); b[len(b)-1] ^= 1; return b },
		"shorter": func(b []byte) []byte { return b[:len(b)-1] },
		"longer":  func(b []byte) []byte { return append(bytes.Clone(b), 0) },
		"none":    func([]byte) []byte { return nil },
	} {
		for kind, content := range map[string][]byte{
			"layer": noise(9, large), "small": []byte("small"), "a chunk": noise(8, chunk),
		} {
			t.Run(kind+", "+name, func(t *testing.T) {
				t.Parallel()
				store := fixture.New()
				d := store.PutBlob(content)
				root := store.PutManifest(registry.OCIManifest, fmt.Appendf(nil,
					`{"schemaVersion":2,"mediaType":%q,"layers":[%s]}`, registry.OCIManifest,
					describe(specs.MediaTypeImageLayer, d, int64(len(content)))))
				store.Replace(d, change(content))
				to, job := across(t, store, root)
				_, err := transfer.Run(t.Context(), job)
				refused(t, to, err, "")
				if !errors.Is(err, registry.ErrOtherBytes) {
					t.Errorf("error %v, want %v", err, registry.ErrOtherBytes)
				}
			})
		}
	}
}

func TestManifestOfOtherBytes(t *testing.T) {
	store := fixture.New()
	d := store.Good().Digest
	store.Replace(d, []byte(`{"schemaVersion":2,"layers":[]}`))
	to, job := across(t, store, d)
	_, err := transfer.Run(t.Context(), job)
	refused(t, to, err, "")
	if !errors.Is(err, registry.ErrOtherBytes) {
		t.Errorf("error %v, want %v", err, registry.ErrOtherBytes)
	}
}

func TestForeignLayers(t *testing.T) {
	for name, there := range map[string]bool{"kept elsewhere": false, "in the source": true} {
		t.Run(name, func(t *testing.T) {
			store := fixture.New()
			config, layer := store.PutBlob([]byte("{}")), store.PutBlob([]byte("layer"))
			foreign := describe("application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", layer, 5)
			root := store.PutManifest(registry.OCIManifest, fmt.Appendf(nil,
				`{"schemaVersion":2,"mediaType":%q,"config":%s,"layers":[%s]}`,
				registry.OCIManifest, describe(specs.MediaTypeImageConfig, config, 2),
				strings.Replace(foreign, `"size"`, `"urls":["https://example.com/a"],"size"`, 1)))
			if !there {
				store.Forget(layer)
			}
			to, job := across(t, store, root)
			result, err := transfer.Run(t.Context(), job)
			// The registry behind the test knows no foreign layers, so that only the blobs tell.
			want := map[bool]int{false: 1, true: 2}[there]
			if result.Copied != want || to.Count("PUT /v2/release/blobs/") != want {
				t.Errorf("%+v, %v, want %d blobs", result, err, want)
			}
		})
	}
	t.Run("an ordinary one is missing", func(t *testing.T) {
		store := fixture.New()
		root := store.PutManifest(registry.OCIManifest,
			fmt.Appendf(nil, `{"schemaVersion":2,"mediaType":%q,"layers":[%s]}`,
				registry.OCIManifest, describe(specs.MediaTypeImageLayer, digest.FromString("gone"), 4)))
		to, job := across(t, store, root)
		_, err := transfer.Run(t.Context(), job)
		refused(t, to, err, "")
		if !errors.Is(err, registry.ErrNotFound) {
			t.Errorf("error %v, want %v", err, registry.ErrNotFound)
		}
	})
}

func TestAcrossRegistries(t *testing.T) {
	store := fixture.New()
	root := store.Good().Digest
	to, job := across(t, store, root)
	if result := run(t.Context(), t, job); result.Mounted != 0 || result.Copied != len(store.Blobs) {
		t.Errorf("%+v", result)
	}
	to.same(t, "release")
	if n := to.Count("POST"); n != len(store.Blobs) {
		t.Errorf("%d uploads, want %d: none was asked to be mounted", n, len(store.Blobs))
	}
}

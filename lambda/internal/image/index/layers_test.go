package index_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/go-digest"
	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/lambda/internal/fixture"
	lt "archway/lambda/internal/fixture/layertest"
	"archway/lambda/internal/image/index"
	"archway/lambda/internal/image/registry"
)

// breaking serves layers up to a byte, and then fails. It counts what was opened.
type breaking struct {
	*fixture.Store
	// of is the layer that fails, and after what.
	of    digest.Digest
	after int
	err   error

	mu    sync.Mutex
	opens map[digest.Digest]int
}

func (b *breaking) Layer(ctx context.Context, d digest.Digest) (io.ReadCloser, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.opens == nil {
		b.opens = map[digest.Digest]int{}
	}
	b.opens[d]++
	if d != b.of {
		return b.Store.Layer(ctx, d)
	}
	return io.NopCloser(io.MultiReader(bytes.NewReader(b.Blobs[d][:b.after]), failure{b.err})), nil
}

type failure struct{ err error }

func (f failure) Read([]byte) (int, error) { return 0, f.err }

// one makes an index of one image, and gives its layers' digests.
func one(s *fixture.Store, spec fixture.ImageSpec) (root digest.Digest, layers []digest.Digest) {
	d := s.Image(spec)
	for _, l := range index.ParseManifest(s.Manifests[d.Digest].Bytes).Body.Layers {
		layers = append(layers, l.Digest)
	}
	return s.Index(d).Digest, layers
}

func get(t *testing.T, source index.Source, root digest.Digest) *index.Image {
	t.Helper()
	image, err := index.Get(t.Context(), source, root, nil)
	if err != nil {
		t.Fatal(err)
	}
	return image
}

// large is a plain layer whose program stands at the beginning of many MiB.
func large(arch string, behind int) []lt.Entry {
	return []lt.Entry{lt.Dir("a1"), lt.Dir("a2"), lt.Dir("a3"), lt.Exe("app", lt.Static(arch)),
		lt.Plain("z", make([]byte, behind))}
}

func plainLayers(arch string, layers ...[]lt.Entry) fixture.ImageSpec {
	return fixture.ImageSpec{Platform: specs.Platform{OS: "linux", Architecture: arch},
		LayerType: specs.MediaTypeImageLayer, Layers: layers}
}

// A program of the wrong machine is looked at again with all layers read to their ends. If that
// can't be done, nothing is proven.
func TestASecondReadThatBreaksOff(t *testing.T) {
	for name, err := range map[string]error{"unavailable": registry.ErrUnavailable, "other": errors.New("cable")} {
		s := fixture.New()
		spec := plainLayers("arm64", large("amd64", 4<<20))
		root, layers := one(s, spec)
		source := &breaking{Store: s, of: layers[0], after: 1 << 20, err: err}
		image := get(t, source, root)
		if got := index.ReadLayers(t.Context(), source, image, false); !errors.Is(got, err) {
			t.Errorf("%s: error %v, want %v", name, got, err)
		}
		if start := image.Entries[0].Start; start.Proven || len(start.Trace.Steps) == 0 {
			t.Errorf("%s: %+v", name, start)
		}
	}
	s := fixture.New()
	root, layers := one(s, plainLayers("arm64", large("amd64", 4<<20)))
	source := &breaking{Store: s, of: layers[0], after: 1 << 20, err: fmt.Errorf("the blob: %w", registry.ErrNotFound)}
	image := get(t, source, root)
	if err := index.ReadLayers(t.Context(), source, image, false); err != nil {
		t.Fatal(err)
	}
	if e := image.Entries[0]; e.Start != nil || e.Blobs[0].State != index.Missing {
		t.Errorf("gone meanwhile: %+v, %+v", e.Start, e.Blobs[0])
	}
}

func TestUnread(t *testing.T) {
	s := fixture.New()
	under := []lt.Entry{lt.Plain("etc/x", nil)}
	for _, test := range []struct {
		name string
		deep bool
		spec fixture.ImageSpec
		want []string
	}{
		{"a layer below", false, plainLayers("amd64", under, []lt.Entry{lt.Exe("app", lt.Static("amd64"))}),
			[]string{"0 of layer 0"}},
		{"nothing", false, plainLayers("amd64", []lt.Entry{lt.Exe("app", lt.Static("amd64"))}), nil},
		{"most of a layer", false, plainLayers("amd64", large("amd64", 8<<20)), []string{"some of layer 0"}},
		{"one layer twice", false, plainLayers("amd64", under, under, []lt.Entry{lt.Exe("app", lt.Static("amd64"))}),
			[]string{"0 of layer 0"}},
		{"deep", true, plainLayers("amd64", under, large("amd64", 8<<20)), nil},
		{"another system", false, fixture.ImageSpec{Platform: specs.Platform{OS: "windows", Architecture: "amd64"}},
			[]string{"0 of layer 0", "0 of layer 1"}},
		{"another system, deep", true,
			fixture.ImageSpec{Platform: specs.Platform{OS: "windows", Architecture: "amd64"}}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			root, layers := one(s, test.spec)
			image := get(t, s, root)
			if err := index.ReadLayers(t.Context(), s, image, test.deep); err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, u := range image.Entries[0].Unread() {
				for n, d := range layers {
					if d != u.Digest || n > 0 && layers[n-1] == d {
						continue
					}
					read := fmt.Sprint(u.Read)
					if u.Read > 0 && u.Read < u.Size {
						read = "some"
					}
					if u.Size != int64(len(s.Blobs[d])) {
						t.Errorf("layer %d has %d bytes, not %d", n, len(s.Blobs[d]), u.Size)
					}
					got = append(got, fmt.Sprintf("%s of layer %d", read, n))
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
			for _, b := range image.Entries[0].Blobs {
				if b.Content != nil && b.Content.Bytes == 0 {
					t.Errorf("what was read of %s, of which nothing was: %+v", b.Descriptor.Digest, b.Content)
				}
			}
			if linux := test.spec.Platform.OS == "linux"; (image.Entries[0].Start != nil) != linux {
				t.Errorf("started: %+v", image.Entries[0].Start)
			}
		})
	}
	gone := s.Linux("amd64", "")
	for _, l := range index.ParseManifest(s.Manifests[gone.Digest].Bytes).Body.Layers {
		s.Forget(l.Digest)
	}
	if u := get(t, s, s.Index(gone).Digest).Entries[0].Unread(); len(u) > 0 {
		t.Errorf("of layers that aren't there: %v", u)
	}
	amd64 := s.Linux("amd64", "")
	if u := get(t, s, s.Index(amd64, s.Attest(amd64)).Digest).Entries[1].Unread(); len(u) > 0 {
		t.Errorf("of an attestation: %v", u)
	}
}

// Time runs out while a layer is completed. What proves a digest by the way must not make an image
// unproven of which all is known.
func TestTimeoutWhileCompleting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // nobody waits for its three seconds
		s := fixture.New()
		behind := append(large("amd64", 4<<20), lt.Plain("zz", nil))
		behind = append([]lt.Entry{lt.Dir("a0"), lt.Plain("a00", make([]byte, 44<<20))}, behind...)
		root, layers := one(s, plainLayers("amd64", behind))
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		source := &breaking{Store: s, of: layers[0], after: 47 << 20}
		source.err = context.DeadlineExceeded
		image := get(t, source, root)
		waiting := waitingSource{source, 46 << 20}
		if err := index.ReadLayers(ctx, waiting, image, false); err != nil {
			t.Fatal(err)
		}
		if e := image.Entries[0]; !e.Start.Proven || e.Start.Unproven != "" || len(e.Unread()) != 1 {
			t.Errorf("%+v, %v", e.Start, e.Unread())
		}
	})
}

// waitingSource serves so many bytes of each layer, and then nothing until the time is over.
type waitingSource struct {
	*breaking
	bytes int64
}

func (w waitingSource) Layer(ctx context.Context, d digest.Digest) (io.ReadCloser, error) {
	stream, err := w.Store.Layer(ctx, d)
	if err != nil {
		return nil, err
	}
	return io.NopCloser(io.MultiReader(io.LimitReader(stream, w.bytes), silent{ctx})), nil
}

type silent struct{ ctx context.Context }

func (s silent) Read([]byte) (int, error) {
	<-s.ctx.Done()
	return 0, s.ctx.Err()
}

// All configs together count against the values of one image, as manifests do.
func TestConfigsAreKeptInLittleMemory(t *testing.T) {
	s := fixture.New()
	var entries []specs.Descriptor
	for n := range 10 {
		heavy := fmt.Sprintf("%d%s", n, strings.Repeat(",0", 90_000))
		entries = append(entries, s.Image(fixture.ImageSpec{Platform: fixture.AMD64, Config: func(doc map[string]any) {
			doc["history"] = []any{}
			doc["extra"] = []any{jsonNumber(heavy)}
		}}))
	}
	image := get(t, s, s.Index(entries...).Digest)
	kept := 0
	for _, e := range image.Entries {
		if e.Config != nil {
			kept++
		} else if e.ConfigState != index.TooLarge {
			t.Errorf("state %v", e.ConfigState)
		}
	}
	if kept != 4 || len(image.Limits) != 1 {
		t.Errorf("%d of 10 heavy configs were kept and %q reported, want 4 and one limit", kept, image.Limits)
	}
}

// jsonNumber writes a list of numbers as it is.
type jsonNumber string

func (n jsonNumber) MarshalJSON() ([]byte, error) { return []byte("[" + string(n) + "]"), nil }

func TestShapes(t *testing.T) {
	for _, test := range []struct {
		json string
		want index.Shape
	}{
		{`{"schemaVersion":2,"manifests":[]}`, index.ShapeIndex},
		{`{"schemaVersion":2,"layers":[]}`, index.ShapeManifest},
		{`{"schemaVersion":2,"config":{}}`, index.ShapeManifest},
		{`{"schemaVersion":2,"config":{},"layers":[]}`, index.ShapeManifest},
		{`{"schemaVersion":2,"config":{},"manifests":[]}`, index.ShapeAmbiguous},
		{`{"schemaVersion":2,"layers":[],"manifests":[]}`, index.ShapeAmbiguous},
		{`{"schemaVersion":1,"layers":[]}`, index.ShapeSchema1},
		{`{"schemaVersion":1,"manifests":[]}`, index.ShapeSchema1},
		{`{"schemaVersion":2,"fsLayers":[],"layers":[]}`, index.ShapeSchema1},
		{`{"schemaVersion":3,"manifests":[]}`, index.ShapeIndex},
		{`{"schemaVersion":2}`, index.ShapeUnknown},
		{`{"schemaVersion":2,"manifests":5}`, index.ShapeUnknown},
		{`null`, index.ShapeUnknown},
	} {
		if got := index.ParseManifest([]byte(test.json)).Shape(); got != test.want {
			t.Errorf("%s is %s, want %s", test.json, got, test.want)
		}
	}
}

// An image without a config is for other checks: nothing of it is read.
func TestAnEntryWithoutConfig(t *testing.T) {
	s := fixture.New()
	root, _ := one(s,
		fixture.ImageSpec{Platform: fixture.AMD64, Manifest: func(doc map[string]any) { delete(doc, "config") }})
	source := &breaking{Store: s}
	image := get(t, source, root)
	if err := index.ReadLayers(t.Context(), source, image, true); err != nil {
		t.Fatal(err)
	}
	e := image.Entries[0]
	if e.Role() != index.RoleImage || e.Config != nil || e.ConfigState != index.NotRead || e.Start != nil ||
		len(source.opens) > 0 || len(e.Blobs) != 2 {
		t.Errorf("%+v, opened %v", e, source.opens)
	}
	if p := e.Platform(); p.OS != "linux" {
		t.Errorf("platform %v", p)
	}
}

func TestWeighing(t *testing.T) {
	many := strings.Repeat("{},", 200_000)
	for name, test := range map[string]struct{ json, want string }{
		"values":                 {`{"manifests":[` + many + `{}]}`, "more than 100000 values"},
		"values after an escape": {`{"a":"\"","manifests":[` + many + `{}]}`, "more than 100000 values"},
		"values after a slash":   {`{"a":"\\","manifests":[` + many + `{}]}`, "more than 100000 values"},
		"objects": {`{"x":` + strings.Repeat(`{"a":`, 32) + "1" + strings.Repeat("}", 32) + "}",
			"nested more than 32 levels"},
		"lists": {`{"x":` + strings.Repeat(`[`, 32) + strings.Repeat("]", 32) + "}",
			"nested more than 32 levels"},
		"as deep as may be": {`{"x":` + strings.Repeat(`[`, 31) + strings.Repeat("]", 31) + "}", ""},
		"one after another": {`{"x":[` + strings.Repeat(`[],`, 100) + "[]]}", ""},
	} {
		m := index.ParseManifest([]byte(test.json))
		if m.Err == nil != (test.want == "") || m.Err != nil && !strings.Contains(m.Err.Error(), test.want) {
			t.Errorf("%s: error %v, want %q", name, m.Err, test.want)
		}
	}
}

func TestEnvelopesOfSomethingElse(t *testing.T) {
	for text, want := range map[string]string{
		`{"payloadType":"text/plain","payload":"e30="}`:         `its envelope holds "text/plain" and no in-toto statement`,
		`{"payloadType":"` + index.InToto + `"}`:                "it holds a signature and no statement",
		`{"payloadType":"` + index.InToto + `","payload":"?"}`:  "its envelope's payload is not base64",
		`{"payload":"e30=","dsseEnvelope":{"payloadType":"x"}}`: "it holds a signature and no statement",
	} {
		if _, err := index.ParseStatement(index.DSSE, []byte(text)); err == nil || err.Error() != want {
			t.Errorf("%s: error %v, want %q", text, err, want)
		}
	}
}

// Where an entry names no platform, or half of one, the config's counts.
func TestPlatformOfAnEntry(t *testing.T) {
	arm64 := specs.Platform{OS: "linux", Architecture: "arm64"}
	config := &index.Config{OS: "linux", Architecture: "arm64"}
	for name, test := range map[string]struct {
		platform *specs.Platform
		config   *index.Config
		want     specs.Platform
	}{
		"its own": {&specs.Platform{OS: "linux", Architecture: "x86_64"}, config,
			specs.Platform{OS: "linux", Architecture: "amd64"}},
		"none":            {nil, config, arm64},
		"half":            {&specs.Platform{OS: "windows"}, config, arm64},
		"the other half":  {&specs.Platform{Architecture: "amd64"}, config, arm64},
		"none and unread": {nil, nil, specs.Platform{}},
	} {
		e := index.Entry{Descriptor: specs.Descriptor{Platform: test.platform}, Config: test.config}
		if diff := cmp.Diff(test.want, e.Platform()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestOfferedReadsNoMoreThanItTakes(t *testing.T) {
	s := fixture.New()
	root := s.Good().Digest
	c := source(s)
	if _, err := index.Offered(t.Context(), c, "latest", root); err != nil || len(c.reads) != 1 || c.reads[root] != 1 {
		t.Errorf("read %v, %v", c.reads, err)
	}
}

package layout_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	ggcr "github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/opencontainers/go-digest"
	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/lambda/internal/fixture"
	"archway/lambda/internal/image/index"
	"archway/lambda/internal/image/layout"
	"archway/lambda/internal/image/registry"
)

// open writes a layout whose index.json lists the entries, and opens it.
func open(t *testing.T, s *fixture.Store, entries ...specs.Descriptor) *layout.Layout {
	t.Helper()
	folder := t.TempDir()
	s.Layout(t, folder, entries...)
	l, err := layout.Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func called(d specs.Descriptor, key, name string) specs.Descriptor {
	d.Platform, d.Annotations = nil, map[string]string{key: name}
	return d
}

// cosign describes what "cosign save" writes as of a kind.
func cosign(d specs.Descriptor, kind string) specs.Descriptor {
	return called(d, "kind", "dev.cosignproject.cosign/"+kind)
}

// An image in a layout is read as it is from a registry.
func TestImageInALayout(t *testing.T) {
	s := fixture.New()
	root := s.Good()
	l := open(t, s, root)
	got, err := index.Get(t.Context(), l, root.Digest, nil)
	if err != nil {
		t.Fatal(err)
	}
	want, err := index.Get(t.Context(), s, root.Digest, nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-registry +layout):\n%s", diff)
	}
}

// umoci writes manifests without a type of their own, and Skopeo and crane copy them as they are.
// What the specification lets them leave out is read from the form.
func TestOptionalMediaTypes(t *testing.T) {
	s := fixture.New()
	untyped := func(doc map[string]any) { delete(doc, "mediaType") }
	root := s.IndexWith(untyped, s.Image(fixture.ImageSpec{Platform: fixture.AMD64, Manifest: untyped}))
	got, err := index.Get(t.Context(), open(t, s, root), root.Digest, nil)
	if err != nil {
		t.Fatal(err)
	}
	if types := []string{got.Root.ContentType, got.Entries[0].Manifest.ContentType}; !slices.Equal(types,
		[]string{registry.OCIIndex, registry.OCIManifest}) {
		t.Errorf("read as %v", types)
	}
}

// go-containerregistry writes an index as index.json itself.
func TestGoContainerRegistryLayouts(t *testing.T) {
	image, err := random.Image(100, 1)
	if err != nil {
		t.Fatal(err)
	}
	var entries []mutate.IndexAddendum
	for _, architecture := range []string{"amd64", "arm64"} {
		entries = append(entries,
			mutate.IndexAddendum{Add: image,
				Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: architecture}}})
	}
	folder := t.TempDir()
	if _, err := ggcr.Write(folder, mutate.AppendManifests(empty.Index, entries...)); err != nil {
		t.Fatal(err)
	}
	l, err := layout.Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	d, err := l.Find("")
	if err != nil {
		t.Fatal(err)
	}
	got, err := index.Get(t.Context(), l, d, nil)
	if err != nil || len(got.Images()) != 2 || got.Root.ContentType != specs.MediaTypeImageIndex {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestReadingEndsWithTheContext(t *testing.T) {
	s := fixture.New()
	root := s.Good()
	folder := t.TempDir()
	s.Layout(t, folder, root)
	l, err := layout.Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	huge := digest.FromString("huge")
	name := filepath.Join(folder, "blobs", "sha256", huge.Encoded())
	if err := errors.Join(os.WriteFile(name, nil, 0o644), os.Truncate(name, 1<<40)); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	stream, err := l.Layer(ctx, huge)
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Close()
	if _, err := stream.Read(make([]byte, 10)); err != nil {
		t.Fatal(err)
	}
	cancel()
	_, read := stream.Read(make([]byte, 10))
	_, manifest := l.Manifest(ctx, root.Digest)
	_, blob := l.Blob(ctx, root.Digest, 10_000)
	_, stat := l.Stat(ctx, root.Digest)
	for name, err := range map[string]error{"Read": read, "Manifest": manifest, "Blob": blob, "Stat": stat} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

// The referrers of an image are what index.json lists about it.
func TestReferrers(t *testing.T) {
	s := fixture.New()
	root, image, other := s.Good(), s.Linux("amd64", ""), s.Linux("arm64", "")
	mine := s.Refer(image, index.DSSE, []byte("{}"))
	another := s.Refer(other, index.DSSE, []byte("{}"))
	gone := s.Refer(image, index.DSSE, []byte("gone"))
	s.Forget(gone.Digest)
	withPlatform, asIndex, bad := mine, mine, mine
	withPlatform.Platform, asIndex.MediaType, bad.Digest = &fixture.AMD64, registry.OCIIndex, "sha256:short"
	l := open(t, s, root, withPlatform, asIndex, bad, gone, another, mine)
	for of, want := range map[digest.Digest][]digest.Digest{
		image.Digest: {mine.Digest}, other.Digest: {another.Digest}, root.Digest: nil, digest.FromString("x"): nil,
	} {
		found, err := l.Referrers(t.Context(), of)
		if err != nil {
			t.Fatal(err)
		}
		var got []digest.Digest
		for _, d := range found {
			got = append(got, d.Digest)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", of, diff)
		}
	}
	// A list that goes on and on is not looked through.
	for n, want := range map[int]int{99: 1, 100: 0} {
		many := slices.Repeat([]specs.Descriptor{root}, n)
		if found, err := open(t, s, append(many, mine)...).Referrers(t.Context(), image.Digest); len(found) != want ||
			err != nil {
			t.Errorf("behind %d others: %v, %v", n, found, err)
		}
	}
}

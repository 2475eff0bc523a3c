package layout_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
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

func TestFindKnowsTheImageThatIsMeant(t *testing.T) {
	s := fixture.New()
	root, other := s.Good(), s.Good()
	amd64, arm64 := s.Linux("amd64", ""), s.Linux("arm64", "")
	single := amd64
	single.Platform = nil
	const full = "io.containerd.image.name"
	for _, test := range []struct {
		name    string
		entries []specs.Descriptor
		ask     string
		want    digest.Digest // empty: index.json itself
		problem string
	}{
		{"the only index", []specs.Descriptor{root}, "", root.Digest, ""},
		{"the only index, by any name", []specs.Descriptor{called(root, specs.AnnotationRefName, "v1")}, "",
			root.Digest, ""},
		{"by name",
			[]specs.Descriptor{called(root, specs.AnnotationRefName, "v1"),
				called(other, specs.AnnotationRefName, "v2")}, "v2", other.Digest, ""},
		{"by containerd's name",
			[]specs.Descriptor{called(root, full, "docker.io/me/app:1"), called(other, specs.AnnotationRefName, "2")},
			"docker.io/me/app:1", root.Digest, ""},
		{"by digest", []specs.Descriptor{root, other}, other.Digest.String(), other.Digest, ""},
		{"by a digest that only an index lists", []specs.Descriptor{root}, amd64.Digest.String(), amd64.Digest, ""},
		{"a single image", []specs.Descriptor{single}, "", single.Digest, ""},
		{"index.json itself", []specs.Descriptor{amd64, arm64}, "", "", ""},
		{"a single image with its platform, as BuildKit writes it", []specs.Descriptor{amd64}, "", amd64.Digest, ""},
		{"an index that cosign has saved", []specs.Descriptor{cosign(root, "imageIndex")}, "", root.Digest, ""},
		{"an index that cosign has saved with what is attached to it",
			[]specs.Descriptor{cosign(root, "imageIndex"), cosign(single, "sigs"), cosign(other, "atts")}, "",
			root.Digest, ""},
		{"an image that cosign has saved with its signatures",
			[]specs.Descriptor{cosign(single, "image"), cosign(other, "sigs")}, "", single.Digest, ""},
		{"cosign's signatures, by digest",
			[]specs.Descriptor{cosign(root, "imageIndex"), cosign(single, "sigs")}, single.Digest.String(),
			single.Digest, ""},
		{"cosign's signatures alone", []specs.Descriptor{cosign(single, "sigs")}, "", "", "lists no image"},
		{"two images beside what cosign saves",
			[]specs.Descriptor{root, other, cosign(single, "sigs")}, "", "", `"` + other.Digest.String() + `"`},
		{"a kind that isn't cosign's", []specs.Descriptor{amd64, called(arm64, "kind", "sigs")}, "", "", ""},
		{"index.json itself with an index among the images", []specs.Descriptor{amd64, arm64, root}, "", "", ""},
		{"none", nil, "", "", "lists no image"},
		{"an unknown name", []specs.Descriptor{called(root, specs.AnnotationRefName, "v1")}, "v2", "",
			`no image called "v2", but "v1"`},
		{"several", []specs.Descriptor{called(root, specs.AnnotationRefName, "v1"), other}, "", "",
			`the name of one, of "v1", "` + other.Digest.String() + `"`},
		{"several named single images",
			[]specs.Descriptor{called(amd64, specs.AnnotationRefName, "a"),
				called(arm64, specs.AnnotationRefName, "b")}, "", "", `of "a", "b"`},
		{"very many", []specs.Descriptor{root, root, root, root, root, root, root, root, root, root, root, root}, "",
			"", "and 2 more"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := open(t, s, test.entries...).Find(test.ask)
			if test.problem != "" {
				if err == nil || !strings.Contains(err.Error(), test.problem) {
					t.Errorf("error %v, want %q", err, test.problem)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if test.want == "" {
				test.want = digest.FromBytes(fixture.TopOfLayout(test.entries...))
			}
			if got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
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

func TestWhatIsNotInALayoutIsMissing(t *testing.T) {
	s := fixture.New()
	root := s.Good()
	l := open(t, s, root)
	gone := digest.FromString("gone")
	_, noManifest := l.Manifest(t.Context(), gone)
	_, noBlob := l.Blob(t.Context(), gone, 10)
	_, noSize := l.Stat(t.Context(), gone)
	_, noLayer := l.Layer(t.Context(), gone)
	for _, err := range []error{noManifest, noBlob, noSize, noLayer} {
		if !errors.Is(err, registry.ErrNotFound) {
			t.Errorf("error %v, want %v", err, registry.ErrNotFound)
		}
	}
	if _, err := l.Manifest(t.Context(), "sha256:../../index.json"); err == nil ||
		errors.Is(err, registry.ErrNotFound) {
		t.Errorf("error %v, want one about the digest", err)
	}
	if _, err := l.Blob(t.Context(), root.Digest, 10); !errors.Is(err, registry.ErrTooLarge) {
		t.Errorf("error %v, want %v", err, registry.ErrTooLarge)
	}
	for d, b := range s.Blobs {
		if size, err := l.Stat(t.Context(), d); err != nil || size != int64(len(b)) {
			t.Errorf("Stat = %d, %v, want %d", size, err, len(b))
		}
		f, err := l.Layer(t.Context(), d)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(f)
		if f.Close(); err != nil || string(got) != string(b) {
			t.Errorf("Layer = %q, %v, want %q", got, err, b)
		}
	}
}

// Other bytes than the digest names are noticed.
func TestOtherBytesAreNoticed(t *testing.T) {
	s := fixture.New()
	root := s.Good()
	folder := t.TempDir()
	s.Layout(t, folder, root)
	if err := os.WriteFile(filepath.Join(folder, "blobs", "sha256", root.Digest.Encoded()), []byte("{}"),
		0o644); err != nil {
		t.Fatal(err)
	}
	l, err := layout.Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	doc, manifest := l.Manifest(t.Context(), root.Digest)
	_, blob := l.Blob(t.Context(), root.Digest, 10)
	if !errors.Is(manifest, registry.ErrOtherBytes) || !errors.Is(blob, registry.ErrOtherBytes) ||
		string(doc.Bytes) != "{}" {
		t.Errorf("errors %v and %v, want %v", manifest, blob, registry.ErrOtherBytes)
	}
}

// A layout that somebody sends must not make this program read anything else of the machine, nor
// wait forever.
func TestALayoutDoesNotLeadElsewhere(t *testing.T) {
	s := fixture.New()
	root := s.Good()
	folder := t.TempDir()
	s.Layout(t, folder, root)
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	blobs := filepath.Join(folder, "blobs", "sha256")
	link, pipe := digest.FromString("link"), digest.FromString("pipe")
	if err := errors.Join(os.Symlink(secret, filepath.Join(blobs, link.Encoded())),
		syscall.Mkfifo(filepath.Join(blobs, pipe.Encoded()), 0o644)); err != nil {
		t.Fatal(err)
	}
	l, err := layout.Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, d := range []digest.Digest{link, pipe} {
		if doc, err := l.Blob(t.Context(), d, 100); !errors.Is(err, registry.ErrUnavailable) || doc.Bytes != nil {
			t.Errorf("%q, error %v, want %v", doc.Bytes, err, registry.ErrUnavailable)
		}
	}
}

func TestWhatIsNoLayoutIsRefused(t *testing.T) {
	for name, test := range map[string]struct {
		top  string
		want string
	}{
		"no index.json":     {"", "holds no index.json"},
		"no JSON":           {"<html>", "index.json can't be read"},
		"a broken one":      {`{"manifests": [`, "breaks off"},
		"one without end":   {`{"manifests": ` + strings.Repeat(" ", registry.MaxManifest) + "[]}", "more than"},
		"one nested deeply": {strings.Repeat(`{"a":`, 50) + "1" + strings.Repeat("}", 50), "nested"},
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			if test.top != "" {
				if err := os.WriteFile(filepath.Join(folder, "index.json"), []byte(test.top), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := layout.Open(folder); !errors.Is(err, layout.ErrNoLayout) ||
				!strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
	if _, err := layout.Open(filepath.Join(t.TempDir(), "none")); !errors.Is(err, layout.ErrNoLayout) {
		t.Errorf("error %v", err)
	}
}

func TestReferencesNameFolderAndImage(t *testing.T) {
	folder := t.TempDir()
	if err := os.Mkdir(folder+":odd", 0o755); err != nil {
		t.Fatal(err)
	}
	d := digest.FromString("x").String()
	for _, test := range []struct {
		text string
		want layout.Reference
	}{
		{folder, layout.Reference{Folder: folder}},
		{folder + ":v1", layout.Reference{Folder: folder, Name: "v1"}},
		{folder + ":docker.io/me/app:1", layout.Reference{Folder: folder, Name: "docker.io/me/app:1"}},
		{folder + "@" + d, layout.Reference{Folder: folder, Name: d}},
		{folder + ":odd", layout.Reference{Folder: folder + ":odd"}},
		{"no/such/folder:v1", layout.Reference{Folder: "no/such/folder:v1"}},
	} {
		got := layout.ParseReference(test.text)
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Error(diff)
		}
		if got.String() != "oci:"+test.text {
			t.Errorf("String() = %q, want %q", got, "oci:"+test.text)
		}
	}
}

func FuzzIndexJSON(f *testing.F) {
	s := fixture.New()
	for _, entries := range [][]specs.Descriptor{nil, {s.Good()}, {s.Linux("amd64", ""), s.Linux("arm64", "")}} {
		f.Add(fixture.TopOfLayout(entries...), "")
	}
	f.Add([]byte(`{"manifests":[{"digest":"x"},{"annotations":{"org.opencontainers.image.ref.name":"a"}}]}`), "a")
	f.Add([]byte(`[]`), "sha256:")
	f.Fuzz(func(t *testing.T, top []byte, name string) {
		folder := t.TempDir()
		if err := os.WriteFile(filepath.Join(folder, "index.json"), top, 0o644); err != nil {
			t.Fatal(err)
		}
		l, err := layout.Open(folder)
		if err != nil {
			return
		}
		defer l.Close()
		d, err := l.Find(name)
		if err != nil {
			return
		}
		if _, err := index.Get(t.Context(), l, d, nil); err != nil && json.Valid(top) &&
			!strings.Contains(err.Error(), "digest") {
			t.Errorf("%v", err)
		}
	})
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

func TestAnAmbiguousListOfImages(t *testing.T) {
	s := fixture.New()
	root, other := s.Good(), s.Good()
	folder := t.TempDir()
	s.Layout(t, folder, called(root, specs.AnnotationRefName, "v1"))
	top := strings.Replace(string(fixture.TopOfLayout(called(root, specs.AnnotationRefName, "v1"))), `"digest":`,
		`"digest":"`+other.Digest.String()+`","digest":`, 1)
	if err := os.WriteFile(filepath.Join(folder, "index.json"), []byte(top), 0o644); err != nil {
		t.Fatal(err)
	}
	l, err := layout.Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, name := range []string{"", "v1"} {
		if _, err := l.Find(name); !errors.Is(err, layout.ErrNoLayout) ||
			!strings.Contains(err.Error(), `"digest" stands twice`) {
			t.Errorf("error %v", err)
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

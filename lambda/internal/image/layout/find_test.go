package layout_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/go-digest"
	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/lambda/internal/fixture"
	"archway/lambda/internal/image/layout"
)

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

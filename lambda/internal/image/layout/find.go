package layout

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/opencontainers/go-digest"
	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/lambda/internal/image/index"
)

// Reference names an image in a layout.
type Reference struct {
	Folder string
	// Name is that of an image in the layout, or its digest. Empty: the only one.
	Name string
}

// ParseReference reads FOLDER, FOLDER:NAME or FOLDER@DIGEST. What names a folder that is there is
// one, whatever colons it has.
func ParseReference(s string) Reference {
	if isFolder(s) {
		return Reference{Folder: s}
	}
	if folder, d, ok := strings.Cut(s, "@"); ok && digest.Digest(d).Validate() == nil {
		return Reference{Folder: folder, Name: d}
	}
	for at, c := range s { // names may hold colons too
		if c == ':' && isFolder(s[:at]) {
			return Reference{Folder: s[:at], Name: s[at+1:]}
		}
	}
	return Reference{Folder: s}
}

func isFolder(s string) bool {
	info, err := os.Stat(s)
	return err == nil && info.IsDir()
}

// String is the reference as it is written on the command line.
func (r Reference) String() string {
	switch {
	case r.Name == "":
		return "oci:" + r.Folder
	case digest.Digest(r.Name).Validate() == nil:
		return "oci:" + r.Folder + "@" + r.Name
	}
	return "oci:" + r.Folder + ":" + r.Name
}

// Annotations that name an image in index.json: the specification's, and containerd's for full
// names.
var nameAnnotations = []string{specs.AnnotationRefName, "io.containerd.image.name"}

// Find gives the digest of an image in the layout. Without a name it is the only one there; or, if
// index.json lists manifests for several platforms and names none of them, index.json itself, as
// go-containerregistry and what is built on it write an image index.
func (l *Layout) Find(name string) (digest.Digest, error) {
	entries := images(l.top.Body.Manifests)
	if odd := l.top.Ambiguous; len(odd) > 0 && (name != "" || !itself(entries)) {
		// If it is the image itself, a check says so.
		return "", fmt.Errorf("%w: two tools can read its index.json differently: %s",
			ErrNoLayout, strings.Join(odd, "; "))
	}
	if name != "" {
		for _, e := range entries {
			if e.Digest.String() == name || named(e, name) {
				return e.Digest, nil
			}
		}
		if d := digest.Digest(name); d.Validate() == nil {
			return d, nil // what only another index lists, or what is attached
		}
		if len(entries) > 0 {
			return "", fmt.Errorf("it holds no image called %q, but %s", name, l.choices())
		}
	}
	switch {
	case len(entries) == 0:
		return "", fmt.Errorf("%w: its index.json lists no image", ErrNoLayout)
	case itself(entries):
		return digest.FromBytes(l.raw), nil
	case len(entries) > 1:
		return "", fmt.Errorf("it holds several images: add a colon and the name of one, of %s", l.choices())
	}
	return entries[0].Digest, nil
}

func named(e specs.Descriptor, name string) bool {
	for _, key := range nameAnnotations {
		if e.Annotations[key] == name {
			return true
		}
	}
	return false
}

// cosignKind is the annotation by which "cosign save" tells the image that it has saved, whose
// value ends in image or imageIndex, from the signatures and attestations that are attached to it
// (https://github.com/sigstore/cosign/blob/main/pkg/oci/layout/index.go).
const (
	cosignKind   = "kind"
	cosignPrefix = "dev.cosignproject.cosign/"
)

// images are the entries of index.json without those that cosign has saved as attached to an image.
func images(entries []specs.Descriptor) []specs.Descriptor {
	return slices.DeleteFunc(slices.Clone(entries), func(e specs.Descriptor) bool {
		what, saved := strings.CutPrefix(e.Annotations[cosignKind], cosignPrefix)
		return saved && what != "image" && what != "imageIndex"
	})
}

// itself reports whether index.json is an image index and no list of images: it lists several, no
// entry has a name, and not all of them are indexes. One manifest alone is an image, although
// BuildKit writes its platform beside it: crane and Skopeo push it as what it is.
func itself(entries []specs.Descriptor) bool {
	indexes := 0
	for _, e := range entries {
		for _, key := range nameAnnotations {
			if e.Annotations[key] != "" {
				return false
			}
		}
		if index.IsIndexType(e.MediaType) {
			indexes++
		}
	}
	return len(entries) > 1 && indexes < len(entries)
}

// choices names some of the images.
func (l *Layout) choices() string {
	const most = 10
	var names []string
	all := images(l.top.Body.Manifests)
	for _, e := range all {
		if len(names) == most {
			return strings.Join(names, ", ") + fmt.Sprintf(" and %d more", len(all)-most)
		}
		name := e.Digest.String()
		for _, key := range nameAnnotations {
			if e.Annotations[key] != "" {
				name = e.Annotations[key]
				break
			}
		}
		names = append(names, fmt.Sprintf("%q", name))
	}
	return strings.Join(names, ", ")
}

// Resolve gives the digest of an image in the layout, as Find does.
func (l *Layout) Resolve(_ context.Context, name string) (digest.Digest, error) { return l.Find(name) }

// Serves gives the digest of an image in the layout, or "" if there is none of that name.
func (l *Layout) Serves(_ context.Context, name string) (digest.Digest, error) {
	for _, e := range l.top.Body.Manifests {
		if named(e, name) {
			return e.Digest, nil
		}
	}
	return "", nil
}

// maxAttached bounds how many manifests are looked at for what they are attached to.
const maxAttached = 100

// Referrers implements index.Referrers: manifests in index.json whose subject is the digest.
func (l *Layout) Referrers(ctx context.Context, d digest.Digest) ([]specs.Descriptor, error) {
	var found []specs.Descriptor
	for n, e := range l.top.Body.Manifests {
		if n == maxAttached {
			break
		}
		if e.Platform != nil || index.IsIndexType(e.MediaType) || e.Digest.Validate() != nil {
			continue
		}
		doc, err := l.Manifest(ctx, e.Digest)
		if err != nil {
			continue // it says nothing, then
		}
		if s := index.ParseManifest(doc.Bytes).Body.Subject; s != nil && s.Digest == d {
			found = append(found, e)
		}
	}
	return found, nil
}

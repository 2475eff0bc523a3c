package layout

import (
	"context"
	"fmt"
	"os"
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

// ParseReference reads FOLDER, FOLDER:NAME or FOLDER@DIGEST. What names a folder that is there is one, whatever colons it has.
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

// Annotations that name an image in index.json: the specification's, and containerd's for full names.
var nameAnnotations = []string{specs.AnnotationRefName, "io.containerd.image.name"}

// Find gives the digest of an image in the layout. Without a name it is the only one there; or, if index.json lists manifests
// for platforms and names none of them, index.json itself, as go-containerregistry and what is built on it write an image index.
func (l *Layout) Find(name string) (digest.Digest, error) {
	entries := l.top.Body.Manifests
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
			return d, nil // an image that only another index lists
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

// itself tells whether index.json is an image index and no list of images: no entry has a name, and what it lists are not only
// indexes, nor one manifest for whatever platform.
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
	if len(entries) == 1 {
		return entries[0].Platform != nil && indexes == 0
	}
	return indexes < len(entries)
}

// choices names some of the images.
func (l *Layout) choices() string {
	const most = 10
	var names []string
	for _, e := range l.top.Body.Manifests {
		if len(names) == most {
			return strings.Join(names, ", ") + fmt.Sprintf(" and %d more", len(l.top.Body.Manifests)-most)
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

package cli

import (
	"archive/tar"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/opencontainers/go-digest"
	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/lambda/internal/image/layout"
	"archway/lambda/internal/image/registry"
	"archway/lambda/internal/verdict/check"
)

// unpacked is an image that is unpacked to an OCI image layout before it is read, in a folder for
// temporary files that goes with it: an archive has no order in which a validator could read it.
type unpacked struct {
	prefix, path, name string
	// unpack fills the folder.
	unpack func(ctx context.Context, from string, to *os.Root) error
}

func (u unpacked) identifier() string { return u.name }

func (unpacked) place() check.Place { return check.Folder }

func (unpacked) access(context.Context) string { return "check the file's permissions" }

// String is the image as it is written on the command line.
func (u unpacked) String() string {
	if u.name != "" {
		return u.prefix + u.path + ":" + u.name
	}
	return u.prefix + u.path
}

func (u unpacked) open(ctx context.Context, _ options) (source, error) {
	folder, err := os.MkdirTemp("", "validate-")
	if err != nil {
		return nil, err
	}
	done := func(err error) (source, error) {
		_ = os.RemoveAll(folder)
		return nil, err
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return done(err)
	}
	defer root.Close()
	if err := u.unpack(ctx, u.path, root); err != nil {
		return done(fmt.Errorf("%s: %w", u.path, err))
	}
	l, err := layout.Open(folder)
	if err != nil {
		return done(err)
	}
	return temporary{l, folder}, nil
}

// temporary is a layout that goes when it is closed.
type temporary struct {
	*layout.Layout
	folder string
}

// Close implements source.
func (t temporary) Close() error { return errors.Join(t.Layout.Close(), os.RemoveAll(t.folder)) }

// archived reads FILE or FILE:NAME. What names a file that is there is one, whatever colons it has.
func archived(prefix, s string) (image, error) {
	u := unpacked{prefix: prefix, path: s, unpack: untar}
	for at, c := range s {
		if _, err := os.Stat(s); c == ':' && err != nil {
			if info, err := os.Stat(s[:at]); err == nil && info.Mode().IsRegular() {
				u.path, u.name = s[:at], s[at+1:]
				break
			}
		}
	}
	if s == "" {
		return nil, fmt.Errorf("%q names no file, expected %[1]sFILE", prefix)
	}
	return u, nil
}

// layoutFile is a file of a layout; archives hold others besides.
var layoutFile = regexp.MustCompile(`^(?:index\.json|oci-layout|blobs/[a-z0-9]+/[0-9a-f]+)$`)

// errNoArchive says that a tar file holds no OCI image layout.
var errNoArchive = errors.New(
	"holds no index.json of an OCI image layout, so that nothing is known of an index: it is not read; " +
		"use docker buildx build --output type=oci,dest=FILE, or docker save of Docker 25 or newer")

// untar unpacks the files of a layout.
func untar(ctx context.Context, from string, to *os.Root) error {
	file, err := os.Open(from)
	if err != nil {
		return cause(err)
	}
	defer file.Close()
	seen := false
	for r := tar.NewReader(file); ; {
		header, err := r.Next()
		switch {
		case errors.Is(err, io.EOF) && seen:
			return nil
		case errors.Is(err, io.EOF):
			return errNoArchive
		case err != nil:
			return fmt.Errorf("is no tar file that can be read: %w", err)
		}
		name := path.Clean(header.Name)
		if header.Typeflag != tar.TypeReg || !layoutFile.MatchString(name) {
			continue
		}
		seen = seen || name == "index.json"
		if err := create(ctx, to, name, r); err != nil {
			return err
		}
	}
}

func create(ctx context.Context, root *os.Root, name string, from io.Reader) error {
	if err := root.MkdirAll(path.Dir(name), 0o700); err != nil {
		return err
	}
	file, err := root.Create(name)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, ending{ctx, from})
	return errors.Join(err, file.Close())
}

// ending is a reader that ends with its context.
type ending struct {
	ctx  context.Context
	from io.Reader
}

// Read implements io.Reader.
func (e ending) Read(p []byte) (int, error) {
	if err := e.ctx.Err(); err != nil {
		return 0, err
	}
	return e.from.Read(p)
}

// blobName is how Skopeo calls a blob in a folder: by its digest alone, and a manifest that is not
// the first one with an ending.
// https://github.com/containers/image/blob/main/directory/directory_transport.go
var blobName = regexp.MustCompile(`^([0-9a-f]{64})(?:\.manifest\.json)?$`)

// undir makes a layout of a folder of Skopeo. Files are linked where that is possible, so that an
// image need not be copied.
func undir(ctx context.Context, from string, to *os.Root) error {
	const first = "manifest.json"
	manifest, err := os.ReadFile(filepath.Join(from, first))
	if err != nil {
		return fmt.Errorf("is no folder of skopeo copy --all IMAGE dir:FOLDER: %w", cause(err))
	}
	if len(manifest) > registry.MaxManifest {
		return fmt.Errorf("%s is larger than a manifest may be", first)
	}
	entries, err := os.ReadDir(from)
	if err != nil {
		return cause(err)
	}
	top := digest.FromBytes(manifest)
	names := map[string]string{top.Encoded(): first}
	for _, entry := range entries {
		if found := blobName.FindStringSubmatch(entry.Name()); found != nil && entry.Type().IsRegular() {
			names[found[1]] = entry.Name()
		}
	}
	const blobs = "blobs/sha256"
	if err := to.MkdirAll(blobs, 0o700); err != nil {
		return err
	}
	for encoded, name := range names {
		if _, err := hex.DecodeString(encoded); err != nil {
			continue
		}
		if err := link(ctx, filepath.Join(from, name), to, path.Join(blobs, encoded)); err != nil {
			return err
		}
	}
	var body struct{ MediaType string }
	_ = json.Unmarshal(manifest, &body) // what it is, a check says
	index := specs.Index{MediaType: specs.MediaTypeImageIndex, Manifests: []specs.Descriptor{
		{MediaType: body.MediaType, Digest: top, Size: int64(len(manifest))},
	}}
	index.SchemaVersion = 2
	text, err := json.Marshal(index)
	if err != nil {
		return err
	}
	return create(ctx, to, "index.json", strings.NewReader(string(text)))
}

// link makes a file appear in the root.
func link(ctx context.Context, from string, root *os.Root, name string) error {
	if os.Link(from, filepath.Join(root.Name(), filepath.FromSlash(name))) == nil {
		return nil
	}
	file, err := os.Open(from)
	if err != nil {
		return cause(err)
	}
	defer file.Close()
	return create(ctx, root, name, file)
}

// cause leaves off the path, which stands before it already.
func cause(err error) error {
	if e := (*fs.PathError)(nil); errors.As(err, &e) {
		return e.Err
	}
	return err
}

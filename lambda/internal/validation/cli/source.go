package cli

import (
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"github.com/opencontainers/go-digest"

	"archway/lambda/internal/image/index"
	"archway/lambda/internal/image/layout"
	"archway/lambda/internal/image/registry"
	"archway/lambda/internal/validation"
	"archway/lambda/internal/verdict/check"
)

// image is one IMAGE of the command line.
type image interface {
	fmt.Stringer
	// identifier is the tag or digest, or the name in a layout.
	identifier() string
	open(context.Context, options) (source, error)
	place() check.Place
	// access says what to do about a refusal.
	access(context.Context) string
}

// source is where an image is read from.
type source interface {
	validation.Source
	index.Referrers
	Layer(context.Context, digest.Digest) (io.ReadCloser, error)
	Close() error
}

const layoutPrefix = "oci:"

// unread are the names of places that are not read, and what to do instead.
var unread = map[string]string{
	"docker-daemon:": "use docker save IMAGE --output FILE, and docker-archive:FILE; " +
		"an engine without containerd's image store holds one platform alone, and no index",
	"containers-storage:": "use skopeo copy --all containers-storage:IMAGE oci:FOLDER, and oci:FOLDER",
	"docker://":           "leave docker:// off: HOST/REPOSITORY:TAG",
	"sif:":                "use skopeo copy --all to oci:FOLDER, and oci:FOLDER",
	"ostree:":             "use skopeo copy --all to oci:FOLDER, and oci:FOLDER",
}

// parseImage reads an IMAGE of the command line. Insecure are the registries that may speak plain
// HTTP.
func parseImage(s string, insecure ...string) (image, error) {
	if folder, ok := strings.CutPrefix(s, layoutPrefix); ok {
		if folder == "" {
			return nil, fmt.Errorf("%q names no folder, expected oci:FOLDER", s)
		}
		return inLayout{layout.ParseReference(folder)}, nil
	}
	for _, prefix := range []string{"oci-archive:", "docker-archive:"} {
		if file, ok := strings.CutPrefix(s, prefix); ok {
			return archived(prefix, file)
		}
	}
	if folder, ok := strings.CutPrefix(s, "dir:"); ok {
		if folder == "" {
			return nil, fmt.Errorf("%q names no folder, expected dir:FOLDER", s)
		}
		return unpacked{prefix: "dir:", path: folder, unpack: undir}, nil
	}
	for _, prefix := range slices.Sorted(maps.Keys(unread)) {
		if strings.HasPrefix(s, prefix) {
			return nil, fmt.Errorf("%q is not read: %s", s, unread[prefix])
		}
	}
	// A folder that is a layout is meant as one, also without "oci:".
	if reference := layout.ParseReference(s); isLayout(reference.Folder) {
		return inLayout{reference}, nil
	}
	const expected = "expected HOST/REPOSITORY:TAG or HOST/REPOSITORY@sha256:<64 hexadecimal digits>, the repository in lower case"
	switch {
	case strings.Contains(s, "://"):
		return nil, fmt.Errorf("%q is a URL, %s, without https://", s, expected)
	case strings.HasPrefix(s, "/"), strings.HasPrefix(s, "."), strings.HasPrefix(s, "~"):
		return nil,
			fmt.Errorf("%q is no image reference, %s; or, for an image in a folder, oci:%[1]s, and in a tar file, oci-archive:%[1]s",
				s, expected)
	}
	var how []name.Option
	if reference,
		err := name.ParseReference(s); err == nil && slices.Contains(insecure, reference.Context().RegistryStr()) {
		how = append(how, name.Insecure)
	}
	reference, err := name.ParseReference(s, how...)
	if err != nil {
		return nil, fmt.Errorf("%q is no image reference, %s", s, expected)
	}
	return inRegistry{reference}, nil
}

func isLayout(folder string) bool {
	info, err := os.Stat(filepath.Join(folder, "index.json"))
	return err == nil && info.Mode().IsRegular()
}

// inRegistry is an image in a registry, read with Docker's credentials.
type inRegistry struct{ name.Reference }

func (i inRegistry) identifier() string { return i.Identifier() }

func (inRegistry) place() check.Place { return check.Registry }

func (i inRegistry) open(ctx context.Context, o options) (source, error) {
	auth, err := authn.Resolve(ctx, authn.DefaultKeychain, i.Context())
	if err != nil {
		return nil, fmt.Errorf("read Docker's credentials: %w", err)
	}
	r, err := registry.Open(ctx, i.Context(), auth, transport.PullScope, registry.AtTerminal,
		registry.Allow(o.networks...))
	if err != nil {
		return nil, err
	}
	return remote{r}, nil
}

func (i inRegistry) access(ctx context.Context) string {
	registry := i.Context().RegistryStr()
	if auth, err := authn.Resolve(ctx, authn.DefaultKeychain, i.Context()); err == nil && auth != authn.Anonymous {
		return fmt.Sprintf("Docker's credentials for %s were refused or may not read this: log in again with docker login %[1]s, and check the name",
			registry)
	}
	return fmt.Sprintf("Docker's configuration has no credentials for %s: log in with docker login %[1]s, and check the name: many registries answer so for repositories that don't exist",
		registry)
}

type remote struct{ *registry.Repository }

func (remote) Close() error { return nil }

// inLayout is an image in an OCI image layout on this machine.
type inLayout struct{ layout.Reference }

func (i inLayout) identifier() string { return i.Name }

func (inLayout) place() check.Place { return check.Folder }

func (i inLayout) access(context.Context) string { return "check the files' permissions" }

func (i inLayout) open(context.Context, options) (source, error) { return layout.Open(i.Folder) }

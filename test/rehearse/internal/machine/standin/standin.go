package standin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"

	"archway/internal/dockerfile"
	"archway/internal/platform"
	"archway/test/internal/tools"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// Serve makes the stand-ins that the Dockerfiles (paths) name as base images,
// and those for the generators of bills of materials (references), unless the cache has them, and
// serves them until stop is called. host (127.0.0.1:port, plain HTTP) is a mirror of docker.io and
// public.ecr.aws. Base images without a stand-in are named on progress: BuildKit asks their real
// registry.
func Serve(ctx context.Context, dockerfiles, generators []string, progress io.Writer) (host string, stop func(),
	err error) {
	cache, err := tools.CacheDir()
	if err != nil {
		return "", nil, err
	}
	store, err := openStore(inStore(cache))
	if err != nil {
		return "", nil, fmt.Errorf("stand-ins: %w", err)
	}
	maker := &maker{ctx: ctx, store: store, progress: progress}
	references, err := namedImages(dockerfiles, maker.say)
	if err != nil {
		return "", nil, fmt.Errorf("stand-ins: %w", err)
	}
	for _, reference := range generators {
		if !slices.Contains(references, reference) {
			references = append(references, reference)
		}
	}
	tags, err := maker.makeAll(references)
	if err != nil {
		return "", nil, fmt.Errorf("stand-ins: %w", err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	server := &http.Server{Handler: &mirror{store, tags}}
	go server.Serve(listener)
	return listener.Addr().String(), func() { server.Close() }, nil
}

// namedImages returns what the Dockerfiles name, once each: in all stages, as nobody knows here
// which ones are built.
func namedImages(dockerfiles []string, say func(string, ...any)) ([]string, error) {
	var all []string
	for _, path := range dockerfiles {
		content, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		uses, err := dockerfile.Images(content, dockerfile.Build{Platforms: platform.All(), AllStages: true})
		if err != nil {
			say("%s: not understood: %v; BuildKit asks the real registries for what it names", filepath.Base(path), err)
		}
		for _, use := range uses {
			switch {
			case use.Image == "":
				say("%s: which image %q means can't be known from the file; BuildKit asks its real registry",
					filepath.Base(path), use.Text)
			case !slices.Contains(all, use.Image):
				all = append(all, use.Image)
			}
		}
	}
	return all, nil
}

// makeAll makes the images that have a stand-in, and returns what the mirror
// answers for them.
func (m *maker) makeAll(references []string) (map[string]v1.Hash, error) {
	unlock, err := m.store.lock()
	if err != nil {
		return nil, err
	}
	defer unlock()
	tags := map[string]v1.Hash{}
	made := map[string]v1.Descriptor{}
	for _, reference := range references {
		img, repository, tag, ok := find(reference)
		if !ok {
			m.say("%s has no stand-in: BuildKit asks its real registry; there are %s", reference, String())
			continue
		}
		index, ok := made[img.name]
		if !ok {
			if index, err = m.index(img); err != nil {
				return nil, err
			}
			made[img.name] = index
			m.say("%s is %s", reference, index.Digest)
		}
		tags[repository+":"+tag] = index.Digest
	}
	return tags, m.writeIndex(made)
}

// writeIndex names the images in the layout, for tools that read one; those that
// an earlier rehearsal made stay.
func (m *maker) writeIndex(made map[string]v1.Descriptor) error {
	const (
		file   = "index.json"
		naming = "org.opencontainers.image.ref.name"
	)
	var old v1.IndexManifest
	data, err := os.ReadFile(filepath.Join(m.store.dir, file))
	if err == nil {
		err = json.Unmarshal(data, &old)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	list := v1.IndexManifest{SchemaVersion: 2, MediaType: types.OCIImageIndex, Manifests: []v1.Descriptor{}}
	for _, img := range catalog {
		ref := img.name + ":" + img.version
		index, ok := made[img.name]
		for _, before := range old.Manifests {
			if !ok && before.Annotations[naming] == ref {
				index, ok = before, true
			}
		}
		if ok {
			index.Annotations = map[string]string{naming: ref}
			list.Manifests = append(list.Manifests, index)
		}
	}
	return m.store.writeJSON(file, list)
}

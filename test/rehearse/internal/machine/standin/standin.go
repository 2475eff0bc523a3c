package standin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"archway/internal/dockerfile"
	"archway/internal/platform"
	"archway/test/internal/tools"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// Options say which base images are needed.
type Options struct {
	// Dockerfiles are paths, and Generators references of generators of bills of materials.
	Dockerfiles, Generators []string
	// OnlyStandIns leaves the registries alone.
	OnlyStandIns bool
	// Transport, if set, leads to the registries.
	Transport http.RoundTripper
	Progress  io.Writer
}

// Mirror has base images.
type Mirror struct {
	// Host (127.0.0.1:port, plain HTTP) is a mirror of Registries.
	Host       string
	Registries []string
	// Bases are the images, in the order in which the Dockerfiles name them.
	Bases []Base

	server *http.Server
}

// Close stops it.
func (m *Mirror) Close() error { return m.server.Close() }

// Serve finds the base images that Dockerfiles name, and serves them until the mirror is closed:
// the originals where their registries answer, as they are now; those of an earlier rehearsal or
// stand-ins, which it makes unless the cache has them, where they don't. For what has neither,
// BuildKit asks the real registry.
func Serve(ctx context.Context, o Options) (*Mirror, error) {
	cache, err := tools.CacheDir()
	if err != nil {
		return nil, err
	}
	store, err := openStore(inStore(cache))
	if err != nil {
		return nil, fmt.Errorf("stand-ins: %w", err)
	}
	maker := &maker{ctx: ctx, store: store, progress: o.Progress}
	references, err := namedImages(o.Dockerfiles, maker.say)
	if err != nil {
		return nil, fmt.Errorf("stand-ins: %w", err)
	}
	for _, reference := range o.Generators {
		if !slices.Contains(references, reference) {
			references = append(references, reference)
		}
	}
	served := &mirror{store: store, tags: map[string]v1.Hash{}}
	m := &Mirror{Registries: slices.Sorted(maps.Keys(libraries))}
	bases := make([]resolved, len(references))
	if o.OnlyStandIns {
		for i, reference := range references {
			bases[i].Base = Base{Image: reference, From: StandIn, Why: "--stand-ins"}
		}
	} else if bases, err = served.look(ctx, inBases(cache), references, o); err != nil {
		return nil, fmt.Errorf("base images: %w", err)
	}
	if err := served.addStandIns(maker, bases); err != nil {
		return nil, fmt.Errorf("stand-ins: %w", err)
	}
	for i, b := range bases {
		m.Bases = append(m.Bases, b.Base)
		if b.From == Original || b.From == Cached {
			m.Registries = append(m.Registries, registryName(b.ref))
		}
		maker.mu.Lock()
		fmt.Fprintf(o.Progress, "base image: %s\n", bases[i])
		maker.mu.Unlock()
	}
	for i, registry := range m.Registries {
		if registry == name.DefaultRegistry {
			m.Registries[i] = "docker.io"
		}
	}
	slices.Sort(m.Registries)
	m.Registries = slices.Compact(m.Registries)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	m.Host = listener.Addr().String()
	m.server = &http.Server{Handler: served}
	go m.server.Serve(listener)
	return m, nil
}

// look finds the originals, and lets the mirror answer for them.
func (m *mirror) look(ctx context.Context, dir string, references []string, o Options) ([]resolved, error) {
	store, err := openStore(dir)
	if err != nil {
		return nil, err
	}
	if m.upstream, err = newUpstream(store, o.Transport); err != nil {
		return nil, err
	}
	bases := m.upstream.originals(ctx, references)
	for _, b := range bases {
		if b.From != Original && b.From != Cached {
			continue
		}
		repository := registryName(b.ref) + "/" + b.ref.Context().RepositoryStr()
		m.upstream.repositories[repository] = b.ref.Context()
		if _, ok := b.ref.(name.Tag); ok {
			m.tags[repository+":"+b.ref.Identifier()] = b.hash
		}
	}
	return bases, m.upstream.remember(bases)
}

// addStandIns makes the stand-ins for the images that are to have one.
func (m *mirror) addStandIns(maker *maker, bases []resolved) error {
	var references []string
	for _, b := range bases {
		if b.From == StandIn {
			references = append(references, b.Image)
		}
	}
	digests, err := maker.makeAll(references, m.tags)
	for i := range bases {
		if b := &bases[i]; b.From == StandIn {
			digest, ok := digests[b.Image]
			if !ok {
				b.From = Unknown
				b.Why += "; it has no stand-in"
				if os.Geteuid() != 0 {
					b.Why += " without root"
				}
				b.Why = strings.TrimPrefix(b.Why, "; ")
				continue
			}
			b.Digest = digest.String()
		}
	}
	return err
}

// Got says what the builds got.
func (b Base) Got() string {
	switch b.From {
	case Original:
		return "the original"
	case Cached:
		return "the original of an earlier rehearsal"
	case StandIn:
		return "a stand-in"
	}
	return "left to BuildKit, which asks its registry"
}

// String says it in a line.
func (b Base) String() string {
	line := b.Image + " is " + b.Got()
	if b.Digest != "" {
		line += ", " + b.Digest
	}
	if b.Why != "" {
		line += " (" + b.Why + ")"
	}
	return line
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

// makeAll makes the images that have a stand-in, says what the mirror answers for them, and returns
// their digests by reference.
func (m *maker) makeAll(references []string, tags map[string]v1.Hash) (map[string]v1.Hash, error) {
	digests := map[string]v1.Hash{}
	if len(references) == 0 {
		return digests, nil
	}
	unlock, err := m.store.lock()
	if err != nil {
		return nil, err
	}
	defer unlock()
	made := map[string]v1.Descriptor{}
	for _, reference := range references {
		img, repository, tag, ok := find(reference)
		// A root file system is made by root alone.
		if ok = ok && (os.Geteuid() == 0 || img.name == generatorName); !ok {
			m.say("%s has no stand-in: BuildKit asks its real registry; there are %s", reference, String())
			continue
		}
		index, ok := made[img.name]
		if !ok {
			if index, err = m.index(img); err != nil {
				return nil, err
			}
			made[img.name] = index
		}
		tags[repository+":"+tag], digests[reference] = index.Digest, index.Digest
	}
	return digests, m.writeIndex(made)
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

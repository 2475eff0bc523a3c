package standin

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"archway/internal/platform"
)

// Where a base image came from.
const (
	// Original is the image that its registry has now.
	Original = "registry"
	// Cached is the one that its registry had at an earlier rehearsal; today it does not answer.
	Cached = "cache"
	// StandIn is one of those that this package makes.
	StandIn = "stand-in"
	// Unknown is none: BuildKit asks the registry itself, and says what it says.
	Unknown = "unknown"
)

// Base is an image that a Dockerfile names, and what the builds got for it.
type Base struct {
	Image string `json:"image"`
	From  string `json:"from"`
	// Digest is empty if nothing is known of the image.
	Digest string `json:"digest,omitempty"`
	// Why says why it is not the original.
	Why string `json:"why,omitempty"`
}

// resolved is a base image with the key under which the mirror is asked for it.
type resolved struct {
	Base
	ref  name.Reference
	hash v1.Hash
}

// originals looks for the images in their registries, all at the same time, and then in the cache.
// Those whose registry does not answer, and that the cache lacks, are to have stand-ins.
func (u *upstream) originals(ctx context.Context, references []string) []resolved {
	all := make([]resolved, len(references))
	done := make(chan struct{})
	for i, reference := range references {
		go func() {
			all[i] = u.original(ctx, reference)
			done <- struct{}{}
		}()
	}
	for range references {
		<-done
	}
	return all
}

func (u *upstream) original(ctx context.Context, reference string) resolved {
	found := resolved{Base: Base{Image: reference, From: Unknown}}
	var err error
	if found.ref, err = name.ParseReference(reference); err != nil {
		found.Why = err.Error()
		return found
	}
	ctx, cancel := context.WithTimeout(ctx, answerLimit)
	defer cancel()
	descriptor, err := u.puller.Head(ctx, found.ref)
	switch {
	case err == nil:
		found.From, found.hash = Original, descriptor.Digest
	case answers(err):
		found.Why = "its registry says: " + firstLine(err)
	default:
		found.Why = registryName(found.ref) + " does not answer: " + firstLine(err)
		found.From = StandIn
		if hash, ok := u.remembered(reference); ok {
			found.From, found.hash = Cached, hash
		}
	}
	if found.hash != (v1.Hash{}) {
		found.Digest = found.hash.String()
	}
	return found
}

// memory is the file of the cache that says which digests names had.
const memory = "names.json"

func (u *upstream) names() (map[string]v1.Hash, error) {
	names := map[string]v1.Hash{}
	data, err := os.ReadFile(filepath.Join(u.store.dir, memory))
	if errors.Is(err, fs.ErrNotExist) {
		return names, nil
	}
	if err == nil {
		err = json.Unmarshal(data, &names)
	}
	return names, err
}

// remember writes down which digests names have now.
func (u *upstream) remember(bases []resolved) error {
	unlock, err := u.store.lock()
	if err != nil {
		return err
	}
	defer unlock()
	names, err := u.names()
	if err != nil {
		return err
	}
	for _, b := range bases {
		if b.From == Original {
			names[b.Image] = b.hash
		}
	}
	return u.store.writeJSON(memory, names)
}

// remembered finds an image in the cache if all of it is there, for each platform that it has and
// that pipelines build.
func (u *upstream) remembered(reference string) (v1.Hash, bool) {
	names, err := u.names()
	hash, ok := names[reference]
	return hash, err == nil && ok && u.whole(hash)
}

func (u *upstream) whole(hash v1.Hash) bool {
	data, err := os.ReadFile(u.store.blobPath(hash))
	if err != nil {
		return false
	}
	var manifest struct {
		Manifests []v1.Descriptor `json:"manifests"`
		Config    v1.Descriptor   `json:"config"`
		Layers    []v1.Descriptor `json:"layers"`
	}
	if json.Unmarshal(data, &manifest) != nil {
		return false
	}
	parts, isIndex := append(manifest.Layers, manifest.Config), len(manifest.Manifests) > 0
	if isIndex {
		parts = nil
		for _, m := range manifest.Manifests {
			if built(m.Platform) {
				parts = append(parts, m)
			}
		}
	}
	for _, part := range parts {
		info, err := os.Stat(u.store.blobPath(part.Digest))
		if err != nil || info.Size() != part.Size || isIndex && !u.whole(part.Digest) {
			return false
		}
	}
	return len(parts) > 0
}

// built reports whether pipelines build for a platform.
func built(of *v1.Platform) bool {
	for _, p := range platform.All() {
		if of != nil && of.OS == p.OS() && of.Architecture == p.Arch() {
			return true
		}
	}
	return false
}

// registryName is what people call a registry.
func registryName(ref name.Reference) string {
	if registry := ref.Context().RegistryStr(); registry != name.DefaultRegistry {
		return registry
	}
	return "docker.io"
}

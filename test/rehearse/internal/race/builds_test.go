package race_test

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	ggcr "github.com/google/go-containerregistry/pkg/v1/types"
)

// build does what the buildspecs do: an image by digest, an index of the images
// that it is given, or a smoke test.
func (w *world) build(ctx context.Context, environment map[string]string) (map[string]string, error) {
	w.mu.Lock()
	delay, hold := w.delay, w.hold
	w.mu.Unlock()
	if hold != nil {
		hold(ctx)
	}
	time.Sleep(delay)
	if environment["INDEX_DIGEST"] != "" {
		w.mu.Lock()
		smoke := w.smoke
		w.mu.Unlock()
		if smoke == nil {
			return nil, nil
		}
		return nil, smoke(environment)
	}
	repository, err := name.NewRepository(environment["REPOSITORY_URI"])
	if err != nil {
		return nil, err
	}
	options := []remote.Option{remote.WithAuth(w.auth), remote.WithTransport(w.http), remote.WithContext(ctx)}
	if environment["PLATFORM"] != "" {
		if skipped, err := leftOut(environment); skipped || err != nil {
			return map[string]string{"IMAGE_DIGEST": "none"}, err
		}
		image, err := image(environment["PLATFORM"], environment["COMMIT_ID"])
		if err == nil {
			image, err = w.spoiled(image, environment["PLATFORM"])
		}
		if err != nil {
			return nil, err
		}
		digest, err := image.Digest()
		if err != nil {
			return nil, err
		}
		return map[string]string{"IMAGE_DIGEST": digest.String()}, remote.Write(repository.Digest(digest.String()), image, options...)
	}
	w.mu.Lock()
	w.clock = w.clock.Add(time.Second)
	created := w.clock.Format(time.RFC3339)
	w.mu.Unlock()
	index := mutate.IndexMediaType(empty.Index, ggcr.OCIImageIndex)
	for pair := range strings.FieldsSeq(environment["IMAGE_DIGESTS"]) {
		platform, digest, _ := strings.Cut(pair, "=")
		if digest == "none" {
			continue
		}
		image, err := remote.Image(repository.Digest(digest), options...)
		if err != nil {
			return nil, err
		}
		parsed, err := v1.ParsePlatform(platform)
		if err != nil {
			return nil, err
		}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: image, Descriptor: v1.Descriptor{Platform: parsed}})
	}
	annotated := mutate.Annotations(index, map[string]string{
		"org.opencontainers.image.revision": environment["COMMIT_ID"], "org.opencontainers.image.created": created,
	}).(v1.ImageIndex)
	digest, err := annotated.Digest()
	if err != nil {
		return nil, err
	}
	return map[string]string{"INDEX_DIGEST": digest.String()}, remote.WriteIndex(repository.Digest(digest.String()), annotated, options...)
}

// spoiled is what a build yields that goes wrong.
func (w *world) spoiled(image v1.Image, platform string) (v1.Image, error) {
	w.mu.Lock()
	spoil := w.spoil
	w.mu.Unlock()
	if spoil == nil {
		return image, nil
	}
	architecture, err := spoil(platform)
	if err != nil || architecture == "" {
		return image, err
	}
	config, err := image.ConfigFile()
	if err != nil {
		return nil, err
	}
	config = config.DeepCopy()
	config.Architecture = architecture
	return mutate.ConfigFile(image, config)
}

// spoils makes builds go wrong from now on.
func (w *world) spoils(spoil func(platform string) (architecture string, err error)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.spoil = spoil
}

// leftOut tells whether the build rule of an execution leaves out a platform.
func leftOut(environment map[string]string) (bool, error) {
	var rules map[string]struct{ Skip bool }
	if text := environment["RULES"]; text != "" {
		if err := json.Unmarshal([]byte(text), &rules); err != nil {
			return false, err
		}
	}
	return rules[environment["RULE"]].Skip, nil
}

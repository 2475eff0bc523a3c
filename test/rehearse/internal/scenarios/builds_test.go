package scenarios_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/opencontainers/go-digest"
	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/internal/settings"
)

// build does what the buildspecs do, with the credentials of its project's role:
// an image by digest, an index of the images that the builds of its execution have
// put out, or a smoke test.
func (w *world) build(ctx context.Context, environment map[string]string) (map[string]string, error) {
	w.mu.Lock()
	delay, hold := w.delay, w.hold
	w.built = append(w.built, environment)
	w.mu.Unlock()
	if hold != nil {
		hold(ctx)
	}
	time.Sleep(delay)
	if err := wellFormed(environment); err != nil {
		return nil, err
	}
	b, err := w.identity(ctx, environment)
	if err != nil {
		return nil, err
	}
	switch {
	case environment["VALIDATE_ACTION"] != "":
		return nil, b.smokeTest(ctx)
	case environment["BUILDS"] != "":
		return b.merge(ctx)
	}
	return b.native(ctx)
}

var (
	commitID    = regexp.MustCompile(`^[0-9a-f]{40}$`)
	executionID = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
)

// wellFormed checks what the buildspecs check first.
func wellFormed(environment map[string]string) error {
	if id := environment["EXECUTION_ID"]; !executionID.MatchString(id) {
		return fmt.Errorf("EXECUTION_ID is %q", id)
	}
	if commit := environment["CODEBUILD_RESOLVED_SOURCE_VERSION"]; !commitID.MatchString(commit) {
		return fmt.Errorf("CODEBUILD_RESOLVED_SOURCE_VERSION is %q", commit)
	}
	return nil
}

// native builds an image for one platform, and leaves its cache.
func (b *identity) native(ctx context.Context) (map[string]string, error) {
	if skipped, err := b.leftOut(ctx); skipped || err != nil {
		return map[string]string{settings.ImageDigest: settings.None}, err
	}
	cache, err := name.NewTag(b.environment["CACHE_REF"])
	if err != nil {
		return nil, err
	}
	if err := b.pull(ctx, cache); err != nil && !missing(err) {
		return nil, fmt.Errorf("the cache: %w", err)
	}
	platform := b.environment["PLATFORM"]
	made, err := image(platform, b.commit())
	if err == nil {
		made, err = b.world.spoiled(made, platform)
	}
	if err != nil {
		return nil, err
	}
	digest, err := made.Digest()
	if err != nil {
		return nil, err
	}
	left, err := image(platform, "cache of "+b.commit())
	if err != nil {
		return nil, err
	}
	out := digest.String()
	if b.world.forge != nil {
		out = b.world.forge(out)
	}
	return map[string]string{settings.ImageDigest: out}, errors.Join(
		remote.Write(b.repository.Digest(digest.String()), made, b.remote(ctx)...),
		remote.Write(cache, left, b.remote(ctx)...))
}

// leftOut reports whether the build rule of an execution leaves out a platform.
func (b *identity) leftOut(ctx context.Context) (bool, error) {
	text := b.environment["RULES"]
	if text == "" {
		return false, nil
	}
	var rules map[string]struct{ Skip bool }
	if err := json.Unmarshal([]byte(text), &rules); err != nil {
		return false, err
	}
	asked, err := b.rule(ctx)
	if err != nil {
		return false, err
	}
	rule, ok := rules[asked]
	if !ok {
		return false, fmt.Errorf("there is no build rule %q", asked)
	}
	return rule.Skip, nil
}

// merge puts an index of what the builds of this execution have put out.
func (b *identity) merge(ctx context.Context) (map[string]string, error) {
	var builds map[string]string // actions by platform
	if err := json.Unmarshal([]byte(b.environment["BUILDS"]), &builds); err != nil {
		return nil, err
	}
	outputs, err := b.outputs(ctx, settings.StageBuild, slices.Collect(maps.Values(builds)))
	if err != nil {
		return nil, err
	}
	w := b.world
	w.mu.Lock()
	w.clock = w.clock.Add(time.Second)
	created := w.clock.Format(time.RFC3339)
	w.mu.Unlock()
	index := specs.Index{MediaType: specs.MediaTypeImageIndex, Annotations: map[string]string{
		specs.AnnotationRevision: b.commit(), specs.AnnotationCreated: created,
	}}
	index.SchemaVersion = 2
	for platform, action := range builds {
		built := outputs[action][settings.ImageDigest]
		if built == settings.None {
			continue
		}
		from, err := name.NewDigest(b.repository.Name() + "@" + built)
		if err != nil {
			return nil, err
		}
		found, err := remote.Get(from, b.remote(ctx)...)
		if err != nil {
			return nil, err
		}
		os, architecture, _ := strings.Cut(platform, "/")
		index.Manifests = append(index.Manifests, specs.Descriptor{
			MediaType: string(found.MediaType), Size: found.Size, Digest: digest.Digest(found.Digest.String()),
			Platform: &specs.Platform{OS: os, Architecture: architecture},
		})
	}
	slices.SortFunc(index.Manifests, func(x, y specs.Descriptor) int {
		return strings.Compare(x.Platform.Architecture, y.Platform.Architecture)
	})
	manifest, err := json.Marshal(index)
	if err != nil {
		return nil, err
	}
	d := digest.FromBytes(manifest).String()
	_, err = b.ecr.PutImage(ctx, &ecr.PutImageInput{
		RepositoryName: aws.String(b.repository.RepositoryStr()), ImageManifest: aws.String(string(manifest)),
		ImageManifestMediaType: aws.String(specs.MediaTypeImageIndex), ImageDigest: &d,
	})
	if exists := (*types.ImageAlreadyExistsException)(nil); errors.As(err, &exists) {
		err = nil
	}
	return map[string]string{settings.IndexDigest: d}, err
}

// smokeTest pulls the image of one platform, and asks the test how it does.
func (b *identity) smokeTest(ctx context.Context) error {
	action := b.environment["VALIDATE_ACTION"]
	outputs, err := b.outputs(ctx, settings.StageValidate, []string{action})
	if err != nil {
		return err
	}
	index, platform := outputs[action][settings.Digest], b.environment["PLATFORM"]
	if !slices.Contains(strings.Split(outputs[action][settings.Platforms], ","), platform) {
		return nil
	}
	parsed, err := v1.ParsePlatform(platform)
	if err == nil {
		err = b.pull(ctx, b.repository.Digest(index), remote.WithPlatform(*parsed))
	}
	if err != nil {
		return err
	}
	b.world.mu.Lock()
	smoke := b.world.smoke
	b.world.mu.Unlock()
	if smoke == nil {
		return nil
	}
	return smoke(platform, index)
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

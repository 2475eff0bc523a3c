package check_test

import (
	"bytes"
	"io"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/lambda/internal/fixture"
	"archway/lambda/internal/fixture/layertest"
	"archway/lambda/internal/image/registry"
	"archway/lambda/internal/retry"
	"archway/lambda/internal/validation"
	"archway/lambda/internal/verdict/check"
)

// Images that go-containerregistry makes, as ko and crane do: our own idea of an image has no part
// in them. They are judged rightly.
func TestImagesOfOtherTools(t *testing.T) {
	for _, test := range []struct {
		name   string
		make   func(*testing.T) v1.ImageIndex
		report []string
	}{
		{"like ko", func(t *testing.T) v1.ImageIndex {
			return appended(t, types.OCIImageIndex, made(t, types.OCIManifestSchema1, "amd64", "amd64"),
				made(t, types.OCIManifestSchema1, "arm64", "arm64"))
		}, nil},
		{"Docker manifest list", func(t *testing.T) v1.ImageIndex {
			return appended(t, types.DockerManifestList, made(t, types.DockerManifestSchema2, "amd64", "amd64"),
				made(t, types.DockerManifestSchema2, "arm64", "arm64"))
		}, nil},
		{"crane index append of Docker images", func(t *testing.T) v1.ImageIndex {
			return appended(t, types.OCIImageIndex, made(t, types.DockerManifestSchema2, "amd64", "amd64"),
				made(t, types.DockerManifestSchema2, "arm64", "arm64"))
		}, []string{"warning mixed-family"}},
		{"zstd layers", func(t *testing.T) v1.ImageIndex {
			amd64, arm64 := made(t, types.OCIManifestSchema1, "amd64", "amd64"),
				made(t, types.OCIManifestSchema1, "arm64", "arm64")
			layer, err := random.Layer(100, types.OCILayerZStd)
			must(t, err)
			arm64.Add, err = mutate.AppendLayers(arm64.Add.(v1.Image), layer)
			must(t, err)
			return appended(t, types.OCIImageIndex, amd64, arm64)
		}, nil},
		{"an image built for the wrong platform", func(t *testing.T) v1.ImageIndex {
			return appended(t, types.OCIImageIndex, made(t, types.OCIManifestSchema1, "amd64", "amd64"),
				made(t, types.OCIManifestSchema1, "arm64", "amd64"))
		}, []string{"error config-platform linux/arm64", "error entry-elf linux/arm64"}},
		{"random images without platforms", func(t *testing.T) v1.ImageIndex {
			index, err := random.Index(100, 1, 2)
			must(t, err)
			return index
		}, []string{
			"error config-platform no-os/no-architecture", "error config-platform no-os/no-architecture",
			"error platform-set linux/amd64", "error platform-set linux/arm64",
			"error platform-shape no-os/no-architecture", "error platform-shape no-os/no-architecture",
			"warning mixed-family",
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := fixture.Serve(t)
			tag, err := name.NewTag(s.Host + "/app:latest")
			must(t, err)
			must(t, remote.WriteIndex(tag, test.make(t)))
			repository, err := registry.Open(t.Context(), tag.Context(), authn.Anonymous, transport.PullScope,
				retry.Policy{First: time.Millisecond})
			must(t, err)
			verdict, err := validation.OfTag(t.Context(), repository, "latest",
				check.Want{Platforms: []specs.Platform{fixture.AMD64, fixture.ARM64}})
			must(t, err)
			if diff := cmp.Diff(test.report, short(verdict.Findings)); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
		})
	}
}

// made is an image as an entry for one architecture, whose config may name another.
func made(t *testing.T, kind types.MediaType, entry, config string) mutate.IndexAddendum {
	t.Helper()
	layerType, configType := types.DockerLayer, types.DockerConfigJSON
	if kind == types.OCIManifestSchema1 {
		layerType, configType = types.OCILayer, types.OCIConfigJSON
	}
	archive := layertest.Tar(layertest.Exe("ko-app/app", layertest.Static(config)),
		layertest.Plain("ko-app/for", []byte(entry)))
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(archive)),
			nil
	}, tarball.WithMediaType(layerType))
	must(t, err)
	image := mutate.ConfigMediaType(mutate.MediaType(empty.Image, kind), configType)
	image, err = mutate.AppendLayers(image, layer)
	must(t, err)
	file, err := image.ConfigFile()
	must(t, err)
	file = file.DeepCopy()
	file.OS, file.Architecture = "linux", config
	file.Config.Entrypoint = []string{"/ko-app/app"}
	image, err = mutate.ConfigFile(image, file)
	must(t, err)
	return mutate.IndexAddendum{Add: image,
		Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: entry}}}
}

func appended(t *testing.T, kind types.MediaType, images ...mutate.IndexAddendum) v1.ImageIndex {
	t.Helper()
	return mutate.AppendManifests(mutate.IndexMediaType(empty.Index, kind), images...)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

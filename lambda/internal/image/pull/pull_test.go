package pull_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/go-digest"
	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/lambda/internal/fixture"
	"archway/lambda/internal/image/index"
	"archway/lambda/internal/image/pull"
)

// as gives an entry another platform, or none.
func as(d specs.Descriptor, p *specs.Platform) specs.Descriptor {
	d.Platform = p
	return d
}

func linux(architecture, variant string) *specs.Platform {
	return &specs.Platform{OS: "linux", Architecture: architecture, Variant: variant}
}

// Each row: what an amd64 node gets by containerd's default rule, its strict one, and CRI-O's; then
// the same for an arm64 node.
func TestNodesPullByTheirRuntimesRules(t *testing.T) {
	for _, test := range []struct {
		name string
		make func(*fixture.Store) digest.Digest
		want [6]string
	}{
		{"the portable answer", func(s *fixture.Store) digest.Digest { return s.Good().Digest },
			[6]string{"linux/amd64", "linux/amd64", "linux/amd64", "linux/arm64", "linux/arm64", "linux/arm64"}},
		{"arm64 with v8", func(s *fixture.Store) digest.Digest { return s.Index(s.Linux("arm64", "v8")).Digest },
			[6]string{"", "", "", "linux/arm64/v8", "linux/arm64/v8", "linux/arm64/v8"}},
		{"v8 is what CRI-O looks for first, and containerd takes the first of the two",
			func(s *fixture.Store) digest.Digest {
				return s.Index(s.Linux("arm64", ""), s.Linux("arm64", "v8")).Digest
			}, [6]string{"", "", "", "linux/arm64", "linux/arm64", "linux/arm64/v8"}},
		{"newer variants are for newer nodes", func(s *fixture.Store) digest.Digest {
			return s.Index(s.Linux("amd64", "v3"), s.Linux("arm64", "v9")).Digest
		}, [6]string{"", "", "", "", "", ""}},
		{"the variant v1 is a spelling that CRI-O doesn't know", func(s *fixture.Store) digest.Digest {
			return s.Index(s.Linux("amd64", "v1")).Digest
		}, [6]string{"linux/amd64/v1", "linux/amd64/v1", "", "", "", ""}},
		{"32-bit images are taken by containerd's default rule alone", func(s *fixture.Store) digest.Digest {
			return s.Index(s.Linux("386", ""), s.Linux("arm", "v6"), s.Linux("arm", "v7")).Digest
		}, [6]string{"linux/386", "", "", "linux/arm/v7", "", ""}},
		{"a spelling that containerd understands", func(s *fixture.Store) digest.Digest {
			return s.Index(as(s.Linux("amd64", ""), linux("x86_64", "")),
				as(s.Linux("arm64", ""), linux("aarch64", ""))).Digest
		}, [6]string{"linux/x86_64", "linux/x86_64", "", "linux/aarch64", "linux/aarch64", ""}},
		{"an entry without a platform goes by its config, or to anybody", func(s *fixture.Store) digest.Digest {
			return s.Index(as(s.Linux("amd64", ""), nil)).Digest
		}, [6]string{"none, for linux/amd64", "none, for linux/amd64", "none, for linux/amd64", "", "",
			"none, for linux/amd64"}},
		{"an entry without a platform comes last", func(s *fixture.Store) digest.Digest {
			return s.Index(as(s.Linux("arm64", ""), nil), s.Linux("arm64", "")).Digest
		}, [6]string{"", "", "none, for linux/arm64", "linux/arm64", "linux/arm64", "linux/arm64"}},
		{"a Docker list without a platform", func(s *fixture.Store) digest.Digest {
			docker := s.Image(fixture.ImageSpec{Platform: fixture.AMD64, Docker: true})
			return s.DockerList(as(docker, nil)).Digest
		}, [6]string{"none, for linux/amd64", "none, for linux/amd64", "", "", "", ""}},
		{"an index inside the index", func(s *fixture.Store) digest.Digest {
			return s.Index(as(s.Index(s.Linux("arm64", "")), nil), s.Linux("amd64", "")).Digest
		}, [6]string{"linux/amd64", "linux/amd64", "linux/amd64", "linux/arm64", "linux/arm64", ""}},
		{"an index inside the index that has nothing", func(s *fixture.Store) digest.Digest {
			return s.Index(as(s.Index(s.Linux("amd64", "")), &fixture.ARM64)).Digest
		}, [6]string{"", "", "", "", "", ""}},
		{"an index inside the index that is gone", func(s *fixture.Store) digest.Digest {
			gone := as(s.Index(s.Linux("amd64", "")), nil)
			s.Forget(gone.Digest)
			return s.Index(gone).Digest
		}, [6]string{"", "", "", "", "", ""}},
		{"a layer among the entries", func(s *fixture.Store) digest.Digest {
			return s.Index(specs.Descriptor{MediaType: specs.MediaTypeImageLayerGzip,
				Digest: s.PutBlob([]byte("layer")), Size: 5}).Digest
		}, [6]string{"", "", "", "", "", ""}},
		{"zstd wins between equals for CRI-O", func(s *fixture.Store) digest.Digest {
			zstd := s.Linux("amd64", "")
			zstd.Annotations = map[string]string{"io.github.containers.compression.zstd": "true"}
			return s.Index(s.Linux("amd64", ""), zstd).Digest
		}, [6]string{"linux/amd64", "linux/amd64", "linux/amd64 (second)", "", "", ""}},
		{"a single image is for everybody", func(s *fixture.Store) digest.Digest { return s.Linux("s390x", "").Digest },
			[6]string{"none, for linux/s390x", "none, for linux/s390x", "none, for linux/s390x",
				"none, for linux/s390x", "none, for linux/s390x", "none, for linux/s390x"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := fixture.New()
			image, err := index.Get(t.Context(), s, test.make(s), nil)
			if err != nil {
				t.Fatal(err)
			}
			var got [6]string
			for n, c := range pull.Choices(image) {
				for m, e := range []*index.Entry{c.Containerd, c.Strict, c.CRIO} {
					got[3*n+m] = named(image, e)
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func named(i *index.Image, e *index.Entry) string {
	switch {
	case e == nil:
		return ""
	case e.Descriptor.Platform == nil:
		p := e.Config.Platform()
		return "none, for " + index.Name(&p)
	case len(i.Entries) > 1 && e == i.Entries[1] &&
		index.Name(i.Entries[0].Descriptor.Platform) == index.Name(e.Descriptor.Platform):
		return index.Name(e.Descriptor.Platform) + " (second)"
	}
	return index.Name(e.Descriptor.Platform)
}

func TestNothingIsPulledOfWhatIsNoImage(t *testing.T) {
	if got := pull.Choices(&index.Image{State: index.Missing}); got != nil {
		t.Errorf("%+v", got)
	}
}

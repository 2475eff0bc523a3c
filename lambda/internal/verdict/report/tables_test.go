package report

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/go-digest"
	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/lambda/internal/fixture"
	"archway/lambda/internal/image/index"
)

func TestEverythingInAnIndexHasAName(t *testing.T) {
	s := fixture.New()
	bare := s.Linux("arm64", "")
	bare.Platform = nil
	none := bare
	none.Digest = digest.FromString("gone")
	artifact := s.Linux("arm64", "")
	artifact.Platform, artifact.ArtifactType = nil, "application/vnd.example"
	layer := specs.Descriptor{MediaType: specs.MediaTypeImageLayerGzip, Digest: s.PutBlob([]byte("layer")), Size: 5}
	amd64 := s.Linux("amd64", "")
	image, err := index.Get(t.Context(), s,
		s.Index(amd64, bare, none, s.Attest(amd64), s.Index(), layer, artifact).Digest, nil)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range image.Entries {
		got = append(got, platformOf(e))
	}
	want := []string{"linux/amd64", "linux/arm64", "(none)", "(attestation)", "(index)", "(no manifest)", "(artifact)"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

package index_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/go-digest"
	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/lambda/internal/fixture"
	"archway/lambda/internal/image/index"
	"archway/lambda/internal/image/registry"
)

// attached is a source that lists what it is told to, in place of what is attached.
type attached struct {
	*counting
	list []specs.Descriptor
	err  error
}

func (a attached) Referrers(context.Context, digest.Digest) ([]specs.Descriptor, error) {
	return a.list, a.err
}

// bare is a source that knows nothing of what is attached.
type bare struct{ index.Source }

func TestProvenanceThatIsAttached(t *testing.T) {
	s := fixture.New()
	image, other := s.Linux("amd64", ""), s.Linux("arm64", "")
	about := func(of specs.Descriptor) specs.Descriptor {
		return s.Refer(of, index.DSSE, fixture.Envelope(s.Statement(of, nil), false))
	}
	mine, another, gone := about(image), about(other), about(image)
	s.Forget(gone.Digest)
	changed := about(image)
	s.Replace(changed.Digest, s.Manifests[another.Digest].Bytes)
	asIndex, bad := about(image), about(image)
	asIndex.MediaType, bad.Digest = registry.OCIIndex, "sha256:short"
	inside := s.Index(image, s.Attest(image))
	outside := s.Index(image)
	for _, test := range []struct {
		name  string
		root  specs.Descriptor
		list  []specs.Descriptor
		want  []string
		limit string
	}{
		{"one", outside, []specs.Descriptor{mine}, []string{"the referrer " + mine.Digest.String()}, ""},
		{"two", outside, []specs.Descriptor{mine, about(image)}, nil, ""},
		{"about another image", outside, []specs.Descriptor{another}, []string{}, ""},
		{"gone, changed, an index, no digest", outside, []specs.Descriptor{gone, changed, asIndex, bad}, []string{},
			""},
		{"not asked, as the index holds one", inside, []specs.Descriptor{mine},
			[]string{"the attestation manifests[1]"}, ""},
		{"as many as are read", outside, slices.Repeat([]specs.Descriptor{another}, 32), []string{}, ""},
		{"more than are read", outside, append(slices.Repeat([]specs.Descriptor{another}, 32), mine), []string{},
			"more than 32 manifests are attached"},
		{"as many statements as are read", outside, slices.Repeat([]specs.Descriptor{mine}, 16), nil, ""},
		{"more statements than are read", outside, slices.Repeat([]specs.Descriptor{mine}, 17), nil,
			"more than 16 statements"},
	} {
		t.Run(test.name, func(t *testing.T) {
			source := attached{source(s), test.list, nil}
			i := get(t, source, test.root.Digest)
			if err := index.ReadProvenance(t.Context(), source, i); err != nil {
				t.Fatal(err)
			}
			got := []string{}
			for _, a := range i.Images()[0].Provenance {
				if a.Err != nil || a.State != index.Read || !slices.Contains(a.Subjects, image.Digest.String()) {
					t.Errorf("%+v", a)
				}
				got = append(got, a.Where)
			}
			if test.want == nil {
				if n := min(len(test.list), 16); len(got) != n {
					t.Errorf("%d statements, want %d", len(got), n)
				}
			} else if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
			var limits string
			for _, l := range i.Limits {
				limits += l.Text
				if l.Cure == "" {
					t.Errorf("no cure of %q", l.Text)
				}
			}
			if (limits == "") != (test.limit == "") || !strings.Contains(limits, test.limit) {
				t.Errorf("limits %q, want %q", limits, test.limit)
			}
		})
	}

	i := get(t, s, outside.Digest)
	if err := index.ReadProvenance(t.Context(), bare{s}, i); err != nil || len(i.Images()[0].Provenance) > 0 {
		t.Errorf("without knowledge of what is attached: %v, %v", i.Images()[0].Provenance, err)
	}
	failed := errors.New("no list")
	if err := index.ReadProvenance(t.Context(), attached{source(s), nil, failed}, i); !errors.Is(err, failed) {
		t.Errorf("error %v", err)
	}
	// The manifest, and the statement itself.
	for _, d := range []digest.Digest{mine.Digest,
		index.ParseManifest(s.Manifests[mine.Digest].Bytes).Body.Layers[0].Digest} {
		c := source(s)
		c.fail = d
		if err := index.ReadProvenance(t.Context(), attached{c, []specs.Descriptor{mine}, nil},
			get(t, s, outside.Digest)); !errors.Is(err, registry.ErrUnavailable) {
			t.Errorf("error %v", err)
		}
	}
}

func TestStatementsThatCannotBeRead(t *testing.T) {
	for name, test := range map[string]struct {
		change func(s *fixture.Store, blob digest.Digest)
		state  index.State
	}{
		"missing":     {func(s *fixture.Store, d digest.Digest) { s.Forget(d) }, index.Missing},
		"other bytes": {func(s *fixture.Store, d digest.Digest) { s.Replace(d, []byte("{}")) }, index.OtherBytes},
		"too large":   {func(s *fixture.Store, d digest.Digest) { s.Blobs[d] = make([]byte, 4<<20+1) }, index.TooLarge},
	} {
		s := fixture.New()
		image := s.Linux("amd64", "")
		attestation := s.Attest(image)
		root := s.Index(image, attestation)
		test.change(s, index.ParseManifest(s.Manifests[attestation.Digest].Bytes).Body.Layers[0].Digest)
		i := get(t, s, root.Digest)
		if err := index.ReadProvenance(t.Context(), s, i); err != nil {
			t.Fatal(err)
		}
		if p := i.Images()[0].Provenance; len(p) != 1 || p[0].State != test.state || len(p[0].Subjects) > 0 {
			t.Errorf("%s: %s", name, fmt.Sprint(p))
		}
	}
}

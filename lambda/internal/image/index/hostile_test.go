package index_test

import (
	"context"
	"errors"
	"io"
	"math"
	"strings"
	"testing"

	"github.com/opencontainers/go-digest"

	"archway/lambda/internal/fixture"
	"archway/lambda/internal/guard"
	"archway/lambda/internal/image/index"
)

// claiming is a registry that says of every blob to have so many bytes.
type claiming struct {
	*fixture.Store
	bytes int64
}

func (c claiming) Stat(context.Context, digest.Digest) (int64, error) { return c.bytes, nil }

// unpanicked is the image, with its layers read.
func unpanicked(t *testing.T, source index.Source, root digest.Digest) *index.Image {
	t.Helper()
	image, err := index.Get(t.Context(), source, root, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := index.ReadLayers(t.Context(), source, image, false); err != nil {
		t.Fatal(err)
	}
	return image
}

// In a size of 2^63-1, one byte more than there should be is a negative number.
func TestSizesBeyondEveryMeasure(t *testing.T) {
	for name, size := range map[string]int64{
		"the largest":  math.MaxInt64,
		"a large":      1 << 60,
		"the smallest": math.MinInt64,
	} {
		t.Run(name, func(t *testing.T) {
			s := fixture.New()
			root := s.Index(s.Image(fixture.ImageSpec{Platform: fixture.AMD64, Manifest: func(doc map[string]any) {
				for _, l := range doc["layers"].([]any) {
					l.(map[string]any)["size"] = size
				}
			}})).Digest
			limits := unpanicked(t, claiming{s, -1}, root).Limits
			if size > 0 &&
				(len(limits) != 2 || !strings.Contains(limits[0].Text, "no layer of more than 256 GiB is read")) {
				t.Errorf("of the manifest: limits %q", limits)
			}
			root = s.Index(s.Linux("amd64", "")).Digest
			if limits := unpanicked(t, claiming{s, size}, root).Limits; size > 0 != (len(limits) == 2) {
				t.Errorf("of the registry: limits %q", limits)
			}
		})
	}
}

// broken panics where it is asked.
type broken struct {
	*fixture.Store
	stat bool
}

func (b broken) Stat(ctx context.Context, d digest.Digest) (int64, error) {
	if b.stat {
		panic("stat")
	}
	return b.Store.Stat(ctx, d)
}

func (broken) Layer(context.Context, digest.Digest) (io.ReadCloser, error) { panic("layer") }

func TestPanicsAreErrors(t *testing.T) {
	s := fixture.New()
	root := s.Good().Digest
	var p *guard.Panic
	if _, err := index.Get(t.Context(), broken{s, true}, root, nil); !errors.As(err, &p) || p.Reason != "stat" {
		t.Errorf("error %v", err)
	}
	image, err := index.Get(t.Context(), broken{s, false}, root, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := index.ReadLayers(t.Context(), broken{s, false}, image, false); !errors.As(err, &p) ||
		p.Reason != "layer" {
		t.Errorf("error %v", err)
	}
}

package index_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/opencontainers/go-digest"
	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/lambda/internal/fixture"
	"archway/lambda/internal/image/index"
	"archway/lambda/internal/image/registry"
)

// counting counts what is read of a store, and can fail for one digest.
type counting struct {
	*fixture.Store
	mu    sync.Mutex
	reads map[digest.Digest]int
	fail  digest.Digest
}

func (c *counting) count(d digest.Digest) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.reads[d]++
	if d == c.fail {
		return fmt.Errorf("%w: 503", registry.ErrUnavailable)
	}
	return nil
}

func (c *counting) Manifest(ctx context.Context, d digest.Digest) (registry.Document, error) {
	if err := c.count(d); err != nil {
		return registry.Document{}, err
	}
	return c.Store.Manifest(ctx, d)
}

func (c *counting) Blob(ctx context.Context, d digest.Digest, limit int64) (registry.Document, error) {
	if err := c.count(d); err != nil {
		return registry.Document{}, err
	}
	return c.Store.Blob(ctx, d, limit)
}

func (c *counting) Stat(ctx context.Context, d digest.Digest) (int64, error) {
	if err := c.count(d); err != nil {
		return 0, err
	}
	return c.Store.Stat(ctx, d)
}

func source(s *fixture.Store) *counting { return &counting{Store: s, reads: map[digest.Digest]int{}} }

func TestGetReadsEverythingOnce(t *testing.T) {
	s := fixture.New()
	amd64 := s.Linux("amd64", "")
	again := amd64
	again.Platform = &specs.Platform{OS: "linux", Architecture: "riscv64"}
	root := s.Index(amd64, again, s.Linux("arm64", ""), s.Attest(amd64))
	c := source(s)
	if _, err := index.Get(t.Context(), c, root.Digest, nil); err != nil {
		t.Fatal(err)
	}
	for d := range s.Manifests {
		if c.reads[d] != 1 {
			t.Errorf("the manifest %s was read %d times, want once", d, c.reads[d])
		}
	}
	for d := range s.Blobs {
		if c.reads[d] != 1 {
			t.Errorf("the blob %s was asked for %d times, want once", d, c.reads[d])
		}
	}
}

// Get fails if anything could not be asked for.
func TestGetUnavailable(t *testing.T) {
	s := fixture.New()
	root := s.Good().Digest
	all := slices.Collect(func(yield func(digest.Digest) bool) {
		for d := range s.Manifests {
			yield(d)
		}
		for d := range s.Blobs {
			yield(d)
		}
	})
	for _, d := range all {
		c := source(s)
		c.fail = d
		if _, err := index.Get(t.Context(), c, root, nil); !errors.Is(err, registry.ErrUnavailable) {
			t.Errorf("error %v without %s, want %v", err, d, registry.ErrUnavailable)
		}
	}
	c := source(s)
	c.fail = digest.FromString("build")
	if _, err := index.Get(t.Context(), c, root, map[string]digest.Digest{"linux/amd64": c.fail}); !errors.Is(err,
		registry.ErrUnavailable) {
		t.Errorf("error %v without the build's result, want %v", err, registry.ErrUnavailable)
	}
}

// A registry that serves other bytes than a digest names can make an index contain itself.
func TestGetDoesNotFollowALoop(t *testing.T) {
	s := fixture.New()
	outer := s.Good()
	inner := s.Index(specs.Descriptor{MediaType: registry.OCIIndex, Digest: outer.Digest, Size: 1})
	s.Replace(outer.Digest, s.Manifests[s.Index(inner).Digest].Bytes)
	image, err := index.Get(t.Context(), s, outer.Digest, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(image.Entries, func(e *index.Entry) bool { return e.Loop }) {
		t.Error("the loop was not noticed")
	}
	if len(image.Entries) != 2 {
		t.Errorf("%d entries, want 2", len(image.Entries))
	}
}

// Each document stays below the limits; together they don't.
func TestGetKeepsLittleInMemory(t *testing.T) {
	s := fixture.New()
	var entries []specs.Descriptor
	for n := range 10 {
		heavy := fmt.Appendf(nil, `{"schemaVersion":2,"layers":[],"number":%d,"annotations":{"x":""%s}}`, n,
			strings.Repeat(`,"y":""`, 90_000))
		d := s.PutManifest(registry.OCIManifest, heavy)
		entries = append(entries,
			specs.Descriptor{MediaType: registry.OCIManifest, Digest: d, Size: int64(len(heavy)),
				Platform: &fixture.AMD64})
	}
	image, err := index.Get(t.Context(), s, s.Index(entries...).Digest, nil)
	if err != nil {
		t.Fatal(err)
	}
	kept := 0
	for _, e := range image.Entries {
		if e.Manifest != nil {
			kept++
		}
	}
	if kept != 4 || len(image.Limits) != 1 {
		t.Errorf("%d of 10 heavy manifests were kept and %q reported, want 4 and one limit", kept, image.Limits)
	}
}

// Documents beyond every measure are not decoded.
func TestOversizedDocuments(t *testing.T) {
	for name, b := range map[string]string{
		"many values":  `{"manifests":[` + strings.Repeat("{},", 200_000) + `{}]}`,
		"deep nesting": `{"annotations":` + strings.Repeat(`{"a":`, 100) + strings.Repeat("}", 100) + "}",
	} {
		t.Run(name, func(t *testing.T) {
			if m := index.ParseManifest([]byte(b)); m.Err == nil || m.Body.Manifests != nil {
				t.Errorf("decoded %d entries with error %v, want none and an error", len(m.Body.Manifests), m.Err)
			}
		})
	}
	quoted := `{"schemaVersion":2,"manifests":[],"annotations":{"a":"` + strings.Repeat(`\"{[,`, 100_000) + `"}}`
	if m := index.ParseManifest([]byte(quoted)); m.Err != nil {
		t.Errorf("brackets and commas inside a string were counted: %v", m.Err)
	}
}

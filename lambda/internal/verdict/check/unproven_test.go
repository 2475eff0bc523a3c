package check_test

import (
	"context"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/opencontainers/go-digest"
	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/lambda/internal/fixture"
	lt "archway/lambda/internal/fixture/layertest"
	"archway/lambda/internal/image/index"
	"archway/lambda/internal/verdict/check"
)

// trickle serves layers so slowly that no time is enough.
type trickle struct{ *fixture.Store }

func (s trickle) Layer(ctx context.Context, d digest.Digest) (io.ReadCloser, error) {
	return io.NopCloser(waiting{ctx}), nil
}

type waiting struct{ ctx context.Context }

func (w waiting) Read([]byte) (int, error) {
	<-w.ctx.Done()
	return 0, w.ctx.Err()
}

func TestWhatIsNotReadInTimeIsNotProven(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // nobody waits for its two seconds
		s := fixture.New()
		root := s.Good().Digest
		for _, deep := range []bool{false, true} {
			image, err := index.Get(t.Context(), s, root, nil)
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			defer cancel()
			if err := index.ReadLayers(ctx, trickle{s}, image, deep); err != nil {
				t.Fatal(err)
			}
			if ctx.Err() != nil {
				t.Error("no time is left for judging")
			}
			want := check.Want{Platforms: []specs.Platform{fixture.AMD64, fixture.ARM64}, Deep: deep}
			findings := check.Run(image, want)
			if len(findings) != 2 || check.Count(findings, check.Error) == 0 {
				t.Fatalf("deep %t: findings %v", deep, findings)
			}
			for _, f := range findings {
				if f.Check != "limits" || !strings.Contains(f.Message(), "not proven (the time limit was reached)") ||
					!strings.Contains(f.Message(), "0 of 2 layers") {
					t.Errorf("deep %t: %s: %s", deep, f.Check, f.Message())
				}
			}
			for place, cures := range map[check.Place][2]string{
				check.Registry: {"--timeout", "leave out --deep"}, check.Folder: {"--timeout", "leave out --deep"},
				check.Pipeline: {"retry the stage", `"deep": false`},
			} {
				want.Place = place
				// Reading less is no cure for who reads no more than needed.
				f := check.Run(image, want)[0]
				if !strings.Contains(f.Cure, cures[0]) || strings.Contains(f.Cure, cures[1]) != deep {
					t.Errorf("deep %t, place %d: cure %s", deep, place, f.Cure)
				}
			}
		}
	})
}

// Neither time nor a smaller image helps against a window. The finding says what helps.
func TestTooLargeZstdWindow(t *testing.T) {
	const cure = "compress the layer with a window of at most 128 MiB: zstd without --long=28 and above"
	s := fixture.New()
	d := s.Image(fixture.ImageSpec{Platform: fixture.ARM64, LayerType: specs.MediaTypeImageLayerZstd,
		Manifest: func(doc map[string]any) {
			archive := lt.Tar(lt.Exe("app", lt.Static("arm64")), lt.Plain("z", make([]byte, 1<<20)))
			b := lt.Zstd(archive, zstd.WithWindowSize(256<<20), zstd.WithSingleSegment(false))
			layer := doc["layers"].([]any)[1].(map[string]any)
			layer["digest"], layer["size"] = s.PutBlob(b), len(b)
		}})
	for _, deep := range []bool{false, true} {
		want := check.Want{Platforms: []specs.Platform{fixture.AMD64, fixture.ARM64}, Deep: deep}
		findings := findings(t, s, s.Index(s.Linux("amd64", ""), d).Digest, want, nil)
		if len(findings) != 1 || findings[0].Check != "limits" ||
			!strings.Contains(findings[0].Problem, "needs more than 128 MiB") ||
			findings[0].Cure != cure {
			t.Errorf("findings %v", findings)
		}
	}
}

func TestWhatIsBeyondALimitIsNotProven(t *testing.T) {
	s := fixture.New()
	root := starting(app, []lt.Entry{lt.Plain(strings.Repeat("d/", 300)+"f", nil)})(s)
	want := check.Want{Platforms: []specs.Platform{fixture.AMD64, fixture.ARM64}}
	findings := check.Run(read(t, s, root, nil, want), want)
	if len(findings) != 1 || findings[0].Check != "limits" || !strings.Contains(findings[0].Message(), "256 names") ||
		!strings.Contains(findings[0].Cure, "without paths of that length") {
		t.Errorf("findings %v", findings)
	}
}

// A registry can have lost a layer that it said to have. Such a layer is missing.
func TestLayerThatIsGone(t *testing.T) {
	s := fixture.New()
	root := s.Good().Digest
	image, err := index.Get(t.Context(), s, root, nil)
	if err != nil {
		t.Fatal(err)
	}
	arm64 := image.Images()[1]
	s.Forget(arm64.Blobs[1].Descriptor.Digest)
	if err := index.ReadLayers(t.Context(), s, image, false); err != nil {
		t.Fatal(err)
	}
	findings := check.Run(image, check.Want{Platforms: []specs.Platform{fixture.AMD64, fixture.ARM64}})
	if got := short(findings); len(got) != 1 || got[0] != "error layer-missing linux/arm64" {
		t.Errorf("findings %q", got)
	}
}

// A registry that can't be asked is an error.
func TestRegistryNotAnswering(t *testing.T) {
	s := fixture.New()
	root := s.Good().Digest
	image, err := index.Get(t.Context(), s, root, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := index.ReadLayers(t.Context(), broken{s}, image, false); err == nil ||
		!strings.Contains(err.Error(), "closed pipe") {
		t.Errorf("error %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := index.ReadLayers(ctx, trickle{s}, image, false); err == nil {
		t.Error("an interruption is no error")
	}
}

type broken struct{ *fixture.Store }

func (broken) Layer(context.Context, digest.Digest) (io.ReadCloser, error) {
	return nil, io.ErrClosedPipe
}

// A path that Linux refuses is not proven.
func TestPathThatLinuxRefuses(t *testing.T) {
	s := fixture.New()
	image := s.Image(fixture.ImageSpec{Platform: fixture.ARM64, Run: func(run map[string]any) {
		run["Env"] = []any{"PATH=" + strings.Repeat("/x:", 50_000)}
	}})
	findings := findings(t, s, s.Index(s.Linux("amd64", ""), image).Digest,
		check.Want{Platforms: []specs.Platform{fixture.AMD64, fixture.ARM64}}, nil)
	if len(findings) != 1 || findings[0].Check != "limits" ||
		!strings.Contains(findings[0].Message(), "131072 bytes that Linux allows") ||
		!strings.Contains(findings[0].Cure, "set a shorter PATH") {
		t.Errorf("findings %v", findings)
	}
}

// More time helps against none of these.
func TestLimitsHaveACureThatHelps(t *testing.T) {
	for name, test := range map[string]struct {
		spec fixture.ImageSpec
		say  string
	}{
		"links that lead in a circle": {fixture.ImageSpec{Layers: [][]lt.Entry{{lt.Link("a", "b"), lt.Link("b", "a"),
			lt.Plain("a/x", nil)}}}, "links that point at each other"},
		"too many layers": {fixture.ImageSpec{Manifest: func(doc map[string]any) {
			doc["layers"] = times(layerOf(doc, 0), index.MaxLayers+1)
		}}, "fewer layers"},
	} {
		t.Run(name, func(t *testing.T) {
			s := fixture.New()
			test.spec.Platform = fixture.ARM64
			var cures []string
			for _, f := range findings(t, s, s.Index(s.Linux("amd64", ""), s.Image(test.spec)).Digest, check.Want{},
				nil) {
				if f.Check == "limits" {
					cures = append(cures, f.Cure)
				}
			}
			if len(cures) != 1 || !strings.Contains(cures[0], test.say) {
				t.Errorf("cures %q, want %q", cures, test.say)
			}
		})
	}
}

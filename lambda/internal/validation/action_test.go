package validation

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/service/codepipeline/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"github.com/opencontainers/go-digest"
	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/lambda/internal/fixture"
	"archway/lambda/internal/job"
	"archway/lambda/internal/registry"
	"archway/lambda/internal/retry"
)

func open(ctx context.Context, repository name.Repository) (*registry.Repository, error) {
	return registry.Open(ctx, repository, authn.Anonymous, transport.PullScope, retry.Policy{First: time.Millisecond})
}

// act runs the action on an index of two images, of which the second may be another one than its build pushed.
func act(t *testing.T, arm64 func(*fixture.Store) specs.Descriptor, change func(*Parameters)) (variables map[string]string, log string, err error) {
	t.Helper()
	s, store := fixture.Serve(t), fixture.New()
	one, two := store.Linux("amd64", ""), arm64(store)
	root := store.Index(one, two).Digest
	served := store.Index(store.Linux("amd64", ""), store.Linux("riscv64", ""))
	s.Push(t, "app", store)
	s.Tag(t, "app", "main", store, served.Digest)
	p := Parameters{
		Repository: s.Host + "/app", Digest: root.String(), Revision: fixture.Revision,
		Builds: map[string]string{"linux/amd64": one.Digest.String(), "linux/arm64": two.Digest.String()},
	}
	if change != nil {
		change(&p)
	}
	b, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	var lines bytes.Buffer
	variables, err = Action(open, "app-pipeline")(t.Context(), job.Job{ID: "job", Parameters: string(b), Log: slog.New(slog.NewJSONHandler(&lines, nil))})
	if err == nil && variables["digest"] != root.String() {
		t.Errorf("digest %q, want %s", variables["digest"], root)
	}
	return variables, lines.String(), err
}

func good(s *fixture.Store) specs.Descriptor { return s.Linux("arm64", "v8") }

func failed(err error) *job.Failure {
	var f *job.Failure
	errors.As(err, &f)
	return f
}

func TestActionPassesOnTheDigestAndThePlatforms(t *testing.T) {
	variables, log, err := act(t, good, nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("linux/amd64,linux/arm64", variables["platforms"]); diff != "" {
		t.Error(diff)
	}
	if !strings.Contains(log, `"valid":true`) {
		t.Errorf("log:\n%s", log)
	}
}

func TestActionTellsWhatIsWrongWithAnImage(t *testing.T) {
	_, log, err := act(t, func(s *fixture.Store) specs.Descriptor {
		return s.Image(fixture.ImageSpec{Platform: fixture.ARM64, Config: func(doc map[string]any) { doc["architecture"] = "amd64" }})
	}, nil)
	f := failed(err)
	if f == nil || f.Type != types.FailureTypeJobFailed {
		t.Fatalf("error %v", err)
	}
	for _, part := range []string{"is not valid: 1 error. No tag was moved.", "\n1. error config-platform: linux/arm64 (sha256:", "the image's config says linux/amd64"} {
		if !strings.Contains(f.Message, part) {
			t.Errorf("the message lacks %q:\n%s", part, f.Message)
		}
	}
	if !strings.Contains(log, `"check":"config-platform"`) || !strings.Contains(log, `"valid":false`) {
		t.Errorf("log:\n%s", log)
	}
}

func TestActionFailsIfThePlatformsOfTheBuildsAreNotThere(t *testing.T) {
	_, _, err := act(t, good, func(p *Parameters) { delete(p.Builds, "linux/arm64") })
	if f := failed(err); f == nil || !strings.Contains(f.Message, "platform-set") {
		t.Errorf("error %v", err)
	}
}

func TestActionFitsManyFindingsIntoOneMessage(t *testing.T) {
	_, _, err := act(t, func(s *fixture.Store) specs.Descriptor {
		return s.Image(fixture.ImageSpec{Platform: fixture.ARM64, Manifest: func(doc map[string]any) {
			layers := doc["layers"].([]any)
			for n := range 100 {
				layers = append(layers, map[string]any{"mediaType": specs.MediaTypeImageLayerGzip, "digest": digest.FromString(strings.Repeat("x", n)), "size": 1})
			}
			doc["layers"] = layers
		}})
	}, nil)
	f := failed(err)
	if f == nil {
		t.Fatalf("error %v", err)
	}
	if n := utf8.RuneCountInString(f.Message); n > job.MaxMessage {
		t.Errorf("%d characters", n)
	}
	for _, part := range []string{"101 errors", "more; the function's log has them all."} {
		if !strings.Contains(f.Message, part) {
			t.Errorf("the message lacks %q", part)
		}
	}
}

func TestActionGuardsWhatTheMovingTagsServe(t *testing.T) {
	moving := func(templates ...string) func(*Parameters) {
		return func(p *Parameters) { p.Branch, p.Moving = "main", templates }
	}
	// The tag of the branch serves riscv64, which the new index lacks; the others don't exist yet.
	_, _, err := act(t, good, moving("latest", "{branch}", "nightly-{date:20060102}"))
	if f := failed(err); f == nil || !strings.Contains(f.Message, "1. error regression: linux/riscv64") || !strings.Contains(f.Message, "nodes pull it from here today: main (sha256:") {
		t.Errorf("error %v", err)
	}
	if _, _, err := act(t, good, moving("latest", "nightly-{date:20060102}")); err != nil {
		t.Error(err)
	}
	_, log, err := act(t, good, func(p *Parameters) {
		moving("{branch}")(p)
		p.Downgrade = map[string]string{"regression": "info:nobody runs riscv64 any more"}
	})
	if err != nil || !strings.Contains(log, `"downgradedFrom":"error","reason":"nobody runs riscv64 any more"`) {
		t.Errorf("error %v, log:\n%s", err, log)
	}
	// A template that can't be rendered is no reason to hide anything: the promotion will refuse it.
	_, log, err = act(t, good, func(p *Parameters) { moving("{branch}")(p); p.Branch = "..." })
	if err != nil || !strings.Contains(log, "it is not known whether the tag {branch} loses a platform") {
		t.Errorf("error %v, log:\n%s", err, log)
	}
}

func TestActionFollowsThePolicy(t *testing.T) {
	_, _, err := act(t, good, func(p *Parameters) { p.Provenance = true })
	if f := failed(err); f == nil || !strings.Contains(f.Message, "error provenance: linux/amd64") {
		t.Errorf("error %v", err)
	}
	_, _, err = act(t, good, func(p *Parameters) { p.SBOM = true })
	if f := failed(err); f == nil || !strings.Contains(f.Message, "error sbom: linux/amd64") {
		t.Errorf("error %v", err)
	}
	wrong := func(s *fixture.Store) specs.Descriptor {
		return s.Image(fixture.ImageSpec{Platform: fixture.ARM64, Config: func(doc map[string]any) { doc["architecture"] = "amd64" }})
	}
	_, _, err = act(t, wrong, func(p *Parameters) {
		p.Provenance = true
		p.Downgrade = map[string]string{"config-platform": "warning:a test"}
	})
	if f := failed(err); f == nil || !strings.Contains(f.Message, "(Downgraded from error: a test)") {
		t.Errorf("error %v", err)
	}
}

func TestActionTellsAnUnavailableRegistryFromABadImage(t *testing.T) {
	_, _, err := act(t, good, func(p *Parameters) { p.Repository = "127.0.0.1:1/app" })
	if failed(err) != nil || !errors.Is(err, registry.ErrUnavailable) {
		t.Errorf("error %v, want %v", err, registry.ErrUnavailable)
	}
}

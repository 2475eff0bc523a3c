package validation

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"maps"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/service/codepipeline/types"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"github.com/opencontainers/go-digest"
	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/internal/settings"
	"archway/internal/spec"
	"archway/lambda/internal/fixture"
	"archway/lambda/internal/image/registry"
	"archway/lambda/internal/pipeline/execution"
	"archway/lambda/internal/pipeline/job"
	"archway/lambda/internal/pipeline/output"
	"archway/lambda/internal/retry"
)

func open(ctx context.Context, repository name.Repository) (*registry.Repository, error) {
	return registry.Open(ctx, repository, authn.Anonymous, transport.PullScope, retry.Policy{First: time.Millisecond})
}

// scene is a pipeline whose builds and merge have run, and the registry with what they pushed.
type scene struct {
	pipeline settings.Pipeline
	// x is the execution, and outputs are the variables of its actions.
	x       execution.Execution
	outputs map[execution.Action]map[string]string
	// pushed are the times of images; those that are not here were pushed just now.
	pushed map[digest.Digest]time.Time
	// continuation is the job's token, and ctx its context: the test's, if it is nil.
	continuation string
	ctx          context.Context
	// asked are the executions whose outputs were asked for.
	asked []string
	*fixture.Server
	store *fixture.Store
	root  digest.Digest
	// host is the registry that the function knows, and runs what it asks about runs: the scene, if
	// it is nil.
	host string
	runs output.Runs
}

func (s *scene) image() *settings.Image { return &s.pipeline.Images[0] }

func (s *scene) Execution(context.Context, string) (execution.Execution, error) { return s.x, nil }

func (s *scene) Outputs(_ context.Context, id string,
	actions []execution.Action) (map[execution.Action]map[string]string, error) {
	s.asked = append(s.asked, id)
	found := map[execution.Action]map[string]string{}
	for _, a := range actions {
		out, ok := s.outputs[a]
		if !ok {
			return nil, job.Failed("%s has not succeeded", a)
		}
		found[a] = out
	}
	return found, nil
}

func (s *scene) times(_ context.Context, repository string, images []digest.Digest) (map[digest.Digest]time.Time,
	error) {
	if repository != "staging/app" {
		return nil, errors.New("asked about " + repository)
	}
	times := map[digest.Digest]time.Time{}
	for _, d := range images {
		times[d] = noon
	}
	maps.Copy(times, s.pushed)
	return times, nil
}

// noon is when the actions of the tests run.
var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

var (
	amd64 = execution.Action{Stage: settings.StageBuild, Name: "app-amd64"}
	arm64 = execution.Action{Stage: settings.StageBuild, Name: "app-arm64"}
	merge = execution.Action{Stage: settings.StageMerge, Name: "app"}
)

// act runs the action on an index of two images, of which the second may be another one than its
// build pushed.
func act(t *testing.T, second func(*fixture.Store) specs.Descriptor, change func(*scene)) (variables map[string]string,
	log string, err error) {
	t.Helper()
	server, store := fixture.Serve(t), fixture.New()
	one, two := store.Linux("amd64", ""), second(store)
	s := &scene{
		Server: server, store: store, host: server.Host, root: store.Index(one, two).Digest,
		x: execution.Execution{ID: "run", Status: "InProgress", Commit: fixture.Revision},
		outputs: map[execution.Action]map[string]string{
			amd64: {settings.ImageDigest: one.Digest.String()}, arm64: {settings.ImageDigest: two.Digest.String()},
		},
		pipeline: settings.Pipeline{
			Name: "app-pipeline", Source: settings.Source{Repository: "source", Branch: "main"},
			Images: []settings.Image{{
				Name: "app", Staging: "staging/app", Release: "app",
				Builds: []settings.Build{{Platform: "linux/amd64", Action: "app-amd64"},
					{Platform: "linux/aarch64", Action: "app-arm64"}},
			}},
		},
	}
	s.outputs[merge] = map[string]string{settings.IndexDigest: s.root.String()}
	server.Push(t, "staging/app", store)
	// What people pull is another repository.
	released := fixture.New()
	served := released.Index(released.Linux("amd64", ""), released.Linux("riscv64", ""))
	server.Push(t, "app", released)
	server.Tag(t, "app", "main", released, served.Digest)
	if change != nil {
		change(s)
	}
	var lines bytes.Buffer
	if s.runs == nil {
		s.runs = s
	}
	v := &Validator{
		Settings: &s.pipeline, Registry: s.host, Runs: s.runs, Open: open, Pushed: s.times,
		Now: func() time.Time { return noon },
	}
	if s.ctx == nil {
		s.ctx = t.Context()
	}
	variables, err = v.Work(s.ctx,
		job.Job{ID: "job", Execution: "run", Image: s.image(), Continuation: s.continuation,
			Log: slog.New(slog.NewJSONHandler(&lines, nil))})
	if err == nil && variables[settings.Digest] != s.outputs[merge][settings.IndexDigest] {
		t.Errorf("digest %q, want %s", variables[settings.Digest], s.outputs[merge])
	}
	return variables, lines.String(), err
}

func good(s *fixture.Store) specs.Descriptor { return s.Linux("arm64", "v8") }

func failed(err error) *job.Failure {
	var f *job.Failure
	errors.As(err, &f)
	return f
}

// The action passes on the digest and the platforms.
func TestActionOutputs(t *testing.T) {
	variables, log, err := act(t, good, nil)
	if err != nil {
		t.Fatal(err)
	}
	if variables[settings.Platforms] != "linux/amd64,linux/arm64" || variables[settings.Referrers] != settings.None ||
		len(variables) != 3 {
		t.Errorf("variables %q", variables)
	}
	if !strings.Contains(log, `"valid":true`) {
		t.Errorf("log:\n%s", log)
	}
}

// The action tells what is wrong with an image.
func TestActionWithABadImage(t *testing.T) {
	_, log, err := act(t, func(s *fixture.Store) specs.Descriptor {
		return s.Image(fixture.ImageSpec{Platform: fixture.ARM64,
			Config: func(doc map[string]any) { doc["architecture"] = "amd64" }})
	}, nil)
	f := failed(err)
	if f == nil || f.Type != types.FailureTypeJobFailed {
		t.Fatalf("error %v", err)
	}
	for _, part := range []string{"is not valid: 1 error. No tag was moved.",
		"\n1. error config-platform: linux/arm64 (sha256:", "the image's config says linux/amd64"} {
		if !strings.Contains(f.Message, part) {
			t.Errorf("the message lacks %q:\n%s", part, f.Message)
		}
	}
	if !strings.Contains(log, `"check":"config-platform"`) || !strings.Contains(log, `"valid":false`) {
		t.Errorf("log:\n%s", log)
	}
}

// The action fails if the platforms of the builds are not there.
func TestActionWithoutPlatforms(t *testing.T) {
	_, _, err := act(t, good, func(s *scene) {
		s.image().Builds = s.image().Builds[:1]
	})
	if f := failed(err); f == nil || !strings.Contains(f.Message, "platform-set") {
		t.Errorf("error %v", err)
	}
}

// The action fits many findings into one message.
func TestActionWithManyFindings(t *testing.T) {
	_, _, err := act(t, func(s *fixture.Store) specs.Descriptor {
		return s.Image(fixture.ImageSpec{Platform: fixture.ARM64, Manifest: func(doc map[string]any) {
			layers := doc["layers"].([]any)
			for n := range 100 {
				layers = append(layers,
					map[string]any{"mediaType": specs.MediaTypeImageLayerGzip,
						"digest": digest.FromString(strings.Repeat("x", n)), "size": 1})
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

// The action guards what the moving tags serve.
func TestActionGuardsMovingTags(t *testing.T) {
	moving := func(templates ...string) func(*scene) {
		return func(s *scene) { s.image().Tags.Moving = templates }
	}
	// The tag of the branch serves riscv64, which the new index lacks; the others don't exist yet.
	_, _, err := act(t, good, moving("latest", "{branch}", "nightly-{date:20060102}"))
	f := failed(err)
	if f == nil || !strings.Contains(f.Message, "1. error regression: linux/riscv64") ||
		!strings.Contains(f.Message, "nodes pull it from here today: main (sha256:") {
		t.Errorf("error %v", err)
	}
	if f != nil && !strings.Contains(f.Message, "under the image's validation.downgrade in cdk.json") {
		t.Errorf("a cure for the console: %s", f.Message)
	}
	if _, _, err := act(t, good, moving("latest", "nightly-{date:20060102}")); err != nil {
		t.Error(err)
	}
	_, log, err := act(t, good, func(s *scene) {
		moving("{branch}")(s)
		s.image().Validation.Downgrade = map[string]spec.Downgrade{"regression": {Severity: "info",
			Reason: "nobody runs riscv64 any more"}}
	})
	if err != nil || !strings.Contains(log, `"downgradedFrom":"error","reason":"nobody runs riscv64 any more"`) {
		t.Errorf("error %v, log:\n%s", err, log)
	}
	// A template that can't be rendered is no reason to hide anything: the promotion will refuse
	// it.
	_, log, err = act(t, good, func(s *scene) { moving("{branch}")(s); s.pipeline.Source.Branch = "..." })
	if err != nil || !strings.Contains(log, "it is not known whether the tag {branch} loses a platform") {
		t.Errorf("error %v, log:\n%s", err, log)
	}
	// A pipeline that promotes nothing has no tags to look at.
	if _, _, err := act(t, good, func(s *scene) { moving("main")(s); s.image().Release = "" }); err != nil {
		t.Error(err)
	}
}

func TestActionFollowsThePolicy(t *testing.T) {
	_, _, err := act(t, good, func(s *scene) { s.image().Validation.RequireProvenance = true })
	if f := failed(err); f == nil || !strings.Contains(f.Message, "error provenance: linux/amd64") {
		t.Errorf("error %v", err)
	}
	_, _, err = act(t, good, func(s *scene) { s.image().Validation.RequireSBOM = true })
	if f := failed(err); f == nil || !strings.Contains(f.Message, "error sbom: linux/amd64") {
		t.Errorf("error %v", err)
	}
	wrong := func(s *fixture.Store) specs.Descriptor {
		return s.Image(fixture.ImageSpec{Platform: fixture.ARM64,
			Config: func(doc map[string]any) { doc["architecture"] = "amd64" }})
	}
	_, _, err = act(t, wrong, func(s *scene) {
		s.image().Validation = spec.Validation{
			RequireProvenance: true,
			Downgrade:         map[string]spec.Downgrade{"config-platform": {Severity: "warning", Reason: "a test"}},
		}
	})
	if f := failed(err); f == nil || !strings.Contains(f.Message, "(Downgraded from error: a test)") {
		t.Errorf("error %v", err)
	}
	for want, v := range map[string]spec.Validation{
		`did you mean "config-parity"?`: {
			Downgrade: map[string]spec.Downgrade{"config-partiy": {Severity: "info", Reason: "x"}}},
		"has no reason": {Downgrade: map[string]spec.Downgrade{"config-parity": {Severity: "info"}}},
		`The settings of the image app: "arm64" is no platform`: {AllowedPlatforms: []string{"arm64"}},
	} {
		_, _, err := act(t, good, func(s *scene) { s.image().Validation = v })
		if f := failed(err); f == nil || f.Type != types.FailureTypeConfigurationError ||
			!strings.Contains(f.Message, want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

// The action tells an unavailable registry from a bad image.
func TestActionWithoutRegistry(t *testing.T) {
	_, _, err := act(t, good, func(s *scene) { s.host = "127.0.0.1:1" })
	if failed(err) != nil || !errors.Is(err, registry.ErrUnavailable) {
		t.Errorf("error %v, want %v", err, registry.ErrUnavailable)
	}
}

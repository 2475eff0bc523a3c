package drift

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/internal/rule"
	"archway/internal/settings"
	"archway/internal/spec"
	"archway/lambda/internal/fixture"
	"archway/lambda/internal/image/index"
	"archway/lambda/internal/image/registry"
	"archway/lambda/internal/pipeline/job"
	"archway/lambda/internal/retry"
)

func open(ctx context.Context, repository name.Repository) (*registry.Repository, error) {
	return registry.Open(ctx, repository, authn.Anonymous, transport.PullScope, retry.Policy{First: time.Millisecond})
}

// released is a registry after a release of one image: its commit's tag and the public ones.
type released struct {
	*fixture.Server
	store *fixture.Store
	image specs.Descriptor
}

const commitTag = "0123456789ab" // of fixture.Revision

func release(t *testing.T) *released {
	t.Helper()
	r := &released{Server: fixture.Serve(t), store: fixture.New()}
	r.image = r.store.Good()
	r.Push(t, "app", r.store)
	for _, tag := range []string{commitTag, "latest", "main"} {
		r.Tag(t, "app", tag, r.store, r.image.Digest)
	}
	return r
}

// move pushes what was added to the store, and moves a tag without anything else.
func (r *released) move(t *testing.T, tag string, d specs.Descriptor) {
	t.Helper()
	r.Push(t, "app", r.store)
	r.Tag(t, "app", tag, r.store, d.Digest)
}

// lose makes the registry forget a tag, manifest or blob.
func (r *released) lose(what string) {
	r.Misbehave(fixture.Gone("/" + what))
}

// checker is the function of a pipeline that promotes the image.
func (r *released) checker() *Checker {
	return &Checker{
		Registry: r.Host, Open: open, Topic: "arn:aws:sns:eu-west-1:111122223333:drift",
		Log: slog.New(slog.DiscardHandler),
		Settings: &settings.Loaded{Sum: "sum", Pipeline: settings.Pipeline{
			Name: "app-pipeline", Source: settings.Source{Branch: "main"},
			Images: []settings.Image{{
				Name: "web", Staging: "staging/app", Release: "app",
				Builds: []settings.Build{{Platform: "linux/amd64"}, {Platform: "linux/arm64"}},
				Tags: rule.Tags{Moving: []string{"latest", "{branch}", "nightly-{date:20060102}"},
					Immutable: []string{"{commit:12}"}},
			}},
		}},
	}
}

func (c *Checker) web() *settings.Image { return &c.Settings.Images[0] }

var event = settings.DriftCheck{Settings: "sum", Image: "web"}

// sent is what was notified.
type sent struct{ topic, subject, text string }

// run runs the check.
func run(t *testing.T, c *Checker) (messages []sent, log string) {
	t.Helper()
	var lines bytes.Buffer
	c.Log = slog.New(slog.NewJSONHandler(&lines, nil))
	c.Notify = func(_ context.Context, topic, subject, text string) error {
		messages = append(messages, sent{topic, subject, text})
		return nil
	}
	if err := c.Handle(t.Context(), event); err != nil {
		t.Error(err)
	}
	return messages, lines.String()
}

func TestNobodyIsToldWhileAllIsWell(t *testing.T) {
	r := release(t)
	if messages, log := run(t, r.checker()); messages != nil || !strings.Contains(log, `"tags":["latest","main"]`) ||
		!strings.Contains(log, `"valid":true`) {
		t.Errorf("%+v, log:\n%s", messages, log)
	}
	// An earlier release is served again after a rollback.
	r.move(t, "latest", r.store.Good())
	if messages, log := run(t, r.checker()); messages != nil {
		t.Errorf("%+v, log:\n%s", messages, log)
	}
	// Being in the release means promoted: what an index says about itself is nobody's proof.
	r.move(t, "main",
		r.store.IndexWith(func(doc map[string]any) { delete(doc, "annotations") }, r.store.Linux("amd64", ""),
			r.store.Linux("arm64", "")))
	if messages, log := run(t, r.checker()); messages != nil {
		t.Errorf("%+v, log:\n%s", messages, log)
	}
}

// Before the first release there is nothing to tell.
func TestNoDriftBeforeARelease(t *testing.T) {
	s := fixture.Serve(t)
	r := &released{Server: s, store: fixture.New()}
	if messages, log := run(t, r.checker()); messages != nil || !strings.Contains(log, "nothing was released yet") {
		t.Errorf("%+v, log:\n%s", messages, log)
	}
}

func TestDriftIsTold(t *testing.T) {
	for name, test := range map[string]struct {
		drift func(*testing.T, *released)
		want  []string
	}{
		"a child is gone": {
			func(_ *testing.T, r *released) {
				r.lose(index.ParseManifest(r.store.Manifests[r.image.Digest].Bytes).Body.Manifests[1].Digest.String())
			},
			[]string{"latest, main: sha256:", ", 1 error", "error child-missing: linux/arm64 ("},
		},
		"a platform is lost": {
			func(t *testing.T, r *released) { r.move(t, "latest", r.store.Index(r.store.Linux("amd64", ""))) },
			[]string{"latest: sha256:", ", 1 error", "error platform-set: linux/arm64 ("},
		},
		"a tag serves a single image": {
			func(t *testing.T, r *released) { r.move(t, "latest", r.store.Linux("amd64", "")) },
			[]string{"error tag-is-index: "},
		},
		"a tag is gone": {
			func(_ *testing.T, r *released) { r.lose("manifests/main") },
			[]string{"main: nothing, 1 error",
				"1. error tag-is-index: the registry has no tag main, although other tags of the image are there"},
		},
		"the registry can't be asked": {
			func(_ *testing.T, r *released) { r.Close() },
			[]string{"could not be made", "could not be asked", "tried again at the next time"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := release(t)
			test.drift(t, r)
			messages, log := run(t, r.checker())
			if len(messages) != 1 {
				t.Fatalf("%d messages, want 1: %+v, log:\n%s", len(messages), messages, log)
			}
			m := messages[0]
			if m.topic != r.checker().Topic || m.subject != "Archway: drift of web" {
				t.Errorf("to %s: %s", m.topic, m.subject)
			}
			for _, part := range test.want {
				if !strings.Contains(m.text, part) {
					t.Errorf("the message lacks %q", part)
				}
			}
			t.Log(m.text)
		})
	}
}

func TestThePolicyHoldsForDriftToo(t *testing.T) {
	r := release(t)
	c := r.checker()
	c.web().Builds = append(c.web().Builds, settings.Build{Platform: "linux/riscv64"})
	if messages, _ := run(t, c); len(messages) != 1 {
		t.Errorf("%+v", messages)
	}
	c.web().Validation.Downgrade = map[string]spec.Downgrade{"platform-set": {Severity: "info",
		Reason: "riscv64 will follow"}}
	if messages, _ := run(t, c); messages != nil {
		t.Errorf("%+v", messages)
	}
}

// What is served was read whole before it was promoted. A schedule reads no more of it than what
// starts.
func TestDriftReadsOnlyWhatStarts(t *testing.T) {
	r := release(t)
	if messages, log := run(t, r.checker()); messages != nil {
		t.Fatalf("%+v, log:\n%s", messages, log)
	}
	for _, image := range index.ParseManifest(r.store.Manifests[r.image.Digest].Bytes).Body.Manifests {
		for n, layer := range index.ParseManifest(r.store.Manifests[image.Digest].Bytes).Body.Layers {
			read := slices.Contains(r.Requests(), "GET /v2/app/blobs/"+layer.Digest.String())
			if want := n == 1; read != want { // the program is in the upper layer
				t.Errorf("layer %d: read %t, want %t", n, read, want)
			}
		}
	}
}

func TestLongMessagesAreCut(t *testing.T) {
	r := release(t)
	var layers []any
	for range 200 {
		layers = append(layers,
			map[string]any{"mediaType": specs.MediaTypeImageLayerGzip, "digest": "sha256:x", "size": 1})
	}
	broken := r.store.Image(fixture.ImageSpec{Platform: fixture.ARM64,
		Manifest: func(doc map[string]any) { doc["layers"] = layers }})
	r.move(t, "latest", r.store.Index(r.store.Linux("amd64", ""), broken))
	messages, _ := run(t, r.checker())
	if len(messages) != 1 || len(messages[0].text) > maxText+500 ||
		!strings.Contains(messages[0].text, "more; the function's log has them all.") {
		t.Errorf("%+v", messages)
	}
}

func TestAFailedNotificationIsAnError(t *testing.T) {
	r := release(t)
	r.lose("manifests/main")
	refused := errors.New("refused")
	c := r.checker()
	c.Notify = func(context.Context, string, string, string) error { return refused }
	if err := c.Handle(t.Context(), event); !errors.Is(err, refused) {
		t.Errorf("error %v", err)
	}
}

// A registry that never answers must leave time to tell.
func TestTheNotificationHasItsTime(t *testing.T) {
	r := release(t)
	r.Misbehave(fixture.Silent)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	told := false
	c := r.checker()
	c.Notify = func(ctx context.Context, _, _, text string) error {
		told = ctx.Err() == nil && strings.Contains(text, "could not be made")
		return nil
	}
	if err := c.Handle(ctx, event); err != nil || !told {
		t.Errorf("error %v, told %v", err, told)
	}
}

func TestWhatCannotBeCheckedIsTold(t *testing.T) {
	r := release(t)
	for want, change := range map[string]func(*Checker){
		"The schedule was made with other settings":        func(c *Checker) { c.Settings.Sum = "another" },
		`about the image "web", which the pipeline`:        func(c *Checker) { c.web().Name = "app" },
		"which the pipeline app-pipeline does not promote": func(c *Checker) { c.web().Release = "" },
		"The settings lead to the repository":              func(c *Checker) { c.Registry = "" },
		`"arm64" is no platform`:                           func(c *Checker) { c.web().Builds[0].Platform = "arm64" },
		"The settings of the image web: tag template": func(c *Checker) {
			c.web().Tags.Moving = []string{"{tag}"}
		},
		"there is nothing to check": func(c *Checker) {
			c.web().Tags.Moving = []string{"{commit}"}
		},
		"there is no check": func(c *Checker) {
			c.web().Validation.Downgrade = map[string]spec.Downgrade{"x": {Severity: "info", Reason: "y"}}
		},
	} {
		c := r.checker()
		change(c)
		if messages, _ := run(t, c); len(messages) != 1 || !strings.Contains(messages[0].text, want) ||
			!strings.Contains(messages[0].text, "could not be made") {
			t.Errorf("%+v, want %q", messages, want)
		}
	}
}

func TestEventsGoWhereTheyBelong(t *testing.T) {
	var got string
	dispatch := Dispatch(
		func(_ context.Context, c settings.DriftCheck) error { got = "drift of " + c.Image; return nil },
		func(_ context.Context, e job.Event) error { got = "job " + e.Job.ID; return nil })
	for event, want := range map[string]string{
		`{"archway.driftCheck":{"settings":"0","image":"app"}}`: "drift of app",
		fixture.JobEvent("7", "{}"):                             "job 7",
		`{}`:                                                    "job ",
	} {
		if err := dispatch(t.Context(), json.RawMessage(event)); err != nil || got != want {
			t.Errorf("%s: %q, %v, want %q", event, got, err, want)
		}
	}
	got = ""
	for event, want := range map[string]string{
		`{"archway.driftCheck":{"repository":"app"}}`:                                                                `"repository"`,
		`{"archway.driftCheck":{"image":"app","Image":"web"}}`:                                                       `"Image"`,
		`{"archway.driftCheck":{"image":"app","image":"web"}}`:                                                       "duplicate",
		`{"archway.driftCheck":{"image":"app"},"archway.driftCheck":{"image":"web"}}`:                                "duplicate",
		`{"archway.driftCheck":{"image":"app"},"CodePipeline.job":{"id":"7"}}`:                                       `"CodePipeline.job"`,
		`{"archway.driftCheck":{"settings":"0","image":"app","topic":"arn:aws:sns:eu-west-1:111122223333:another"}}`: `"topic"`,
		`{"archway.driftCheck":[]}`:                                                                                  "driftCheck",
		`[]`:                                                                                                         "neither a job",
		`{"CodePipeline.job":7}`:                                                                                     "neither a job",
	} {
		if err := dispatch(t.Context(), json.RawMessage(event)); err == nil || !strings.Contains(err.Error(), want) ||
			got != "" {
			t.Errorf("%s: %q, %v, want %q", event, got, err, want)
		}
	}
}

func FuzzEvent(f *testing.F) {
	f.Add(`{"archway.driftCheck":{"settings":"0","image":"app"}}`)
	f.Add(`{"archway.driftCheck":null}`)
	f.Add(fixture.JobEvent("7", "{}"))
	f.Fuzz(func(t *testing.T, event string) {
		called := 0
		err := Dispatch(
			func(context.Context, settings.DriftCheck) error { called++; return nil },
			func(context.Context, job.Event) error { called++; return nil },
		)(t.Context(), json.RawMessage(event))
		if (err == nil) != (called == 1) {
			t.Errorf("%d handlers, error %v", called, err)
		}
	})
}

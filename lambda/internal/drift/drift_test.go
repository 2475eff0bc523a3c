package drift

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/lambda/internal/fixture"
	"archway/lambda/internal/index"
	"archway/lambda/internal/job"
	"archway/lambda/internal/registry"
	"archway/lambda/internal/retry"
	"archway/lambda/internal/validation"
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

func (r *released) parameters() Parameters {
	return Parameters{
		Repository: r.Host + "/app", Branch: "main", Moving: []string{"latest", "{branch}", "nightly-{date:20060102}"}, Immutable: []string{"{commit:12}"},
		Platforms: []string{"linux/amd64", "linux/arm64"}, Topic: "arn:aws:sns:eu-west-1:111122223333:drift",
	}
}

// sent is what was notified.
type sent struct{ topic, subject, text string }

// look runs the handler.
func look(t *testing.T, p Parameters) (messages []sent, log string) {
	t.Helper()
	var lines bytes.Buffer
	handler := Handler(open, func(_ context.Context, topic, subject, text string) error {
		messages = append(messages, sent{topic, subject, text})
		return nil
	}, slog.New(slog.NewJSONHandler(&lines, nil)))
	if err := handler(t.Context(), p); err != nil {
		t.Error(err)
	}
	return messages, lines.String()
}

func TestNobodyIsToldWhileAllIsWell(t *testing.T) {
	r := release(t)
	if messages, log := look(t, r.parameters()); messages != nil || !strings.Contains(log, `"tags":["latest","main"]`) || !strings.Contains(log, `"valid":true`) {
		t.Errorf("%+v, log:\n%s", messages, log)
	}
	// An earlier release is served again after a rollback: its own commit's tag proves it.
	earlier := r.store.IndexWith(revision("fedcba9876543210fedcba9876543210fedcba98"), built(r.store, "amd64", "fedcba9876543210fedcba9876543210fedcba98"), built(r.store, "arm64", "fedcba9876543210fedcba9876543210fedcba98"))
	r.move(t, "fedcba987654", earlier)
	r.move(t, "latest", earlier)
	if messages, log := look(t, r.parameters()); messages != nil {
		t.Errorf("%+v, log:\n%s", messages, log)
	}
}

func revision(commit string) func(map[string]any) {
	return func(doc map[string]any) { doc["annotations"].(map[string]any)[index.RevisionLabel] = commit }
}

func built(s *fixture.Store, architecture, commit string) specs.Descriptor {
	return s.Image(fixture.ImageSpec{Platform: specs.Platform{OS: "linux", Architecture: architecture}, Run: func(run map[string]any) {
		run["Labels"] = map[string]any{index.RevisionLabel: commit}
	}})
}

func TestBeforeTheFirstReleaseThereIsNothingToTell(t *testing.T) {
	s := fixture.Serve(t)
	r := &released{Server: s, store: fixture.New()}
	if messages, log := look(t, r.parameters()); messages != nil || !strings.Contains(log, "nothing was released yet") {
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
			[]string{"latest: sha256:", "error platform-set: linux/arm64 (", "error never-validated: sha256:", "commit that it names, 0123456789ab serves sha256:"},
		},
		"a tag serves what was never validated": {
			func(t *testing.T, r *released) {
				r.move(t, "main", r.store.IndexWith(revision("ffffffffffffffffffffffffffffffffffffffff"), built(r.store, "amd64", "ffffffffffffffffffffffffffffffffffffffff"), built(r.store, "arm64", "ffffffffffffffffffffffffffffffffffffffff")))
			},
			[]string{"main: sha256:", ", 1 error", "error never-validated: ", "ffffffffffff doesn't exist"},
		},
		"a tag serves what names no commit": {
			func(t *testing.T, r *released) {
				r.move(t, "main", r.store.IndexWith(func(doc map[string]any) { delete(doc, "annotations") }, r.store.Linux("amd64", ""), r.store.Linux("arm64", "")))
			},
			[]string{"error never-validated: ", "doesn't say which commit it was merged for"},
		},
		"a tag serves what names no commit that could be one": {
			func(t *testing.T, r *released) {
				r.move(t, "main", r.store.IndexWith(revision("main"), built(r.store, "amd64", "main"), built(r.store, "arm64", "main")))
			},
			[]string{"error never-validated: ", "its immutable tags can't be named"},
		},
		"a tag serves a single image": {
			func(t *testing.T, r *released) { r.move(t, "latest", r.store.Linux("amd64", "")) },
			[]string{"error tag-is-index: "},
		},
		"a tag is gone": {
			func(_ *testing.T, r *released) { r.lose("manifests/main") },
			[]string{"main: nothing, 1 error", "1. error tag-is-index: the registry has no tag main, although other tags of the image are there"},
		},
		"the registry can't be asked": {
			func(_ *testing.T, r *released) { r.Close() },
			[]string{"could not be made", "could not be asked", "tried again at the next time"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := release(t)
			test.drift(t, r)
			messages, log := look(t, r.parameters())
			if len(messages) != 1 {
				t.Fatalf("%d messages, want 1: %+v, log:\n%s", len(messages), messages, log)
			}
			m := messages[0]
			if m.topic != r.parameters().Topic || m.subject != "Archway: drift of app" {
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
	p := r.parameters()
	p.Platforms = append(p.Platforms, "linux/riscv64")
	if messages, _ := look(t, p); len(messages) != 1 {
		t.Errorf("%+v", messages)
	}
	p.Downgrade = map[string]string{"platform-set": "info:riscv64 will follow"}
	if messages, _ := look(t, p); messages != nil {
		t.Errorf("%+v", messages)
	}
}

func TestLongMessagesAreCut(t *testing.T) {
	r := release(t)
	var layers []any
	for range 200 {
		layers = append(layers, map[string]any{"mediaType": specs.MediaTypeImageLayerGzip, "digest": "sha256:x", "size": 1})
	}
	broken := r.store.Image(fixture.ImageSpec{Platform: fixture.ARM64, Manifest: func(doc map[string]any) { doc["layers"] = layers }})
	r.move(t, "latest", r.store.Index(r.store.Linux("amd64", ""), broken))
	messages, _ := look(t, r.parameters())
	if len(messages) != 1 || len(messages[0].text) > maxText+500 || !strings.Contains(messages[0].text, "more; the function's log has them all.") {
		t.Errorf("%+v", messages)
	}
}

func TestAFailedNotificationIsAnError(t *testing.T) {
	r := release(t)
	r.lose("manifests/main")
	refused := errors.New("refused")
	handler := Handler(open, func(context.Context, string, string, string) error { return refused }, slog.New(slog.DiscardHandler))
	if err := handler(t.Context(), r.parameters()); !errors.Is(err, refused) {
		t.Errorf("error %v", err)
	}
}

// A registry that never answers must leave time to tell.
func TestTheNotificationHasItsTime(t *testing.T) {
	r := release(t)
	r.Misbehave(fixture.Silent)
	ctx, cancel := context.WithTimeout(t.Context(), 400*time.Millisecond)
	defer cancel()
	told := false
	handler := Handler(open, func(ctx context.Context, _, _, text string) error {
		told = ctx.Err() == nil && strings.Contains(text, "could not be made")
		return nil
	}, slog.New(slog.DiscardHandler))
	if err := handler(ctx, r.parameters()); err != nil || !told {
		t.Errorf("error %v, told %v", err, told)
	}
}

func TestParametersNameWhatIsWrong(t *testing.T) {
	good := Parameters{
		Repository: "111122223333.dkr.ecr.eu-west-1.amazonaws.com/app", Branch: "main", Moving: []string{"latest"}, Immutable: []string{"{commit}"},
		Platforms: []string{"linux/amd64"}, Topic: "arn:aws:sns:eu-west-1:111122223333:drift",
	}
	if _, err := good.task(); err != nil {
		t.Error(err)
	}
	for want, change := range map[string]func(*Parameters){
		"lack repository, branch, moving, immutable, platforms, topic": func(p *Parameters) { *p = Parameters{} },
		"The parameter repository is":                                  func(p *Parameters) { p.Repository = "app" },
		"The parameter platforms: ":                                    func(p *Parameters) { p.Platforms = []string{"arm64"} },
		"The parameter moving[0] is no tag template":                   func(p *Parameters) { p.Moving = []string{"{tag}"} },
		"The parameter moving: ":                                       func(p *Parameters) { p.Moving, p.Branch = []string{"{branch}"}, "..." },
		"there is nothing to check":                                    func(p *Parameters) { p.Moving = []string{"{commit}"} },
		"The parameter immutable[0] is no tag template":                func(p *Parameters) { p.Immutable = []string{"{"} },
		"nothing can tell which images were validated":                 func(p *Parameters) { p.Immutable = []string{"v1"} },
		"there is no check":                                            func(p *Parameters) { p.Policy = validation.Policy{Downgrade: map[string]string{"x": "info:y"}} },
	} {
		p := good
		change(&p)
		if _, err := p.task(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

func TestSubjectsFitIntoAMail(t *testing.T) {
	for repository, want := range map[string]string{
		"111122223333.dkr.ecr.eu-west-1.amazonaws.com/team/app": "Archway: drift of team/app",
		"host/" + strings.Repeat("a", 200):                      "Archway: drift of " + strings.Repeat("a", 81),
		"host/\nörk":                                            "Archway: drift of ??rk",
	} {
		if got := subject(repository); got != want || len(got) >= 100 {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestEventsGoWhereTheyBelong(t *testing.T) {
	var got string
	dispatch := Dispatch(
		func(_ context.Context, p Parameters) error { got = "drift of " + p.Repository; return nil },
		func(_ context.Context, e job.Event) error { got = "job " + e.Job.ID; return nil })
	for event, want := range map[string]string{
		`{"archway.driftCheck":{"repository":"app"}}`: "drift of app",
		fixture.JobEvent("7", "{}"):                   "job 7",
		`{}`:                                          "job ",
	} {
		if err := dispatch(t.Context(), json.RawMessage(event)); err != nil || got != want {
			t.Errorf("%s: %q, %v, want %q", event, got, err, want)
		}
	}
	for event, want := range map[string]string{
		`{"archway.driftCheck":{"repo":"app"}}`: `unknown field "repo"`,
		`[]`:                                    "neither a job",
		`{"CodePipeline.job":7}`:                "neither a job",
	} {
		if err := dispatch(t.Context(), json.RawMessage(event)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", event, err, want)
		}
	}
}

func FuzzEvent(f *testing.F) {
	f.Add(`{"archway.driftCheck":{"repository":"111122223333.dkr.ecr.eu-west-1.amazonaws.com/app","branch":"main","moving":["latest"],"immutable":["{commit:12}"],"platforms":["linux/amd64"],"topic":"x","downgrade":{"rootfs":"info:x"}}}`)
	f.Add(`{"archway.driftCheck":null}`)
	f.Add(fixture.JobEvent("7", "{}"))
	f.Fuzz(func(t *testing.T, event string) {
		_ = Dispatch(
			func(_ context.Context, p Parameters) error {
				if task, err := p.task(); err == nil && (len(task.public) == 0 || len(task.proofs) == 0 || len(task.want.Platforms) == 0) {
					t.Errorf("%+v", task)
				}
				return nil
			},
			func(context.Context, job.Event) error { return nil },
		)(t.Context(), json.RawMessage(event)) // an error is fine
	})
}

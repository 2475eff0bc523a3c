package promotion

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/codepipeline/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"github.com/opencontainers/go-digest"
	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/lambda/internal/check"
	"archway/lambda/internal/execution"
	"archway/lambda/internal/fixture"
	"archway/lambda/internal/history"
	"archway/lambda/internal/job"
	"archway/lambda/internal/registry"
	"archway/lambda/internal/retry"
)

// stage is a registry with two good indexes of one commit, old and new.
type stage struct {
	*fixture.Server
	store    *fixture.Store
	old, new digest.Digest
	log      bytes.Buffer
	// execution is the one that promotes.
	execution execution.Execution
	history   line
}

// line is a source repository whose commits are in one line, the oldest first. It can't tell about others.
type line []string

func (l line) Compare(_ context.Context, commit, other string) (history.Relation, error) {
	a, b := slices.Index(l, commit), slices.Index(l, other)
	switch {
	case a < 0 || b < 0:
		return history.Unknown, nil
	case a > b:
		return history.Descends, nil
	default:
		return history.Precedes, nil
	}
}

// Execution implements execution.Source.
func (s *stage) Execution(_ context.Context, id string) (execution.Execution, error) {
	x := s.execution
	x.ID = id
	return x, nil
}

func set(t *testing.T) *stage {
	t.Helper()
	s := &stage{Server: fixture.Serve(t), store: fixture.New(), execution: execution.Execution{Pipeline: "p", Status: "InProgress"}}
	s.old, s.new = s.index("", "2026-03-04T05:00:00Z"), s.store.Good().Digest
	s.Push(t, "app", s.store)
	return s
}

// index stores an index of a commit; empty values are the fixture's. It has both platforms unless it is given others.
func (s *stage) index(commit, created string, architectures ...string) digest.Digest {
	if len(architectures) == 0 {
		architectures = []string{"amd64", "arm64"}
	}
	var entries []specs.Descriptor
	for _, a := range architectures {
		entries = append(entries, s.store.Linux(a, ""))
	}
	return s.store.IndexWith(func(doc map[string]any) {
		annotations := doc["annotations"].(map[string]any)
		if commit != "" {
			annotations[specs.AnnotationRevision] = commit
		}
		if created != "" {
			annotations[specs.AnnotationCreated] = created
		}
	}, entries...).Digest
}

func (s *stage) open(ctx context.Context, repository name.Repository) (*registry.Repository, error) {
	return registry.Open(ctx, repository, authn.Anonymous, transport.PushScope, retry.Policy{Attempts: 3, Missing: 2, First: time.Millisecond, Longest: time.Second})
}

func (s *stage) parameters(change func(*Parameters)) string {
	p := Parameters{
		Repository: s.Host + "/app", Digest: s.new.String(), Commit: fixture.Revision, Branch: "feature/x", Execution: "e-1",
		Immutable: []string{"{commit:12}"}, Moving: []string{"latest", "{branch}"},
	}
	if change != nil {
		change(&p)
	}
	b, err := json.Marshal(p)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func (s *stage) promote(t *testing.T, change func(*Parameters)) (map[string]string, error) {
	t.Helper()
	return Action(s.open, s, s.history)(t.Context(), s.job(change))
}

func (s *stage) job(change func(*Parameters)) job.Job {
	return job.Job{ID: "job", Parameters: s.parameters(change), Log: slog.New(slog.NewJSONHandler(&s.log, nil))}
}

// tags are what the registry serves.
func (s *stage) tags(t *testing.T, names ...string) map[string]string {
	t.Helper()
	repository, err := s.open(t.Context(), s.Repository(t, "app"))
	if err != nil {
		t.Fatal(err)
	}
	served := map[string]string{}
	for _, tag := range names {
		d, err := repository.Serves(t.Context(), tag)
		if err != nil {
			t.Fatal(err)
		}
		switch d {
		case s.old:
			served[tag] = "old"
		case s.new:
			served[tag] = "new"
		default:
			served[tag] = d.String()
		}
	}
	return served
}

// puts are the tags that were written, in order.
func (s *stage) puts() []string {
	var all []string
	for _, r := range s.Requests() {
		if tag, ok := strings.CutPrefix(r, "PUT /v2/app/manifests/"); ok && !strings.HasPrefix(tag, "sha256:") {
			all = append(all, tag)
		}
	}
	return all
}

const commit12 = "0123456789ab"

var failureType = func(err error) types.FailureType {
	var f *job.Failure
	if errors.As(err, &f) {
		return f.Type
	}
	return ""
}

func TestPromoteWritesImmutableTagsFirstAndMovingOnesLast(t *testing.T) {
	s := set(t)
	s.Tag(t, "app", "latest", s.store, s.old)
	before := len(s.puts())
	variables, err := s.promote(t, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"digest": s.new.String(), "tags": commit12 + ",latest,feature-x", "kept": "none",
		"summary": commit12 + ", latest, feature-x now at " + check.Short(s.new.String()),
	}
	if diff := cmp.Diff(want, variables); diff != "" {
		t.Errorf("variables:\n%s", diff)
	}
	if diff := cmp.Diff([]string{commit12, "latest", "feature-x"}, s.puts()[before:]); diff != "" {
		t.Errorf("order of writes:\n%s", diff)
	}
	if diff := cmp.Diff(map[string]string{commit12: "new", "latest": "new", "feature-x": "new"}, s.tags(t, commit12, "latest", "feature-x")); diff != "" {
		t.Errorf("tags:\n%s", diff)
	}
	for _, part := range []string{`"tag":"latest"`, `"from":"` + s.old.String() + `"`, `"to":"` + s.new.String() + `"`} {
		if !strings.Contains(s.log.String(), part) {
			t.Errorf("the log lacks %s", part)
		}
	}
}

func TestPromoteAgainWritesNothing(t *testing.T) {
	s := set(t)
	first, err := s.promote(t, nil)
	if err != nil {
		t.Fatal(err)
	}
	writes := len(s.puts())
	again, err := s.promote(t, nil)
	if err != nil {
		t.Fatal(err)
	}
	first["summary"] = strings.Replace(first["summary"], "now at", "already at", 1)
	if diff := cmp.Diff(first, again); diff != "" {
		t.Error(diff)
	}
	if n := len(s.puts()) - writes; n != 0 {
		t.Errorf("%d tags were written again", n)
	}
}

func TestPromoteFinishesWhatAnEarlierAttemptBegan(t *testing.T) {
	s := set(t)
	s.Tag(t, "app", commit12, s.store, s.new)
	s.Tag(t, "app", "latest", s.store, s.old)
	if _, err := s.promote(t, nil); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{commit12: "new", "latest": "new"}, s.tags(t, commit12, "latest")); diff != "" {
		t.Error(diff)
	}
}

func TestPromoteMovesNothingIfAnImmutableTagServesAnotherImage(t *testing.T) {
	s := set(t)
	s.Tag(t, "app", commit12, s.store, s.old)
	s.Tag(t, "app", "latest", s.store, s.old)
	before := len(s.puts())
	_, err := s.promote(t, func(p *Parameters) { p.Immutable = []string{"v1", "{commit:12}"} })
	if failureType(err) != types.FailureTypeJobFailed || !strings.Contains(err.Error(), "No tag was moved") || !strings.Contains(err.Error(), commit12+" serves sha256:") {
		t.Errorf("error %v", err)
	}
	if n := len(s.puts()) - before; n != 0 {
		t.Errorf("%d tags were written", n)
	}
}

// immutable answers writes of existing tags as ECR does, except of those excluded.
func (s *stage) immutable(t *testing.T, excluded ...string) {
	served := map[string]bool{}
	s.Misbehave(func(w http.ResponseWriter, r *http.Request) bool {
		tag, ok := strings.CutPrefix(r.URL.Path, "/v2/app/manifests/")
		if !ok || r.Method != http.MethodPut || slices.Contains(excluded, tag) {
			return false
		}
		if served[tag] {
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprintf(w, `{"errors":[{"code":"TAG_INVALID","message":"The image tag '%s' already exists in the 'app' repository and cannot be overwritten because the tag is immutable."}]}`, tag)
			return true
		}
		served[tag] = true
		return false
	})
}

// race lets another run write a tag just before ours does.
func (s *stage) race(t *testing.T, tag string, d digest.Digest) {
	done := false
	s.Misbehave(func(_ http.ResponseWriter, r *http.Request) bool {
		if !done && r.Method == http.MethodPut && r.URL.Path == "/v2/app/manifests/"+tag {
			done = true
			s.Tag(t, "app", tag, s.store, d)
		}
		return false
	})
}

func TestPromoteSettlesARaceForAnImmutableTag(t *testing.T) {
	t.Run("same image", func(t *testing.T) {
		s := set(t)
		s.race(t, commit12, s.new)
		s.immutable(t, "latest", "feature-x")
		if _, err := s.promote(t, nil); err != nil {
			t.Errorf("error %v, want none: the tag serves what it should", err)
		}
	})
	t.Run("another image", func(t *testing.T) {
		s := set(t)
		s.race(t, commit12, s.old)
		s.immutable(t, "latest", "feature-x")
		_, err := s.promote(t, nil)
		if failureType(err) != types.FailureTypeJobFailed || !strings.Contains(err.Error(), "got another image while this promotion ran") {
			t.Errorf("error %v", err)
		}
		if diff := cmp.Diff(map[string]string{"latest": "", "feature-x": ""}, s.tags(t, "latest", "feature-x")); diff != "" {
			t.Errorf("moving tags were written:\n%s", diff)
		}
	})
}

func TestPromoteTellsThatAMovingTagIsImmutableInTheRegistry(t *testing.T) {
	s := set(t)
	s.immutable(t)
	s.Tag(t, "app", "latest", s.store, s.old)
	_, err := s.promote(t, nil)
	if failureType(err) != types.FailureTypeJobFailed || !strings.Contains(err.Error(), "Exclude it from the repository's tag immutability") {
		t.Errorf("error %v", err)
	}
}

func TestPromoteTakesBackATagThatAnOlderImageTookMeanwhile(t *testing.T) {
	t.Parallel() // it looks several times
	s := set(t)
	moved := false
	s.Misbehave(func(_ http.ResponseWriter, r *http.Request) bool {
		// After everything was written, another run points a tag back.
		if !moved && r.Method == http.MethodHead && len(s.puts()) == 3 {
			moved = true
			s.Tag(t, "app", "feature-x", s.store, s.old)
		}
		return false
	})
	if _, err := s.promote(t, nil); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"feature-x": "new"}, s.tags(t, "feature-x")); diff != "" {
		t.Error(diff)
	}
}

func TestPromoteGivesUpOnATagThatSomebodyElseKeepsMoving(t *testing.T) {
	t.Parallel() // it looks several times
	s := set(t)
	s.Misbehave(func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodHead && r.URL.Path == "/v2/app/manifests/latest" {
			s.Tag(t, "app", "latest", s.store, s.old)
		}
		return false
	})
	_, err := s.promote(t, nil)
	if failureType(err) != types.FailureTypeJobFailed || !strings.Contains(err.Error(), "The tag latest was written 3 times and still serves something else") {
		t.Errorf("error %v", err)
	}
}

func TestPromoteSurvivesThrottling(t *testing.T) {
	s := set(t)
	seen := map[string]bool{}
	s.Misbehave(func(w http.ResponseWriter, r *http.Request) bool {
		key := r.Method + r.URL.Path
		if !strings.Contains(key, "/manifests/") || seen[key] {
			return false
		}
		seen[key] = true
		w.WriteHeader(http.StatusTooManyRequests)
		return true
	})
	if _, err := s.promote(t, nil); err != nil {
		t.Error(err)
	}
}

func TestPromoteRefusesWhatItCannotStandFor(t *testing.T) {
	s := set(t)
	single := s.store.Linux("amd64", "").Digest
	silent := s.store.IndexWith(func(doc map[string]any) { delete(doc, "annotations") }, s.store.Linux("amd64", "")).Digest
	timeless := s.index("", "yesterday")
	damaged := s.store.Index(s.store.Linux("arm64", "")).Digest
	s.store.Replace(damaged, []byte("{}"))
	s.Push(t, "app", s.store)
	for name, test := range map[string]struct {
		change  func(*Parameters)
		kind    types.FailureType
		message string
	}{
		"a digest that isn't there":     {func(p *Parameters) { p.Digest = digest.FromString("none").String() }, types.FailureTypeJobFailed, "the repository has no image index"},
		"a single image":                {func(p *Parameters) { p.Digest = single.String() }, types.FailureTypeJobFailed, "is an image manifest, expected an image index"},
		"other bytes":                   {func(p *Parameters) { p.Digest = damaged.String() }, types.FailureTypeJobFailed, "other bytes than the digest names"},
		"an index that names no commit": {func(p *Parameters) { p.Digest = silent.String() }, types.FailureTypeJobFailed, "was built from the commit (unknown), expected " + fixture.Revision},
		"a date of an index without one": {func(p *Parameters) {
			p.Digest, p.Immutable = timeless.String(), []string{"{date:20060102}"}
		}, types.FailureTypeConfigurationError, "org.opencontainers.image.created"},
		"a tag in both lists": {func(p *Parameters) { p.Moving = []string{"{commit:12}"} }, types.FailureTypeConfigurationError, "as immutable and as moving"},
		"a short commit":      {func(p *Parameters) { p.Commit = "0123456" }, types.FailureTypeJobFailed, "expected 0123456"},
	} {
		t.Run(name, func(t *testing.T) {
			before := len(s.puts())
			_, err := s.promote(t, test.change)
			if failureType(err) != test.kind || !strings.Contains(err.Error(), test.message) {
				t.Errorf("error %v", err)
			}
			if n := len(s.puts()) - before; n != 0 {
				t.Errorf("%d tags were written", n)
			}
		})
	}
}

func TestPromoteTakesDatesFromTheIndexSoThatARepetitionGivesTheSameTag(t *testing.T) {
	s := set(t)
	variables, err := s.promote(t, func(p *Parameters) { p.Immutable, p.Moving = []string{"nightly-{date:20060102}"}, nil })
	if err != nil {
		t.Fatal(err)
	}
	if variables["tags"] != "nightly-20260304" {
		t.Errorf("tags %q", variables["tags"])
	}
}

func TestPromoteWritesATagNamedTwiceOnce(t *testing.T) {
	s := set(t)
	variables, err := s.promote(t, func(p *Parameters) { p.Branch = "latest" })
	if err != nil {
		t.Fatal(err)
	}
	if variables["tags"] != commit12+",latest" {
		t.Errorf("tags %q", variables["tags"])
	}
}

func TestPromoteFailsAsUnavailableIfTheRegistryDoesNotAnswer(t *testing.T) {
	s := set(t)
	s.Misbehave(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodHead {
			w.WriteHeader(http.StatusServiceUnavailable)
			return true
		}
		return false
	})
	before := len(s.puts())
	if _, err := s.promote(t, nil); !errors.Is(err, registry.ErrUnavailable) {
		t.Errorf("error %v, want %v", err, registry.ErrUnavailable)
	}
	if n := len(s.puts()) - before; n != 0 {
		t.Errorf("%d tags were written", n)
	}
}

package promotion

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"github.com/opencontainers/go-digest"
	specs "github.com/opencontainers/image-spec/specs-go/v1"

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

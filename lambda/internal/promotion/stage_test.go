package promotion

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"github.com/opencontainers/go-digest"
	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/internal/rule"
	"archway/internal/settings"
	"archway/lambda/internal/aws/login"
	"archway/lambda/internal/aws/pushed"
	"archway/lambda/internal/fixture"
	"archway/lambda/internal/fixture/distribution"
	"archway/lambda/internal/image/registry"
	"archway/lambda/internal/image/transfer"
	"archway/lambda/internal/pipeline/execution"
	"archway/lambda/internal/pipeline/history"
	"archway/lambda/internal/pipeline/job"
	"archway/lambda/internal/retry"
)

// Commits of tests. fixture.Revision is between the first two; foreign is beside them.
var (
	older    = strings.Repeat("a", 40)
	newer    = strings.Repeat("b", 40)
	foreign  = strings.Repeat("c", 40)
	commit12 = fixture.Revision[:12]
)

// stage is a pipeline whose execution e-1 has its turn to promote the index new of
// fixture.Revision. In the repository staging/app is that and an older index of the same commit;
// the release app is empty.
type stage struct {
	*fixture.Server
	aws      *fixture.AWS
	store    *fixture.Store
	old, new digest.Digest
	settings *settings.Loaded
	log      bytes.Buffer
	// transfer copies; transfers are the jobs that it got.
	transfer  func(context.Context, transfer.Job) (transfer.Result, error)
	transfers []transfer.Job
	// patience is how long CodePipeline's history may lag.
	patience time.Duration
}

func set(t *testing.T) *stage {
	t.Helper()
	s := &stage{Server: fixture.ServeHandler(t, distribution.New(t)), aws: fixture.ServeAWS(t), store: fixture.New()}
	s.old, s.new = s.index(""), s.store.Good().Digest
	s.Push(t, "staging/app", s.store)
	s.transfer, s.patience = s.copy, 10*time.Millisecond
	s.settings = &settings.Loaded{Pipeline: settings.Pipeline{
		Name: fixture.Pipeline, Source: settings.Source{Repository: fixture.SourceRepository, Branch: "feature/x"},
		Stages: []settings.Stage{
			{Name: "Source", Actions: []string{"Source"}}, {Name: "Build", Actions: []string{"app-amd64", "app-arm64"}},
			{Name: "Merge", Actions: []string{"app"}}, {Name: "Validate", Actions: []string{"app"}},
			{Name: "Approval", Actions: []string{"Approve"}},
		},
		Images: []settings.Image{{
			Name: "app", Staging: "staging/app", Release: "app",
			Tags: rule.Tags{Immutable: []string{"{commit:12}"}, Moving: []string{"latest", "{branch}"}},
		}},
	}}
	s.aws.Line(older, fixture.Revision, newer)
	s.aws.Fork(foreign, older)
	s.aws.Branch("feature/x", newer)
	s.ran("e-1", fixture.Revision, s.new)
	s.aws.InTurn("e-1", "Promote", "Promote")
	return s
}

// ran lets all actions before the promotion of a commit succeed.
func (s *stage) ran(id, commit string, d digest.Digest, variables ...string) {
	s.aws.Run(id, commit, variables...)
	for _, stage := range s.settings.Stages {
		for _, action := range stage.Actions {
			s.aws.Did(id, stage.Name, action, "Succeeded", nil)
		}
	}
	s.validated(id, d)
}

// validated lets another attempt of the Validate action pass an index.
func (s *stage) validated(id string, d digest.Digest) {
	s.aws.Did(id, "Validate", "app", "Succeeded", map[string]string{"digest": d.String(), "referrers": "none"})
}

// rollback lets e-2 have the turn, which rolls back to e-1. Its own promotion has succeeded.
func (s *stage) rollback() {
	s.aws.Did("e-1", "Promote", "Promote", "Succeeded", nil)
	s.aws.Rollback("e-2", "e-1")
	s.aws.InTurn("e-2", "Promote", "Promote")
}

// index stores an index of a commit; "" is the fixture's. It has both platforms unless it is given
// others.
func (s *stage) index(commit string, architectures ...string) digest.Digest {
	if len(architectures) == 0 {
		architectures = []string{"amd64", "arm64"}
	}
	var entries []specs.Descriptor
	for _, a := range architectures {
		entries = append(entries, s.store.Linux(a, ""))
	}
	return s.store.IndexWith(func(doc map[string]any) {
		if commit != "" {
			doc["annotations"].(map[string]any)[specs.AnnotationRevision] = commit
		}
	}, entries...).Digest
}

// released puts the store into the release, and lets tags serve an index that came there at a time.
func (s *stage) released(t *testing.T, d digest.Digest, second int, tags ...string) {
	t.Helper()
	s.Push(t, "app", s.store)
	s.aws.Pushed("app", d.String(), second)
	for _, tag := range tags {
		s.Tag(t, "app", tag, s.store, d)
	}
}

// copied is when the index of a promotion comes to the release.
const copied = 100

// copy is a transfer that ECR takes note of.
func (s *stage) copy(ctx context.Context, j transfer.Job) (transfer.Result, error) {
	result, err := transfer.Run(ctx, j)
	if err == nil {
		s.aws.Pushed("app", j.Roots[0].String(), copied)
	}
	return result, err
}

func (s *stage) open(access string) login.Open {
	return func(ctx context.Context, repository name.Repository) (*registry.Repository, error) {
		policy := retry.Policy{Attempts: 3, Missing: 2, First: time.Millisecond, Longest: time.Second}
		return registry.Open(ctx, repository, authn.Anonymous, access, policy)
	}
}

func (s *stage) promoter() *Promoter {
	cfg := aws.Config{
		Region: "eu-west-1", BaseEndpoint: &s.aws.URL, RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("AKID", "secret", ""),
	}
	patience := execution.Patience{First: time.Millisecond, Longest: time.Millisecond, Whole: s.patience}
	return &Promoter{
		Settings: s.settings, Registry: s.Host, Staging: s.open(transport.PullScope),
		Release: s.open(transport.PushScope),
		Runs:    execution.NewCodePipeline(cfg, fixture.Pipeline).With(patience),
		Source:  history.NewCodeCommit(cfg, fixture.SourceRepository), Pushed: pushed.ECR(cfg, retry.Policy{}),
		Tags: pushed.ECRTags(cfg, retry.Policy{}),
		Transfer: func(ctx context.Context, j transfer.Job) (transfer.Result, error) {
			s.transfers = append(s.transfers, j)
			return s.transfer(ctx, j)
		},
		pause: time.Millisecond,
	}
}

// promote runs the job of e-1, unless it is told another execution.
func (s *stage) promote(t *testing.T, id ...string) (map[string]string, error) {
	t.Helper()
	return s.promoter().Do(t.Context(), s.job(append(id, "e-1")[0]))
}

func (s *stage) job(id string) job.Job {
	return job.Job{ID: "job", Execution: id, Log: slog.New(slog.NewJSONHandler(&s.log, nil))}
}

// tags are what the release serves.
func (s *stage) tags(t *testing.T, names ...string) map[string]string {
	t.Helper()
	repository, err := s.open(transport.PullScope)(t.Context(), s.Repository(t, "app"))
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

// unmoved runs a promotion that must fail, write no tag and copy nothing unless it is said so.
func (s *stage) unmoved(t *testing.T, want string, id ...string) error {
	t.Helper()
	before := len(s.puts())
	_, err := s.promote(t, id...)
	if err == nil || !strings.Contains(err.Error(), want) ||
		!strings.HasPrefix(strings.ToLower(err.Error()), "no tag was moved") {
		t.Errorf("error %v, want that no tag was moved and %q", err, want)
	}
	if now := s.puts(); len(now) != before {
		t.Errorf("tags were written: %v", now[before:])
	}
	if len(s.transfers) > 0 {
		t.Errorf("%d images were copied", len(s.transfers))
	}
	return err
}

package promotion

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/go-digest"

	"archway/internal/rule"
	"archway/internal/settings"
	"archway/lambda/internal/fixture"
	"archway/lambda/internal/image/transfer"
	"archway/lambda/internal/pipeline/job"
	"archway/lambda/internal/verdict/check"
)

// two adds a second image to the pipeline, whose release is team/job, and one that is not promoted.
func two(t *testing.T) *stage {
	t.Helper()
	s := set(t)
	s.settings.Images = append(s.settings.Images,
		settings.Image{Name: "job", Staging: "staging/job", Release: "team/job",
			Tags: rule.Tags{Immutable: []string{"{commit:12}"}, Moving: []string{"latest"}}},
		settings.Image{Name: "tool", Staging: "staging/tool"})
	s.Push(t, "staging/job", s.store)
	s.aws.Did("e-1", "Validate", "job", "Succeeded",
		map[string]string{"digest": s.new.String(), "referrers": s.old.String() + "," + s.new.String()})
	s.settings.Stages[3].Actions = []string{"app", "job"}
	return s
}

// writes are the tags that were written, with their repositories, in order.
func (s *stage) writes() []string {
	var all []string
	for _, r := range s.Requests() {
		if r, ok := strings.CutPrefix(r, "PUT /v2/"); ok && !strings.Contains(r, "sha256:") &&
			!strings.Contains(r, "/blobs/") {
			all = append(all, strings.Replace(r, "/manifests/", ":", 1))
		}
	}
	return all
}

// All immutable tags come before the first moving one.
func TestOrderOfTags(t *testing.T) {
	s := two(t)
	variables, err := s.promote(t)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"app:" + commit12, "team/job:" + commit12, "app:latest", "app:feature-x", "team/job:latest"}
	if diff := cmp.Diff(want, s.writes()); diff != "" {
		t.Error(diff)
	}
	to := check.Short(s.new.String())
	if diff := cmp.Diff(map[string]string{
		"digest-app": s.new.String(), "tags-app": commit12 + ",latest,feature-x", "kept-app": "none",
		"digest-job": s.new.String(), "tags-job": commit12 + ",latest", "kept-job": "none",
		"summary": "app: " + commit12 + ", latest, feature-x now at " + to + ". job: " + commit12 + ", latest now at " +
			to,
	}, variables); diff != "" {
		t.Error(diff)
	}
	if n := strings.Count(s.log.String(), `"Promotions":1`); n != 2 ||
		!strings.Contains(s.log.String(), `"Repository":"team/job"`) {
		t.Errorf("%d promotions were counted:\n%s", n, &s.log)
	}
	if strings.Contains(s.log.String(), `"Rollbacks":1`) {
		t.Errorf("a promotion is counted as a rollback:\n%s", &s.log)
	}
	var roots [][]digest.Digest
	for _, j := range s.transfers {
		roots = append(roots, j.Roots)
		if j.Margin != transfer.DefaultMargin+2*time.Second || j.Token != "" ||
			!strings.Contains(j.From.Name(), "/staging/") || strings.Contains(j.To.Name(), "staging") {
			t.Errorf("transfer %+v", j)
		}
	}
	if diff := cmp.Diff([][]digest.Digest{{s.new}, {s.new, s.old, s.new}}, roots); diff != "" {
		t.Error(diff)
	}
}

func TestOneImageThatMayNotMoveStopsAll(t *testing.T) {
	s := two(t)
	s.Push(t, "team/job", s.store)
	s.Tag(t, "team/job", commit12, s.store, s.old)
	s.released(t, s.old, 1, commit12)
	before := len(s.writes())
	err := s.unmoved(t, "of the image app serves another image already")
	if !strings.Contains(err.Error(), "of the image job serves another image already") || len(s.writes()) != before {
		t.Errorf("error %v", err)
	}
	s = two(t)
	s.aws.Did("e-1", "Validate", "job", "Failed", nil)
	s.unmoved(t, "Validate/job is Failed")
	s = two(t)
	s.settings.Stages[3].Actions = []string{
		"app"} // whatever the settings forget, nothing goes without its own Validate
	s.unmoved(t, `The action Validate/job put out digest=""`)
}

func TestCopyThatFailsMovesNothing(t *testing.T) {
	s := two(t)
	broken := errors.New("no answer")
	copied := s.transfer
	s.transfer = func(ctx context.Context, j transfer.Job) (transfer.Result, error) {
		if len(s.transfers) > 1 {
			return transfer.Result{}, broken
		}
		return copied(ctx, j)
	}
	if _, err := s.promote(t); !errors.Is(err, broken) ||
		!strings.HasPrefix(err.Error(), "no tag was moved; copy "+s.new.String()+" from staging/job to team/job") {
		t.Errorf("error %v", err)
	}
	if w := s.writes(); len(w) != 0 {
		t.Errorf("written: %v", w)
	}
}

func TestCopyGoesOnInTheNextInvocation(t *testing.T) {
	s := two(t)
	copied := s.transfer
	const token = `{"upload":"x:y","offset":5}`
	s.transfer = func(ctx context.Context, j transfer.Job) (transfer.Result, error) {
		if strings.HasSuffix(j.To.Name(), "/team/job") && j.Token == "" {
			return transfer.Result{Next: token}, nil
		}
		j.Token = ""
		return copied(ctx, j)
	}
	_, err := s.promote(t)
	var later *job.Later
	if !errors.As(err, &later) || later.Token != "job:"+token || later.Summary != "copying job to team/job" {
		t.Fatalf("error %v", err)
	}
	if w := s.writes(); len(w) != 0 {
		t.Errorf("written before all was copied: %v", w)
	}
	again := s.job("e-1")
	again.Continuation = later.Token
	// Everything is looked at again.
	s.aws.Did("e-1", "Merge", "app", "Failed", nil)
	if _, err := s.promoter().Do(t.Context(), again); err == nil ||
		!strings.Contains(err.Error(), "Merge/app is Failed") {
		t.Errorf("error %v", err)
	}
	s.aws.Did("e-1", "Merge", "app", "Succeeded", nil)
	if _, err := s.promoter().Do(t.Context(), again); err != nil {
		t.Fatal(err)
	}
	if w := s.writes(); len(w) != 5 {
		t.Errorf("written: %v", w)
	}
	tokens := []string{}
	for _, j := range s.transfers {
		tokens = append(tokens, j.Token)
	}
	if diff := cmp.Diff([]string{"", "", "", token}, tokens); diff != "" {
		t.Error(diff)
	}
}

// An execution that is abandoned while it is copied moves nothing.
func TestAbandonedCopy(t *testing.T) {
	for name, test := range map[string]struct {
		end  func(*stage)
		want string
	}{
		"abandoned": {func(s *stage) {
			s.aws.End("e-1", "Stopped")
			s.aws.Enter("e-1", "Promote", "Stopped", "Promote", "Abandoned")
		}, "the stage Promote is Stopped"},
		"followed by another": {func(s *stage) {
			s.ran("e-3", fixture.Revision, s.new)
			s.aws.InTurn("e-3", "Promote", "Promote")
		}, "the stage Promote works for execution e-3"},
		"rolled back to": {func(s *stage) {
			s.aws.Rollback("e-4", "e-1")
			s.aws.InTurn("e-4", "Promote", "Promote")
		}, "The turn of execution e-1 ended while its images were copied"},
	} {
		t.Run(name, func(t *testing.T) {
			s := set(t)
			copied := s.transfer
			s.transfer = func(ctx context.Context, j transfer.Job) (transfer.Result, error) {
				test.end(s)
				return copied(ctx, j)
			}
			_, err := s.promote(t)
			if failureType(err) == "" || !strings.HasPrefix(err.Error(), "No tag was moved. ") ||
				!strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v", err)
			}
			if puts := s.puts(); len(puts) != 0 {
				t.Errorf("written: %v", puts)
			}
		})
	}
}

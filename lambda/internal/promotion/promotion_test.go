package promotion

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/codepipeline/types"
	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/go-digest"

	"archway/lambda/internal/check"
	"archway/lambda/internal/fixture"
	"archway/lambda/internal/job"
	"archway/lambda/internal/registry"
)

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

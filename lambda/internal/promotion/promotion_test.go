package promotion

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/codepipeline/types"
	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/go-digest"
	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/internal/rule"
	"archway/lambda/internal/fixture"
	"archway/lambda/internal/image/registry"
	"archway/lambda/internal/image/transfer"
	"archway/lambda/internal/pipeline/job"
	"archway/lambda/internal/verdict/check"
)

var failureType = func(err error) types.FailureType {
	var f *job.Failure
	if errors.As(err, &f) {
		return f.Type
	}
	return ""
}

// Promote writes immutable tags first and moving ones last.
func TestPromoteOrder(t *testing.T) {
	s := set(t)
	s.released(t, s.old, 1, "latest")
	before := len(s.puts())
	variables, err := s.promote(t)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"digest-app": s.new.String(), "tags-app": commit12 + ",latest,feature-x", "kept-app": "none",
		"summary": "app: " + commit12 + ", latest, feature-x now at " + check.Short(s.new.String()),
	}
	if diff := cmp.Diff(want, variables); diff != "" {
		t.Errorf("variables:\n%s", diff)
	}
	if diff := cmp.Diff([]string{commit12, "latest", "feature-x"}, s.puts()[before:]); diff != "" {
		t.Errorf("order of writes:\n%s", diff)
	}
	if diff := cmp.Diff(map[string]string{commit12: "new", "latest": "new", "feature-x": "new"},
		s.tags(t, commit12, "latest", "feature-x")); diff != "" {
		t.Errorf("tags:\n%s", diff)
	}
	for _, part := range []string{`"tag":"latest"`, `"from":"` + s.old.String() + `"`,
		`"to":"` + s.new.String() + `"`} {
		if !strings.Contains(s.log.String(), part) {
			t.Errorf("the log lacks %s", part)
		}
	}
}

func TestPromoteAgainWritesNothing(t *testing.T) {
	s := set(t)
	first, err := s.promote(t)
	if err != nil {
		t.Fatal(err)
	}
	writes := len(s.puts())
	again, err := s.promote(t)
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

// Promote finishes what an earlier attempt began.
func TestUnfinishedAttempt(t *testing.T) {
	s := set(t)
	s.released(t, s.new, 2, commit12)
	s.released(t, s.old, 1, "latest")
	if _, err := s.promote(t); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{commit12: "new", "latest": "new"},
		s.tags(t, commit12, "latest")); diff != "" {
		t.Error(diff)
	}
}

// Promote moves nothing if an immutable tag serves another image.
func TestImmutableTagIsTaken(t *testing.T) {
	s := set(t)
	s.Tag(t, "app", commit12, s.store, s.old)
	s.released(t, s.old, 1, "latest")
	s.settings.Images[0].Tags.Immutable = []string{"v1", "{commit:12}"}
	if err := s.unmoved(t, commit12+" serves sha256:"); failureType(err) != types.FailureTypeJobFailed {
		t.Errorf("error %v", err)
	}
}

// immutable answers writes of existing tags as ECR does, except of those excluded.
func (s *stage) immutable(t *testing.T, excluded ...string) {
	served := map[string]bool{}
	s.Misbehave(func(w http.ResponseWriter, r *http.Request) bool {
		tag, ok := strings.CutPrefix(r.URL.Path, "/v2/app/manifests/")
		if !ok || r.Method != http.MethodPut || slices.Contains(excluded, tag) || strings.HasPrefix(tag, "sha256:") {
			return false
		}
		if served[tag] {
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprintf(w,
				`{"errors":[{"code":"TAG_INVALID","message":"The image tag '%s' already exists in the 'app' repository and cannot be overwritten because the tag is immutable."}]}`,
				tag)
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

// Promote settles a race for an immutable tag.
func TestImmutableTagRace(t *testing.T) {
	t.Run("same image", func(t *testing.T) {
		s := set(t)
		s.released(t, s.new, 1)
		s.race(t, commit12, s.new)
		s.immutable(t, "latest", "feature-x")
		if _, err := s.promote(t); err != nil {
			t.Errorf("error %v, want none: the tag serves what it should", err)
		}
	})
	t.Run("another image", func(t *testing.T) {
		s := set(t)
		s.released(t, s.old, 1)
		s.race(t, commit12, s.old)
		s.immutable(t, "latest", "feature-x")
		_, err := s.promote(t)
		if failureType(err) != types.FailureTypeJobFailed ||
			!strings.Contains(err.Error(),
				"got another image while this promotion ran: it serves "+check.Short(s.old.String())+", expected "+
					check.Short(s.new.String())) {
			t.Errorf("error %v", err)
		}
		if diff := cmp.Diff(map[string]string{"latest": "", "feature-x": ""},
			s.tags(t, "latest", "feature-x")); diff != "" {
			t.Errorf("moving tags were written:\n%s", diff)
		}
	})
}

// Promote tells that a moving tag is immutable in the registry.
func TestImmutableMovingTag(t *testing.T) {
	s := set(t)
	s.immutable(t)
	s.released(t, s.old, 1, "latest")
	_, err := s.promote(t)
	if failureType(err) != types.FailureTypeJobFailed ||
		!strings.Contains(err.Error(),
			"can't be moved from "+check.Short(s.old.String())+" to "+check.Short(s.new.String())+
				". Exclude it from the repository's tag immutability") {
		t.Errorf("error %v", err)
	}
}

// Promote takes back a tag that an older image took meanwhile.
func TestTagTakenByOlderImage(t *testing.T) {
	s := set(t)
	s.released(t, s.old, 1)
	moved := false
	s.Misbehave(func(_ http.ResponseWriter, r *http.Request) bool {
		// After everything was written, another run points a tag back.
		if !moved && r.Method == http.MethodHead && len(s.puts()) == 3 && strings.HasSuffix(r.URL.Path, "/feature-x") {
			moved = true
			s.Tag(t, "app", "feature-x", s.store, s.old)
		}
		return false
	})
	if _, err := s.promote(t); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"feature-x": "new"}, s.tags(t, "feature-x")); diff != "" {
		t.Error(diff)
	}
	want := `"tag":"feature-x","immutable":false,"outcome":"moved","why":"the tag is new","from":""`
	if !strings.Contains(s.log.String(), want) {
		t.Errorf("the log lacks %s:\n%s", want, &s.log)
	}
}

// Promote gives up on a tag that somebody else keeps moving.
func TestTagThatKeepsMoving(t *testing.T) {
	s := set(t)
	s.released(t, s.old, 1)
	s.Misbehave(func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodHead && r.URL.Path == "/v2/app/manifests/latest" {
			s.Tag(t, "app", "latest", s.store, s.old)
		}
		return false
	})
	_, err := s.promote(t)
	if failureType(err) != types.FailureTypeJobFailed ||
		!strings.Contains(err.Error(), "The tag latest was written 3 times and still serves something else") {
		t.Errorf("error %v", err)
	}
}

func TestTagThatCannotBeReadBack(t *testing.T) {
	for tag, says := range map[string]string{
		commit12: "the tag " + commit12 + " was written, and could not be read back",
		"latest": "the tag latest was written, and could not be read back",
	} {
		s := set(t)
		s.Misbehave(func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method != http.MethodHead || !strings.HasSuffix(r.URL.Path, "/"+tag) ||
				!slices.Contains(s.puts(), tag) {
				return false
			}
			w.WriteHeader(http.StatusInternalServerError)
			return true
		})
		if _, err := s.promote(t); !errors.Is(err, registry.ErrUnavailable) || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: error %v", tag, err)
		}
	}
}

// ECR refuses a manifest that is declared as something else than it is.
func TestMediaTypeIsThatOfTheBytes(t *testing.T) {
	for _, header := range []string{"", "application/octet-stream"} {
		s := set(t)
		lost := s.store.Index(s.store.Linux("amd64", ""), s.store.Linux("arm64", "")).Digest
		s.Push(t, "app", s.store)
		s.store.Declare(lost, header)
		s.Push(t, "staging/app", s.store)
		s.validated("e-1", lost)
		s.transfer = func(context.Context, transfer.Job) (transfer.Result, error) { return transfer.Result{}, nil }
		var declared []string
		s.Misbehave(func(w http.ResponseWriter, r *http.Request) bool {
			switch {
			case r.Method == http.MethodPut:
				declared = append(declared, r.Header.Get("Content-Type"))
			case strings.HasSuffix(r.URL.Path, "/"+lost.String()):
				w.Header().Set("Content-Type", header)
				_, _ = w.Write(s.store.Manifests[lost].Bytes)
				return true
			}
			return false
		})
		if _, err := s.promote(t); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{registry.OCIIndex, registry.OCIIndex, registry.OCIIndex}, declared); diff != "" {
			t.Errorf("%q: %s", header, diff)
		}
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
	if _, err := s.promote(t); err != nil {
		t.Error(err)
	}
}

// Promote refuses what it can't stand for.
func TestPromoteRefuses(t *testing.T) {
	tags := func(immutable, moving string) func(*stage) {
		return func(s *stage) {
			s.settings.Images[0].Tags = rule.Tags{Immutable: strings.Fields(immutable), Moving: strings.Fields(moving)}
		}
	}
	for name, test := range map[string]struct {
		set     func(*stage) digest.Digest
		change  func(*stage)
		kind    types.FailureType
		message string
	}{
		"a digest that isn't there": {func(*stage) digest.Digest { return digest.FromString("none") }, nil,
			types.FailureTypeJobFailed, "staging/app has no image index"},
		"a single image": {func(s *stage) digest.Digest { return s.store.Linux("amd64", "").Digest }, nil,
			types.FailureTypeJobFailed, "is an image manifest, expected an image index"},
		"other bytes": {func(s *stage) digest.Digest {
			damaged := s.store.Index(s.store.Linux("arm64", "")).Digest
			s.store.Replace(damaged, []byte("{}"))
			return damaged
		}, nil, types.FailureTypeJobFailed, "other bytes than the digest names"},
		"an index that names no commit": {func(s *stage) digest.Digest {
			return s.store.IndexWith(func(doc map[string]any) { delete(doc, "annotations") },
				s.store.Linux("amd64", "")).Digest
		}, nil, types.FailureTypeJobFailed, "was built from the commit (unknown), expected " + fixture.Revision},
		"an index of another commit": {func(s *stage) digest.Digest { return s.index(older) }, nil,
			types.FailureTypeJobFailed, "was built from the commit " + older},
		"a date of an index without one": {func(s *stage) digest.Digest {
			return s.store.IndexWith(func(doc map[string]any) {
				doc["annotations"].(map[string]any)[specs.AnnotationCreated] = "yesterday"
			}, s.store.Linux("amd64", "")).Digest
		}, tags("{date:20060102}", ""), types.FailureTypeConfigurationError, "org.opencontainers.image.created"},
		"a tag in both lists": {nil, tags("{commit:12}", "{commit:12}"), types.FailureTypeConfigurationError,
			"as immutable and as moving"},
		"no template": {nil, tags("{commmit}", ""), types.FailureTypeConfigurationError,
			"unknown placeholder {commmit}"},
		"no repository": {nil, func(s *stage) { s.settings.Images[0].Release = "App" },
			types.FailureTypeConfigurationError, `/App", expected`},
		"no staging": {nil, func(s *stage) { s.settings.Images[0].Staging = "" },
			types.FailureTypeConfigurationError, "expected a registry's host"},
		"no release": {nil, func(s *stage) { s.settings.Images[0].Release = "" },
			types.FailureTypeConfigurationError, "No image of the pipeline app-pipeline has a release"},
	} {
		t.Run(name, func(t *testing.T) {
			s := set(t)
			if test.set != nil {
				d := test.set(s)
				s.Push(t, "staging/app", s.store)
				s.validated("e-1", d)
			}
			if test.change != nil {
				test.change(s)
			}
			if err := s.unmoved(t, test.message); failureType(err) != test.kind {
				t.Errorf("type %s, want %s", failureType(err), test.kind)
			}
		})
	}
}

// Promote takes dates from the index, so that a repetition gives the same tag.
func TestDatesOfTags(t *testing.T) {
	s := set(t)
	s.settings.Images[0].Tags = rule.Tags{Immutable: []string{"nightly-{date:20060102}"}}
	variables, err := s.promote(t)
	if err != nil {
		t.Fatal(err)
	}
	if variables["tags-app"] != "nightly-20260304" {
		t.Errorf("tags %q", variables["tags-app"])
	}
}

// Promote writes a tag that is named twice once.
func TestTagNamedTwice(t *testing.T) {
	s := set(t)
	s.settings.Source.Branch = "latest"
	s.aws.Branch("latest", newer)
	variables, err := s.promote(t)
	if err != nil {
		t.Fatal(err)
	}
	if variables["tags-app"] != commit12+",latest" {
		t.Errorf("tags %q", variables["tags-app"])
	}
}

// Promote fails as unavailable if the registry doesn't answer.
func TestUnavailableRegistry(t *testing.T) {
	s := set(t)
	s.Misbehave(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodHead && strings.HasSuffix(r.URL.Path, "/latest") {
			w.WriteHeader(http.StatusServiceUnavailable)
			return true
		}
		return false
	})
	if err := s.unmoved(t, "read tag latest"); !errors.Is(err, registry.ErrUnavailable) {
		t.Errorf("error %v, want %v", err, registry.ErrUnavailable)
	}
}

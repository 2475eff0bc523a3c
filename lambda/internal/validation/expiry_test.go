package validation

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/opencontainers/go-digest"

	"archway/internal/settings"
	"archway/lambda/internal/aws/pushed"
	"archway/lambda/internal/image/index"
)

// entries are what the scene's index names.
func (s *scene) entries() []digest.Digest {
	var all []digest.Digest
	for _, d := range index.ParseManifest(s.store.Manifests[s.root].Bytes).Body.Manifests {
		all = append(all, d.Digest)
	}
	return all
}

// What expires before the promotion is refused.
func TestExpiryBeforePromotion(t *testing.T) {
	const day = 24 * time.Hour
	for name, test := range map[string]struct {
		days, hold int
		// age is that of the oldest part.
		age  time.Duration
		want string
	}{
		"never":            {0, 100 * 24 * 60, 1000 * day, ""},
		"just pushed":      {14, 7 * 24 * 60, 0, ""},
		"in the last hour": {14, 7 * 24 * 60, 7*day - margin, ""},
		"a second too late": {14, 7 * 24 * 60, 7*day - margin + time.Second,
			"from 2026-01-09 13:59 UTC on, 14 days after it was pushed, but the promotion may need it until 2026-01-09 14:00 UTC"},
		"no approval": {1, 0, day - margin, ""},
		"long ago":    {14, 0, 100 * day, "from 2025-10-08 12:00 UTC on"},
		"an approval that takes longer than anything is kept": {1, 24 * 60, 0,
			"keep images in the staging repository for more days, or shorten the approvals"},
	} {
		for part := range 3 { // the index, and its two images
			var s *scene
			var old digest.Digest
			variables, _, err := act(t, good, func(at *scene) {
				s = at
				s.image().StagingDays, s.pipeline.HoldMinutes = test.days, test.hold
				old = append([]digest.Digest{s.root}, s.entries()...)[part]
				s.pushed = map[digest.Digest]time.Time{old: noon.Add(-test.age)}
			})
			if test.want == "" {
				if err != nil {
					t.Errorf("%s: part %d: %v", name, part, err)
				}
				continue
			}
			f := failed(err)
			if f == nil || !strings.Contains(f.Message, test.want) || variables != nil {
				t.Errorf("%s: part %d: %v, want %q", name, part, err, test.want)
			} else if test.age > 0 &&
				!strings.Contains(f.Message,
					"--repository-name staging/app --image-ids imageDigest="+old.String()+";") {
				t.Errorf("%s: the message names another part:\n%s", name, f.Message)
			}
		}
	}
}

func TestUnlistedImagesAreNamed(t *testing.T) {
	unlisted := func(context.Context, string, []digest.Digest) (map[digest.Digest]time.Time, error) {
		return nil, fmt.Errorf("%w: sha256:x", pushed.ErrUnlisted)
	}
	i := &index.Image{Digest: digest.FromString("index")}
	x := expiry{image: &settings.Image{Staging: "staging/app", StagingDays: 14}, times: unlisted, now: noon}
	err := x.check(t.Context(), i, nil)
	if f := failed(err); f == nil || !strings.Contains(f.Message, "It is not known until when ECR keeps") ||
		!strings.Contains(f.Message, "sha256:x") {
		t.Errorf("error %v", err)
	}
}

// Of what is attached to an image, ECR may know no day of its own.
func TestReferrersMayBeUnlisted(t *testing.T) {
	attached := digest.FromString("attached")
	old := false
	x := expiry{image: &settings.Image{Staging: "staging/app", StagingDays: 14}, now: noon}
	x.times = func(_ context.Context, _ string, images []digest.Digest) (map[digest.Digest]time.Time, error) {
		times := map[digest.Digest]time.Time{}
		for _, d := range images {
			switch {
			case d != attached:
				times[d] = noon
			case old:
				times[d] = noon.AddDate(0, 0, -14)
			default:
				return nil, pushed.ErrUnlisted
			}
		}
		return times, nil
	}
	i := &index.Image{Digest: digest.FromString("index")}
	if err := x.check(t.Context(), i, []digest.Digest{attached}); err != nil {
		t.Error(err)
	}
	old = true
	if err := x.check(t.Context(), i, []digest.Digest{attached}); err == nil ||
		!strings.Contains(err.Error(), attached.String()) {
		t.Errorf("an old one: %v", err)
	}
}

func TestReferrersThatCountAreHandedOn(t *testing.T) {
	attach := func(s *scene) (proofs []string) {
		for _, d := range index.ParseManifest(s.store.Manifests[s.root].Bytes).Body.Manifests {
			statement := s.store.Statement(d, nil)
			s.store.Refer(d, index.InToto,
				[]byte(`{"_type":"x","predicateType":"https://cyclonedx.org/bom"}`)) // proves nothing that is asked for
			proofs = append(proofs, s.store.Refer(d, index.InToto, statement).Digest.String())
		}
		s.Push(t, "staging/app", s.store)
		return proofs
	}
	var proofs []string
	variables, _, err := act(t, good, func(s *scene) {
		proofs = attach(s)
		s.image().Validation.RequireProvenance = true
	})
	if err != nil || variables[settings.Referrers] != strings.Join(proofs, ",") {
		t.Errorf("referrers %s, want %s, error %v", variables[settings.Referrers], proofs, err)
	}
	// Nobody asked for them.
	variables, _, err = act(t, good, func(s *scene) { attach(s) })
	if err != nil || variables[settings.Referrers] != settings.None {
		t.Errorf("referrers %s, error %v", variables[settings.Referrers], err)
	}
	// A tag of the staging repository leads nowhere in the release.
	_, _, err = act(t, good, func(s *scene) {
		for _, d := range index.ParseManifest(s.store.Manifests[s.root].Bytes).Body.Manifests {
			signed := s.store.AttestIn(d, index.InToto, s.store.Statement(d, nil))
			s.Push(t, "staging/app", s.store)
			s.Tag(t, "staging/app", strings.Replace(d.Digest.String(), ":", "-", 1)+".att", s.store, signed.Digest)
		}
		s.image().Validation.RequireProvenance = true
	})
	if f := failed(err); f == nil || !strings.Contains(f.Message, "to which nothing but a tag leads") {
		t.Errorf("error %v", err)
	}
}

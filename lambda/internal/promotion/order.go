package promotion

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/opencontainers/go-digest"
	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/internal/semver"
	"archway/lambda/internal/aws/pushed"
	"archway/lambda/internal/pipeline/history"
	"archway/lambda/internal/verdict/check"
)

// comparer tells which of two commits is newer. history.Source is one.
type comparer interface {
	Compare(ctx context.Context, commit, other string) (history.Relation, error)
}

// judgment says whether a moving tag may go from what it serves to what is promoted.
type judgment struct {
	move bool
	// why completes "it moves: …" or "it stays: …".
	why string
	// lost are platforms that people pull by this tag now, and that the promoted index lacks.
	lost []specs.Platform
}

// judge decides about one moving tag. Nothing is asked but what the promoter alone has written to
// the release, when ECR got it, and the source's history.
func (p *promoter) judge(ctx context.Context, served digest.Digest) (judgment, error) {
	if served == "" {
		return judgment{move: true, why: "the tag is new"}, nil
	}
	now, err := p.served(ctx, served)
	if err != nil {
		return judgment{}, err
	}
	j, err := p.order(ctx, now)
	if j.move {
		j.lost = check.Lost(now.platforms, p.root.platforms)
	}
	return j, err
}

// order tells which of two images is newer: by their versions, where the rule's tags are called
// after them, else by their commits' place in history first, and by the time at which they came to
// the release where history leaves it open. Never by a time that an image itself names: whoever
// builds it can name any.
func (p *promoter) order(ctx context.Context, now image) (judgment, error) {
	if p.execution.Rollback {
		return judgment{move: true, why: "the stage is rolled back to execution " + orUnknown(p.execution.Target)}, nil
	}
	if j, decided, err := p.byVersion(ctx, now); decided || err != nil {
		return j, err
	}
	switch {
	case now.revision == "":
		return judgment{move: true, why: "what it served names no commit"}, nil
	case now.revision == p.root.revision:
		return p.later(ctx, now, "build of the same commit")
	}
	relation, err := p.compare(ctx, now.revision)
	if err != nil {
		return judgment{}, err
	}
	switch relation {
	case history.Descends:
		return judgment{move: true, why: "it served the older commit " + abbreviate(now.revision)}, nil
	case history.Precedes:
		return judgment{why: "it serves the newer commit " + abbreviate(now.revision)}, nil
	}
	what := fmt.Sprintf("image of commit %s, from which this one doesn't descend, nor the other way round",
		abbreviate(now.revision))
	if relation == history.Unknown {
		what = fmt.Sprintf("image of commit %s, which the source repository can't compare", abbreviate(now.revision))
	}
	return p.later(ctx, now, what)
}

// byVersion compares versions, where both images are called after one: v1.2.9 comes after v1.3.0
// often enough, from a branch that history knows nothing of. An image is called after what its
// immutable tags in the release say, which the promotion alone has written: the newest of them.
func (p *promoter) byVersion(ctx context.Context, now image) (j judgment, decided bool, err error) {
	if p.version == nil {
		return judgment{}, false, nil
	}
	tags, err := p.tagged(ctx, p.image.Release, now.Digest)
	if err != nil {
		return judgment{}, false, err
	}
	var theirs *semver.Version
	for _, name := range tags {
		if v, ok := p.versionOf(name); ok && (theirs == nil || v.Compare(*theirs) > 0) {
			theirs = &v
		}
	}
	if theirs == nil {
		return judgment{}, false, nil
	}
	switch order := p.version.Compare(*theirs); {
	case order > 0:
		return judgment{move: true, why: fmt.Sprintf("it served the older version %s", theirs)}, true, nil
	case order < 0:
		return judgment{why: fmt.Sprintf("it serves the newer version %s", theirs)}, true, nil
	}
	return judgment{}, false, nil
}

// compare asks once for each commit: history doesn't change.
func (p *promoter) compare(ctx context.Context, other string) (history.Relation, error) {
	if known, ok := p.relations[other]; ok {
		return known, nil
	}
	relation, err := p.history.Compare(ctx, p.root.revision, other)
	if err != nil {
		return relation, err
	}
	if p.relations == nil {
		p.relations = map[string]history.Relation{}
	}
	p.relations[other] = relation
	return relation, nil
}

// later lets a tag move if the promoted index came to the release after what it serves. One that is
// still to be copied comes after all. Two of the same second are told apart by something that every
// process sees the same way: otherwise two of them could push the tag to and fro.
func (p *promoter) later(ctx context.Context, than image, what string) (judgment, error) {
	mine, err := p.came(ctx, p.root.Digest)
	if err != nil {
		return judgment{}, err
	}
	theirs, err := p.came(ctx, than.Digest)
	if err != nil {
		return judgment{}, err
	}
	later := p.root.Digest > than.Digest
	switch {
	case mine.IsZero():
		later = true
	case !mine.Equal(theirs):
		later = mine.After(theirs)
	}
	if later {
		return judgment{move: true, why: "it served the earlier " + what}, nil
	}
	return judgment{why: "it serves the later " + what}, nil
}

// came tells when an image came to the release, or nothing if ECR lists it not, or not yet.
func (p *promoter) came(ctx context.Context, d digest.Digest) (time.Time, error) {
	times, err := p.pushed(ctx, p.image.Release, []digest.Digest{d})
	if errors.Is(err, pushed.ErrUnlisted) {
		return time.Time{}, nil
	}
	return times[d], err
}

// regression is the refusal of a move that takes platforms away from those who pull a tag.
func regression(tag string, served digest.Digest, missing []specs.Platform) string {
	return fmt.Sprintf("%s serves %s with %s", tag, check.Short(served.String()), names(missing))
}

func abbreviate(commit string) string { return commit[:min(len(commit), 12)] }

func orUnknown(s string) string {
	if s == "" {
		return "(unknown)"
	}
	return s
}

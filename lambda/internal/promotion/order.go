package promotion

import (
	"context"
	"fmt"

	"github.com/opencontainers/go-digest"
	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/lambda/internal/check"
	"archway/lambda/internal/history"
)

// judgment says whether a moving tag may go from what it serves to what is promoted.
type judgment struct {
	move bool
	// why completes "it moves: …" or "it stays: …".
	why string
	// lost are platforms that people pull by this tag now, and that the promoted index lacks.
	lost []specs.Platform
}

// judge decides about one moving tag. Nothing but the two indexes and the source's history is asked, so that the answer is
// the same whenever, and however often, it is given.
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
		j.lost = check.Lost(now.platforms, p.image.platforms)
	}
	return j, err
}

// order tells which of two images is newer: by their commits' place in history first, and by the time at which the indexes
// were made where history leaves it open.
func (p *promoter) order(ctx context.Context, now image) (judgment, error) {
	switch {
	case p.execution.Rollback:
		return judgment{move: true, why: "the stage is rolled back to execution " + orUnknown(p.execution.Target)}, nil
	case now.revision == "":
		return judgment{move: true, why: "what it served names no commit"}, nil
	case now.revision == p.image.revision:
		if p.later(now) {
			return judgment{move: true, why: "it served an earlier build of the same commit"}, nil
		}
		return judgment{why: "it serves a later build of the same commit"}, nil
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
	what := fmt.Sprintf("image of commit %s, from which this one doesn't descend, nor the other way round", abbreviate(now.revision))
	if relation == history.Unknown {
		what = fmt.Sprintf("image of commit %s, which the source repository can't compare", abbreviate(now.revision))
	}
	if p.later(now) {
		return judgment{move: true, why: "it served the earlier " + what}, nil
	}
	return judgment{why: "it serves the later " + what}, nil
}

// compare asks once for each commit: history doesn't change.
func (p *promoter) compare(ctx context.Context, other string) (history.Relation, error) {
	if known, ok := p.relations[other]; ok {
		return known, nil
	}
	relation, err := p.history.Compare(ctx, p.image.revision, other)
	if err != nil {
		return relation, err
	}
	if p.relations == nil {
		p.relations = map[string]history.Relation{}
	}
	p.relations[other] = relation
	return relation, nil
}

// later tells whether the promoted index was made after another one. Two of the same second are told apart by something that
// every process sees the same way: otherwise two of them could push the tag to and fro.
func (p *promoter) later(than image) bool {
	if !p.image.created.Equal(than.created) {
		return p.image.created.After(than.created)
	}
	return p.image.Digest > than.Digest
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

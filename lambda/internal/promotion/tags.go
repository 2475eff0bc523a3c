package promotion

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/opencontainers/go-digest"

	"archway/lambda/internal/image/registry"
	"archway/lambda/internal/pipeline/job"
	"archway/lambda/internal/verdict/check"
)

// claim writes an immutable tag.
func (p *promoter) claim(ctx context.Context, t Tag) (result, error) {
	r := result{Tag: t, outcome: already, to: p.root.Digest}
	served, err := p.repository.Serves(ctx, t.Name)
	if err != nil {
		return r, fmt.Errorf("no moving tag was moved; read tag %s: %w", t.Name, err)
	}
	if served == "" {
		err = p.repository.Put(ctx, t.Name, p.root.Document)
		switch {
		case errors.Is(err, registry.ErrTagExists): // somebody was faster, or an earlier attempt's answer was lost
		case err != nil:
			return r, fmt.Errorf("no moving tag was moved; write tag %s: %w", t.Name, err)
		default:
			r.outcome, r.why = moved, "the tag is new"
		}
		if served, err = p.look(ctx, t, func(d digest.Digest) bool { return d != "" }); err != nil {
			return r, err
		}
	}
	if served != p.root.Digest {
		return r,
			job.Failed("The immutable tag %s got another image while this promotion ran: it serves %s, expected %s. Moving tags were left as they were.",
				t.Name, orNothing(served), check.Short(p.root.Digest.String()))
	}
	return r, nil
}

// hold leaves a moving tag where it is, whatever it serves.
func (p *promoter) hold(ctx context.Context, t Tag) (result, error) {
	served, err := p.repository.Serves(ctx, t.Name)
	if err != nil {
		return result{}, fmt.Errorf("read tag %s: %w", t.Name, err)
	}
	why := fmt.Sprintf("%s is a prerelease, and moves no tag that releases share", p.version)
	return result{Tag: t, outcome: kept, from: served, to: p.root.Digest, why: why}, nil
}

// rounds is how often a moving tag is written that somebody else writes at the same time.
const rounds = 3

// move points a moving tag at the image unless it serves a newer one, and looks whether it stays
// so. Two promotions at the same time look at what they did to each other: the newer image wins.
func (p *promoter) move(ctx context.Context, t Tag) (result, error) {
	r := result{Tag: t, outcome: already, to: p.root.Digest}
	for range rounds {
		var last judgment
		var found digest.Digest
		written, err := p.repository.PutIf(ctx, t.Name, p.root.Document, func(ctx context.Context) (bool, error) {
			served, err := p.repository.Serves(ctx, t.Name)
			if found = served; err != nil || served == p.root.Digest {
				return false, err
			}
			last, err = p.judge(ctx, served)
			if err == nil && len(last.lost) > 0 && !p.execution.Rollback && p.givingUp == "" {
				err = job.Failed("The tag %s was left where it is: meanwhile %s, which this image lacks.", t.Name,
					regression("it", served, last.lost))
			}
			if err != nil || !last.move {
				return false, err
			}
			if r.outcome != moved {
				r.outcome, r.from, r.why = moved, served, last.why
			}
			// The line before the deed: if this process ends in the middle of it, here stands where
			// the tag was.
			p.log.Info("moving", "tag", t.Name, "from", served.String(), "to", p.root.Digest.String())
			return true, nil
		})
		switch {
		case errors.Is(err, registry.ErrTagExists):
			return r,
				job.Failed("The registry treats the tag %s as immutable, so that it can't be moved from %s to %s. Exclude it from the repository's tag immutability, or configure it as an immutable tag.",
					t.Name, orNothing(found), check.Short(p.root.Digest.String()))
		case err != nil:
			return r, fmt.Errorf("write tag %s: %w", t.Name, err)
		case !written && found == p.root.Digest:
			return r, nil // an earlier attempt wrote it, perhaps one of ours whose answer was lost
		case !written:
			r.outcome, r.from, r.why = kept, found, last.why
			return r, nil
		}
		served, err := p.look(ctx, t, func(d digest.Digest) bool { return d == p.root.Digest })
		if err != nil {
			return r, err
		}
		if served == p.root.Digest {
			return r, nil
		}
		p.log.Warn("the tag was moved by somebody else", "tag", t.Name, "serves", served.String())
	}
	return r,
		job.Failed("The tag %s was written %d times and still serves something else than %s. Probably another pipeline, or a person, moves it at the same time; find out who should, and retry the stage if this image is the one that it should serve.",
			t.Name, rounds, check.Short(p.root.Digest.String()))
}

// look reads a tag until it serves what is waited for, a few times: a registry may take a moment to
// serve what it has taken.
func (p *promoter) look(ctx context.Context, t Tag, done func(digest.Digest) bool) (digest.Digest, error) {
	const looks = 4
	var now digest.Digest
	for look := range looks {
		if look > 0 {
			select {
			case <-ctx.Done():
				return now, ctx.Err()
			case <-time.After(p.pause << look):
			}
		}
		var err error
		if now, err = p.repository.Serves(ctx, t.Name); err != nil {
			return now, fmt.Errorf("the tag %s was written, and could not be read back: %w", t.Name, err)
		}
		if done(now) {
			break
		}
	}
	return now, nil
}

func orNothing(d digest.Digest) string {
	if d == "" {
		return "nothing"
	}
	return check.Short(d.String())
}

// Package promotion copies validated images to their releases, byte for byte, and points tags at
// them: all immutable ones first and the moving ones last, so that a tag that people pull moves
// only after everything that could refuse has agreed. A moving tag goes forward in the source's
// history, or back where somebody rolls back.
package promotion

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/opencontainers/go-digest"
	specs "github.com/opencontainers/image-spec/specs-go/v1"

	"archway/internal/settings"
	"archway/lambda/internal/aws/pushed"
	"archway/lambda/internal/image/registry"
	"archway/lambda/internal/pipeline/execution"
	"archway/lambda/internal/pipeline/history"
	"archway/lambda/internal/pipeline/job"
	"archway/lambda/internal/verdict/check"
)

// Repository is what a promotion needs of a release to write its tags. *registry.Repository is one.
type Repository interface {
	Manifest(context.Context, digest.Digest) (registry.Document, error)
	Serves(ctx context.Context, tag string) (digest.Digest, error)
	Put(ctx context.Context, tag string, doc registry.Document) error
	PutIf(ctx context.Context, tag string, doc registry.Document, may func(context.Context) (bool, error)) (bool, error)
}

// promoter carries the promotion of one image.
type promoter struct {
	image *settings.Image
	// repository is the release, and so is release, which is copied to.
	repository       Repository
	staging, release *registry.Repository
	// root is the index, and roots are what is copied.
	root  image
	roots []digest.Digest
	// released says that the release has the index already.
	released  bool
	tags      []Tag
	execution execution.Execution
	history   comparer
	pushed    pushed.Times
	// givingUp is why platforms may be lost, where the configuration says so.
	givingUp string
	log      *slog.Logger
	pause    time.Duration
	// known are the images and the commits that were asked for.
	known     map[digest.Digest]image
	relations map[string]history.Relation
	results   []result
}

// promote writes the tags of all images, and each one's results. Running it again with the same
// arguments is safe, whatever an earlier run left behind.
func promote(ctx context.Context, all []*promoter) error {
	for _, immutable := range []bool{true, false} {
		for _, p := range all {
			for _, t := range p.tags {
				if t.Immutable != immutable {
					continue
				}
				write := p.move
				if immutable {
					write = p.claim
				}
				r, err := write(ctx, t)
				if err != nil {
					return err
				}
				p.record(r)
				p.results = append(p.results, r)
			}
		}
	}
	for _, p := range all {
		p.ended()
	}
	return nil
}

// survey reads what every tag serves, and refuses the whole promotion if one of them may not be
// written. It writes nothing.
func survey(ctx context.Context, all []*promoter) error {
	var refusals []string
	for _, p := range all {
		refused, err := p.survey(ctx)
		if err != nil {
			return fmt.Errorf("image %s: %w", p.image.Name, err)
		}
		refusals = append(refusals, refused...)
	}
	if len(refusals) > 0 {
		return job.Failed("%s", strings.Join(refusals, " "))
	}
	return nil
}

func (p *promoter) survey(ctx context.Context) (refusals []string, err error) {
	var conflicts, regressions []string
	for _, t := range p.tags {
		served, err := p.repository.Serves(ctx, t.Name)
		if err != nil {
			return nil, fmt.Errorf("read tag %s: %w", t.Name, err)
		}
		switch {
		case served == p.root.Digest:
		case t.Immutable && served != "":
			conflicts = append(conflicts, fmt.Sprintf("%s serves %s", t.Name, check.Short(served.String())))
		case !t.Immutable:
			j, err := p.judge(ctx, served)
			if err != nil {
				return nil, fmt.Errorf("tag %s: %w", t.Name, err)
			}
			if len(j.lost) > 0 {
				regressions = append(regressions, p.regress(t, served, j.lost)...)
			}
		}
	}
	if len(conflicts) > 0 {
		refusals = append(refusals, fmt.Sprintf("An immutable tag of the image %s serves another image already (%s), expected %s or nothing. "+
			"Probably this commit was built before, with another result: run the earlier execution's Promote stage again, or push a new commit.",
			p.image.Name, strings.Join(conflicts, ", "), check.Short(p.root.Digest.String())))
	}
	if len(regressions) > 0 {
		refusals = append(refusals, fmt.Sprintf("The image %s would take platforms away from those who pull it (%s), and %s has %s only. "+
			"Build it for that platform again; if it is to be given up, downgrade the check regression with the reason.",
			p.image.Name, strings.Join(regressions, "; "), check.Short(p.root.Digest.String()), names(p.root.platforms)))
	}
	return refusals, nil
}

// regress gives the refusal of a move that takes platforms away. A rollback passes: it is
// somebody's decision to have the earlier image, as it was; and so does what the configuration says
// is to be given up.
func (p *promoter) regress(t Tag, served digest.Digest, missing []specs.Platform) []string {
	if p.execution.Rollback || p.givingUp != "" {
		p.log.Warn("the tag loses platforms", "tag", t.Name, "platforms", names(missing), "reason", p.givingUp)
		return nil
	}
	return []string{regression(t.Name, served, missing)}
}

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
		return r, job.Failed("The immutable tag %s got another image while this promotion ran: it serves %s, expected %s. Moving tags were left as they were.", t.Name, orNothing(served), check.Short(p.root.Digest.String()))
	}
	return r, nil
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
				err = job.Failed("The tag %s was left where it is: meanwhile %s, which this image lacks.", t.Name, regression("it", served, last.lost))
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
			return r, job.Failed("The registry treats the tag %s as immutable, so that it can't be moved from %s to %s. Exclude it from the repository's tag immutability, or configure it as an immutable tag.", t.Name, orNothing(found), check.Short(p.root.Digest.String()))
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
	return r, job.Failed("The tag %s was written %d times and still serves something else than %s. Probably another pipeline, or a person, moves it at the same time; find out who should, and retry the stage if this image is the one that it should serve.",
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
